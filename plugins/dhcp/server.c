#include "config.h"

#include "plugins/dhcp/server.h"

#include <string.h>

/* What is being answered, and what with. */
struct answer {
	struct dhcp_server *server;
	const struct dhcp_message *m;
	uint64_t now_ns;
	uint8_t *frame;
	size_t len;
	const struct lease *lease;
};

static void
reply(struct answer *a, enum dhcp_type type, uint32_t address)
{
	const char *name = "";

	/* a client is told a name that it did not bring itself */
	if (a->lease != NULL && a->lease->reserved)
		name = a->lease->name;
	a->len =
	    dhcp_write(&a->server->net, a->m, type, address, name, a->frame);
}

static void
take_name(struct lease *lease, const struct dhcp_message *m)
{
	if (!lease->reserved && m->name[0] != '\0')
		memcpy(lease->name, m->name, sizeof(lease->name));
}

static enum server_event
on_discover(struct answer *a)
{
	struct lease *lease = leases_offer(&a->server->leases, a->m->mac,
					   a->m->requested, a->now_ns);

	if (lease == NULL)
		return SERVER_EXHAUSTED;
	take_name(lease, a->m);
	a->lease = lease;
	reply(a, DHCP_OFFER, lease->address);
	return SERVER_OFFERED;
}

/* Another server was chosen: what we offered is free again. */
static void
withdraw(struct answer *a)
{
	struct lease *lease = leases_find(&a->server->leases, a->m->mac);

	if (lease != NULL && lease->state == LEASE_OFFERED)
		lease->state = LEASE_FREE;
}

static enum server_event
on_request(struct answer *a)
{
	const struct dhcp_message *m = a->m;
	struct dhcp_server *s = a->server;
	/* one that it has, or wants; RFC 2131 section 4.3.2 */
	uint32_t address = m->requested != 0 ? m->requested : m->ciaddr;
	struct lease *lease = NULL;

	if (m->server != 0 && m->server != s->net.address) {
		withdraw(a);
		return SERVER_SILENT;
	}
	if (address != 0 &&
	    leases_may_have(&s->leases, m->mac, address, a->now_ns))
		lease = leases_bind(&s->leases, m->mac, address, s->net.lease_s,
				    a->now_ns);
	if (lease == NULL) {
		reply(a, DHCP_NAK, 0);
		return SERVER_REFUSED;
	}
	take_name(lease, m);
	a->lease = lease;
	reply(a, DHCP_ACK, address);
	return SERVER_BOUND;
}

static enum server_event
on_decline(struct answer *a)
{
	leases_decline(&a->server->leases, a->m->mac, a->m->requested,
		       a->now_ns);
	return SERVER_DECLINED;
}

static enum server_event
on_release(struct answer *a)
{
	leases_release(&a->server->leases, a->m->mac, a->m->ciaddr);
	return SERVER_RELEASED;
}

static enum server_event
on_inform(struct answer *a)
{
	reply(a, DHCP_ACK, 0);
	return SERVER_TOLD;
}

enum server_event
server_answer(struct dhcp_server *s, const struct dhcp_message *m,
	      uint64_t now_ns, uint8_t *frame, size_t *len,
	      const struct lease **lease)
{
	static enum server_event (*const handlers[])(struct answer *) = {
		[DHCP_DISCOVER] = on_discover, [DHCP_REQUEST] = on_request,
		[DHCP_DECLINE] = on_decline,   [DHCP_RELEASE] = on_release,
		[DHCP_INFORM] = on_inform,
	};
	struct answer a = {
		.server = s, .m = m, .now_ns = now_ns, .frame = frame
	};
	enum server_event event = SERVER_SILENT;

	/* relays are for networks that we are not on */
	if (m->giaddr == 0 && handlers[m->type] != NULL)
		event = handlers[m->type](&a);
	*len = a.len;
	*lease = a.lease;
	return event;
}
