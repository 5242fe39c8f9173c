/*
 * leases: who has which address of a network, for how long.  Pure; the time is
 * handed in.
 */
#ifndef DHCP_LEASES_H
#define DHCP_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/dhcp/message.h"

enum {
	LEASES_MAX = 4096,
	LEASE_OFFER_S = 60, /* an address that was offered is kept so long */
	LEASE_DECLINED_S = 3600, /* one that somebody else uses rests so long */
};

enum lease_state { LEASE_FREE, LEASE_OFFERED, LEASE_BOUND, LEASE_DECLINED };
extern const char *const lease_state_names[];

struct lease {
	uint8_t mac[DHCP_MAC_LEN];
	uint32_t address;
	char name[DHCP_NAME_SIZE]; /* "": none */
	bool reserved;		   /* stays whatever the client does */
	enum lease_state state;
	uint64_t until_ns; /* of a state other than free */
};

/* All zeros: no addresses to give. */
struct leases {
	uint32_t first, last; /* the range; 0: reservations only */
	struct lease *list;   /* owned, in the order they were made */
	size_t n, size;
	uint32_t next; /* of the range, to be given to a stranger */
};

void leases_fini(struct leases *l);

/** leases_reserve() - @address is @mac's, and nobody else's
 * @name: "" = none
 * Return: 0; -EADDRINUSE it is another's; -ENOSPC; -ENOMEM. */
int leases_reserve(struct leases *l, const uint8_t *mac, uint32_t address,
		   const char *name);
/** leases_forget() - everything about @mac.  Return: 0; -ENOENT. */
int leases_forget(struct leases *l, const uint8_t *mac);
/** leases_find() - of @mac; NULL: there is none */
struct lease *leases_find(const struct leases *l, const uint8_t *mac);

/**
 * leases_offer() - an address for @mac: that which is reserved, or it had, or
 * wants, if it is free; else the one that has been free for the longest
 * @wanted: 0: none
 *
 * Return: borrowed; NULL: there is none left.
 */
struct lease *leases_offer(struct leases *l, const uint8_t *mac,
			   uint32_t wanted, uint64_t now_ns);
/** leases_may_have() - may @mac have @address now? */
bool leases_may_have(const struct leases *l, const uint8_t *mac,
		     uint32_t address, uint64_t now_ns);
/** leases_bind() - @address, which @mac may have, is its for @lease_s
 * Return: borrowed; NULL when there is no room. */
struct lease *leases_bind(struct leases *l, const uint8_t *mac,
			  uint32_t address, uint32_t lease_s, uint64_t now_ns);
/** leases_release() - @mac does not need @address any more */
void leases_release(struct leases *l, const uint8_t *mac, uint32_t address);
/** leases_decline() - @mac has found @address in use by somebody else */
void leases_decline(struct leases *l, const uint8_t *mac, uint32_t address,
		    uint64_t now_ns);

#endif /* DHCP_LEASES_H */
