/* server: what a DHCP server does with a client's message (RFC 2131 section
 * 4.3).  Pure. */
#ifndef DHCP_SERVER_H
#define DHCP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "plugins/dhcp/leases.h"
#include "plugins/dhcp/message.h"

struct dhcp_server {
	struct dhcp_network net;
	struct leases leases;
};

/* What became of a message. */
enum server_event {
	SERVER_SILENT, /* nothing was to be done */
	SERVER_OFFERED,
	SERVER_BOUND,
	SERVER_REFUSED,	  /* a NAK */
	SERVER_TOLD,	  /* an INFORM was answered */
	SERVER_EXHAUSTED, /* no address is left */
	SERVER_DECLINED,
	SERVER_RELEASED,
	SERVER_N_EVENTS
};

/**
 * server_answer() - @m has come
 * @frame: DHCP_FRAME_MAX octets for the answer
 * @len:   its length; 0: there is none
 * @lease: whose it is about, or NULL; borrowed until the next change
 */
enum server_event server_answer(struct dhcp_server *s,
				const struct dhcp_message *m, uint64_t now_ns,
				uint8_t *frame, size_t *len,
				const struct lease **lease);

#endif /* DHCP_SERVER_H */
