/*
 * gate: when a caller at a forward is let through to the guest.
 *
 * libslirp sends its SYN the moment it accepts a connection, and the next ones
 * 6, 18, 30... seconds later: a caller who comes while the guest boots would
 * wait long after the guest is up.  So callers are left waiting in front of
 * the listening socket until the guest answers an ARP request, which is asked
 * for anew each time, as the guest may have rebooted since.
 *
 * Pure: times and frames go in, a frame to be sent comes out.
 */
#ifndef TOOLS_SLIRP_GATE_H
#define TOOLS_SLIRP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GATE_ASK_MS = 250, /* from one ARP request to the next */
	GATE_FRAME_LEN = 42,
};

enum gate_state {
	GATE_IDLE,   /* nobody waits */
	GATE_ASKING, /* callers wait, and so do we for the guest's answer */
	GATE_OPEN,   /* it has come: callers are let through now */
};

struct gate {
	uint32_t host, guest; /* addresses, host byte order */
	enum gate_state state;
	uint64_t ask_at_ms;
};

/** gate_init() - idle, for a @guest who is asked by @host */
void gate_init(struct gate *gate, uint32_t host, uint32_t guest);

/** gate_watches() - should the listening sockets be watched for callers? */
bool gate_watches(const struct gate *gate);

/** gate_called() - a turn has passed in which the sockets were watched
 * @waiting: does a caller wait?  Whom an open gate let through does not.  */
void gate_called(struct gate *gate, bool waiting, uint64_t now_ms);

/** gate_timeout_ms() - how long until gate_ask() wants to be called;
 * UINT32_MAX for never */
uint32_t gate_timeout_ms(const struct gate *gate, uint64_t now_ms);

/**
 * gate_ask() - is it time for the next request?
 * @frame: out, when it is: a frame for the guest
 */
bool gate_ask(struct gate *gate, uint64_t now_ms,
	      uint8_t frame[static GATE_FRAME_LEN]);

/** gate_see() - look at a frame from the guest, borrowed: it may be the answer
 */
void gate_see(struct gate *gate, const uint8_t *frame, size_t len);

#endif /* TOOLS_SLIRP_GATE_H */
