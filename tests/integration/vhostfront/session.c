#include "config.h"

#include "tests/integration/vhostfront/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>

void
session_init(struct session *s, const struct session_options *options,
	     const char *path)
{
	*s = (struct session){ .options = options,
			       .path = path,
			       .listener = -1,
			       .sock = -1,
			       .inflight_fd = -1 };
}

static void
negotiate_protocol(struct session *s)
{
	uint64_t want = MESSAGE_BIT(PROTOCOL_MQ) | MESSAGE_BIT(PROTOCOL_RARP) |
			MESSAGE_BIT(PROTOCOL_REPLY_ACK) |
			MESSAGE_BIT(PROTOCOL_NET_MTU) |
			MESSAGE_BIT(PROTOCOL_LOG_SHMFD) |
			MESSAGE_BIT(PROTOCOL_INFLIGHT_SHMFD) |
			MESSAGE_BIT(PROTOCOL_RESET_DEVICE) |
			MESSAGE_BIT(PROTOCOL_CONFIGURE_MEM_SLOTS);

	if (s->options->no_ack)
		want &= ~MESSAGE_BIT(PROTOCOL_REPLY_ACK);
	s->protocol_offered = session_ask(s, GET_PROTOCOL_FEATURES);
	want &= s->protocol_offered;
	if (!session_post(s, SET_PROTOCOL_FEATURES, &want, sizeof(want), NULL,
			  0)) {
		fprintf(stderr, "vhostfront: closed\n");
		exit(1);
	}
	s->protocol = want;
}

void
session_negotiate(struct session *s)
{
	const struct session_options *o = s->options;
	uint64_t n_queues = 1;

	s->protocol = 0;
	s->offered = session_ask(s, GET_FEATURES);
	s->features =
	    s->offered & (o->features | MESSAGE_F_PROTOCOL) & ~o->not_features;
	if ((o->features & ~s->offered) != 0) {
		fprintf(stderr,
			"vhostfront: not offered: features %#llx of %#llx\n",
			(unsigned long long)(o->features & ~s->offered),
			(unsigned long long)s->offered);
		exit(3);
	}
	if ((s->features & MESSAGE_F_PROTOCOL) != 0)
		negotiate_protocol(s);
	if ((s->protocol & MESSAGE_BIT(PROTOCOL_MQ)) != 0)
		n_queues = session_ask(s, GET_QUEUE_NUM);
	if (o->inflight &&
	    (s->protocol & MESSAGE_BIT(PROTOCOL_INFLIGHT_SHMFD)) == 0) {
		fprintf(stderr, "vhostfront: not offered: inflight\n");
		exit(3);
	}
	if (o->pairs > n_queues) {
		fprintf(stderr, "vhostfront: not offered: %u queue pairs\n",
			o->pairs);
		exit(3);
	}
	session_tell(s, SET_OWNER, NULL, 0, NULL, 0);
	session_tell(s, SET_FEATURES, &s->features, sizeof(s->features), NULL,
		     0);
}

void
session_build(struct session *s, size_t size)
{
	const struct session_options *o = s->options;
	size_t largest, ring = o->size * 32 + 4 * 4096, tables = 0;
	struct ring_config c = {
		.size = (uint16_t)o->size,
		.packed = s->features >> VIRTIO_F_RING_PACKED & 1,
		.indirect = s->features >> VIRTIO_RING_F_INDIRECT_DESC & 1,
		.event_idx = s->features >> VIRTIO_RING_F_EVENT_IDX & 1,
		.in_order = s->features >> VIRTIO_F_IN_ORDER & 1,
	};

	if (c.indirect)
		tables = (size_t)o->size * RING_PIECES_MAX * 16 + 4096;
	if (o->adjoin) /* buffers may lie in two */
		largest = tables > ring ? tables : ring;
	else
		largest = tables > size ? tables : size;
	memory_open(&s->memory, 2 * o->pairs * (ring + tables + size), largest,
		    o->regions, o->adjoin);
	s->n_rings = 2 * o->pairs;
	for (unsigned i = 0; i < s->n_rings; i++) {
		c.writable = i % 2 == 0;
		ring_open(&s->rings[i], &s->memory, &c);
	}
}

void
session_unbuild(struct session *s)
{
	for (unsigned i = 0; i < s->n_rings; i++)
		ring_close(&s->rings[i]);
	memory_close(&s->memory);
	if (s->inflight_fd >= 0)
		close(s->inflight_fd);
	s->inflight_fd = -1;
	s->n_rings = 0;
}

