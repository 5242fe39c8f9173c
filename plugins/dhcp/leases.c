#include "config.h"

#include "plugins/dhcp/leases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

const char *const lease_state_names[] = {
	[LEASE_FREE] = "free",
	[LEASE_OFFERED] = "offered",
	[LEASE_BOUND] = "bound",
	[LEASE_DECLINED] = "declined",
};

void
leases_fini(struct leases *l)
{
	free(l->list);
}

/* ---- looking up ---- */

static bool
is_his(const struct lease *lease, const uint8_t *mac)
{
	return memcmp(lease->mac, mac, DHCP_MAC_LEN) == 0;
}

/* An address that was declined is nobody's, though its lease says whose it
 * was. */
struct lease *
leases_find(const struct leases *l, const uint8_t *mac)
{
	for (size_t i = 0; i < l->n; i++) {
		if (is_his(&l->list[i], mac) &&
		    l->list[i].state != LEASE_DECLINED)
			return &l->list[i];
	}
	return NULL;
}

static struct lease *
find_address(const struct leases *l, uint32_t address)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->list[i].address == address)
			return &l->list[i];
	}
	return NULL;
}

static bool
is_in_use(const struct lease *lease, uint64_t now_ns)
{
	return lease->state != LEASE_FREE && lease->until_ns > now_ns;
}

static bool
is_in_range(const struct leases *l, uint32_t address)
{
	return l->first != 0 && address >= l->first && address <= l->last;
}

bool
leases_may_have(const struct leases *l, const uint8_t *mac, uint32_t address,
		uint64_t now_ns)
{
	const struct lease *own = leases_find(l, mac);
	const struct lease *lease = find_address(l, address);

	if (own != NULL && own->reserved)
		return own->address == address;
	if (!is_in_range(l, address))
		return false;
	if (lease == NULL)
		return true;
	if (lease->state == LEASE_DECLINED && is_in_use(lease, now_ns))
		return false;
	return is_his(lease, mac) ||
	       (!lease->reserved && !is_in_use(lease, now_ns));
}

/* ---- changing ---- */

static struct lease *
add(struct leases *l)
{
	if (l->n == LEASES_MAX)
		return NULL;
	if (l->n == l->size) {
		size_t size = l->size > 0 ? 2 * l->size : 16;
		struct lease *list = reallocarray(l->list, size, sizeof(*list));

		if (list == NULL)
			return NULL;
		l->list = list;
		l->size = size;
	}
	l->list[l->n] = (struct lease){ .state = LEASE_FREE };
	return &l->list[l->n++];
}

static void
drop(struct leases *l, struct lease *lease)
{
	size_t i = (size_t)(lease - l->list);

	l->n--;
	memmove(lease, lease + 1, (l->n - i) * sizeof(*lease));
}

/* @address is @mac's from now on: any other that it had is free, and so was
 * this. */
static struct lease *
assign(struct leases *l, const uint8_t *mac, uint32_t address)
{
	struct lease *own = leases_find(l, mac), *lease;

	if (own != NULL && own->address == address)
		return own;
	if (own != NULL && !own->reserved)
		drop(l, own);
	lease = find_address(l, address);
	if (lease == NULL)
		lease = add(l);
	if (lease == NULL)
		return NULL;
	*lease = (struct lease){ .address = address };
	memcpy(lease->mac, mac, DHCP_MAC_LEN);
	return lease;
}

int
leases_reserve(struct leases *l, const uint8_t *mac, uint32_t address,
	       const char *name)
{
	struct lease *lease = find_address(l, address);
	struct lease *own = leases_find(l, mac);

	if (lease != NULL && !is_his(lease, mac) && lease->reserved)
		return -EADDRINUSE;
	if (own != NULL)
		drop(l, own);
	lease = find_address(l, address);
	if (lease != NULL)
		drop(l, lease); /* who has it is told no when it renews */
	if (l->n == LEASES_MAX)
		return -ENOSPC;
	lease = add(l);
	if (lease == NULL)
		return -ENOMEM;
	memcpy(lease->mac, mac, DHCP_MAC_LEN);
	lease->address = address;
	lease->reserved = true;
	strncpy(lease->name, name, sizeof(lease->name) - 1);
	return 0;
}

int
leases_forget(struct leases *l, const uint8_t *mac)
{
	struct lease *lease = leases_find(l, mac);

	if (lease == NULL)
		return -ENOENT;
	drop(l, lease);
	return 0;
}

/* The next address of the range that nobody has, each in its turn: one that was
 * given back rests for as long as possible.  Return: 0: there is none. */
static uint32_t
free_address(struct leases *l, const uint8_t *mac, uint64_t now_ns)
{
	uint32_t address = l->next;

	if (l->first == 0)
		return 0;
	for (uint32_t i = 0; i <= l->last - l->first; i++, address++) {
		if (!is_in_range(l, address))
			address = l->first;
		if (leases_may_have(l, mac, address, now_ns)) {
			l->next = address + 1;
			return address;
		}
	}
	return 0;
}

static struct lease *
hold(struct leases *l, const uint8_t *mac, uint32_t address,
     enum lease_state state, uint64_t until_ns)
{
	struct lease *lease = assign(l, mac, address);

	if (lease == NULL)
		return NULL;
	lease->state = state;
	lease->until_ns = until_ns;
	return lease;
}

struct lease *
leases_offer(struct leases *l, const uint8_t *mac, uint32_t wanted,
	     uint64_t now_ns)
{
	const struct lease *own = leases_find(l, mac);
	uint32_t address;

	if (own != NULL && leases_may_have(l, mac, own->address, now_ns))
		address = own->address;
	else if (wanted != 0 && leases_may_have(l, mac, wanted, now_ns))
		address = wanted;
	else
		address = free_address(l, mac, now_ns);
	if (address == 0)
		return NULL;
	/* who asks again while it has one keeps it */
	if (own != NULL && own->address == address &&
	    own->state == LEASE_BOUND && is_in_use(own, now_ns))
		return (struct lease *)own;
	return hold(l, mac, address, LEASE_OFFERED,
		    now_ns + LEASE_OFFER_S * NS_PER_S);
}

struct lease *
leases_bind(struct leases *l, const uint8_t *mac, uint32_t address,
	    uint32_t lease_s, uint64_t now_ns)
{
	return hold(l, mac, address, LEASE_BOUND, now_ns + lease_s * NS_PER_S);
}

void
leases_release(struct leases *l, const uint8_t *mac, uint32_t address)
{
	struct lease *lease = leases_find(l, mac);

	if (lease != NULL && lease->address == address)
		lease->state = LEASE_FREE;
}

void
leases_decline(struct leases *l, const uint8_t *mac, uint32_t address,
	       uint64_t now_ns)
{
	struct lease *lease = leases_find(l, mac);

	if (lease == NULL || lease->address != address || lease->reserved)
		return;
	lease->state = LEASE_DECLINED;
	lease->until_ns = now_ns + LEASE_DECLINED_S * NS_PER_S;
}