static void
add_slots(struct session *s)
{
	uint64_t n = session_ask(s, GET_MAX_MEM_SLOTS);

	if (n < s->options->regions) {
		fprintf(stderr, "vhostfront: not offered: %u memory slots\n",
			s->options->regions);
		exit(3);
	}
	for (unsigned i = 0; i < s->options->regions; i++) {
		struct message_slot slot = { .region =
						 memory_region(&s->memory, i) };

		session_tell(s, ADD_MEM_REG, &slot, sizeof(slot), &s->memory.fd,
			     1);
	}
}

void
session_share_memory(struct session *s)
{
	struct message_table table = { .n_regions = s->memory.n_regions };
	int fds[MEMORY_REGIONS_MAX];

	if (s->options->slots) {
		add_slots(s);
		return;
	}
	for (unsigned i = 0; i < table.n_regions; i++) {
		table.regions[i] = memory_region(&s->memory, i);
		fds[i] = s->memory.fd;
	}
	session_tell(s, SET_MEM_TABLE, &table,
		     8 + table.n_regions * sizeof(table.regions[0]), fds,
		     table.n_regions);
}

/* The back-end's notes of what is under way: from it at first, and to it. */
static void
share_inflight(struct session *s)
{
	struct message_header header;

	if (s->inflight_fd < 0) {
		struct message_inflight ask = {
			.n_queues = (uint16_t)s->n_rings,
			.queue_size = (uint16_t)s->options->size
		};

		session_post(s, GET_INFLIGHT_FD, &ask, sizeof(ask), NULL, 0);
		if (session_receive(s, &header, &s->inflight,
				    sizeof(s->inflight),
				    &s->inflight_fd) != sizeof(s->inflight) ||
		    s->inflight_fd < 0) {
			fprintf(stderr, "vhostfront: no inflight buffer\n");
			exit(1);
		}
		s->inflight.n_queues = ask.n_queues;
		s->inflight.queue_size = ask.queue_size;
	}
	session_tell(s, SET_INFLIGHT_FD, &s->inflight, sizeof(s->inflight),
		     &s->inflight_fd, 1);
}

void
session_start_ring(struct session *s, unsigned i)
{
	const struct memory *m = &s->memory;
	struct ring *r = &s->rings[i];
	struct message_state num = { i, r->config.size };
	struct message_state base = { i, ring_base(r) };
	struct message_state on = { i, 1 };
	struct message_addr addr = {
		.index = i,
		.desc = memory_user_addr(m, r->desc_area),
		.avail = memory_user_addr(m, r->driver_area),
		.used = memory_user_addr(m, r->device_area),
	};
	uint64_t with_fd = i, without = i | MESSAGE_NO_FD;

	session_tell(s, SET_VRING_NUM, &num, sizeof(num), NULL, 0);
	session_tell(s, SET_VRING_BASE, &base, sizeof(base), NULL, 0);
	session_tell(s, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
	if (s->options->poll)
		session_tell(s, SET_VRING_CALL, &without, sizeof(without), NULL,
			     0);
	else
		session_tell(s, SET_VRING_CALL, &with_fd, sizeof(with_fd),
			     &r->call_fd, 1);
	session_tell(s, SET_VRING_KICK, &with_fd, sizeof(with_fd), &r->kick_fd,
		     1);
	if ((s->features & MESSAGE_F_PROTOCOL) != 0)
		session_tell(s, SET_VRING_ENABLE, &on, sizeof(on), NULL, 0);
}

void
session_start(struct session *s)
{
	session_share_memory(s);
	if (s->options->inflight)
		share_inflight(s);
	for (unsigned i = 0; i < s->n_rings; i++)
		session_start_ring(s, i);
}

uint32_t
session_stop_ring(struct session *s, unsigned i)
{
	struct message_state off = { i, 0 }, base;
	struct message_header header;
	int fd;

	if ((s->features & MESSAGE_F_PROTOCOL) != 0)
		session_tell(s, SET_VRING_ENABLE, &off, sizeof(off), NULL, 0);
	session_post(s, GET_VRING_BASE, &off, sizeof(off), NULL, 0);
	if (session_receive(s, &header, &base, sizeof(base), &fd) !=
		sizeof(base) ||
	    header.request != GET_VRING_BASE || base.index != i) {
		fprintf(stderr, "vhostfront: ring %u has no base\n", i);
		exit(1);
	}
	return base.num;
}
