#include "switch/ports/vhost-features.h"

#include <stdio.h>

#include "switch/frame.h"
#include "switch/ports/vhost-proto.h"

struct feature {
	uint64_t bit;
	const char *name;
};

/* In the order of VIRTIO; as QEMU and Linux call them. */
static const struct feature virtio_features[] = {
	{ VHOST_BIT(VHOST_NET_CSUM), "csum" },
	{ VHOST_BIT(VHOST_NET_GUEST_CSUM), "guest_csum" },
	{ VHOST_BIT(VHOST_NET_MTU), "mtu" },
	{ VHOST_BIT(VHOST_NET_GUEST_TSO4), "guest_tso4" },
	{ VHOST_BIT(VHOST_NET_GUEST_TSO6), "guest_tso6" },
	{ VHOST_BIT(VHOST_NET_GUEST_ECN), "guest_ecn" },
	{ VHOST_BIT(VHOST_NET_GUEST_UFO), "guest_ufo" },
	{ VHOST_BIT(VHOST_NET_HOST_TSO4), "host_tso4" },
	{ VHOST_BIT(VHOST_NET_HOST_TSO6), "host_tso6" },
	{ VHOST_BIT(VHOST_NET_HOST_ECN), "host_ecn" },
	{ VHOST_BIT(VHOST_NET_HOST_UFO), "host_ufo" },
	{ VHOST_BIT(VHOST_NET_MRG_RXBUF), "mrg_rxbuf" },
	{ VHOST_BIT(VHOST_NET_STATUS), "status" },
	{ VHOST_BIT(VHOST_NET_GUEST_ANNOUNCE), "guest_announce" },
	{ VHOST_BIT(VHOST_NET_MQ), "mq" },
	{ VHOST_BIT(VHOST_LOG_ALL), "log_all" },
	{ VHOST_BIT(VHOST_ANY_LAYOUT), "any_layout" },
	{ VHOST_BIT(VHOST_INDIRECT_DESC), "indirect_desc" },
	{ VHOST_BIT(VHOST_EVENT_IDX), "event_idx" },
	{ VHOST_BIT(VHOST_PROTOCOL_FEATURES), "protocol_features" },
	{ VHOST_BIT(VHOST_VERSION_1), "version_1" },
	{ VHOST_BIT(VHOST_RING_PACKED), "ring_packed" },
	{ VHOST_BIT(VHOST_IN_ORDER), "in_order" },
	{ VHOST_BIT(VHOST_NET_GUEST_USO4), "guest_uso4" },
	{ VHOST_BIT(VHOST_NET_GUEST_USO6), "guest_uso6" },
	{ VHOST_BIT(VHOST_NET_HOST_USO), "host_uso" },
};

static const struct feature protocol_features[] = {
	{ VHOST_PROTOCOL_MQ, "mq" },
	{ VHOST_PROTOCOL_LOG_SHMFD, "log_shmfd" },
	{ VHOST_PROTOCOL_RARP, "rarp" },
	{ VHOST_PROTOCOL_REPLY_ACK, "reply_ack" },
	{ VHOST_PROTOCOL_NET_MTU, "net_mtu" },
	{ VHOST_PROTOCOL_INFLIGHT_SHMFD, "inflight_shmfd" },
	{ VHOST_PROTOCOL_RESET_DEVICE, "reset_device" },
	{ VHOST_PROTOCOL_CONFIGURE_MEM_SLOTS, "configure_mem_slots" },
	{ VHOST_PROTOCOL_STATUS, "status" },
};

#define N_ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* What the guest leaves to us ... */
#define HOST_OFFLOADS                                                          \
	(VHOST_BIT(VHOST_NET_CSUM) | VHOST_BIT(VHOST_NET_HOST_TSO4) |          \
	 VHOST_BIT(VHOST_NET_HOST_TSO6) | VHOST_BIT(VHOST_NET_HOST_ECN) |      \
	 VHOST_BIT(VHOST_NET_HOST_UFO) | VHOST_BIT(VHOST_NET_HOST_USO))
/* ... and what we to him. */
#define GUEST_OFFLOADS                                                         \
	(VHOST_BIT(VHOST_NET_GUEST_CSUM) | VHOST_BIT(VHOST_NET_GUEST_TSO4) |   \
	 VHOST_BIT(VHOST_NET_GUEST_TSO6) | VHOST_BIT(VHOST_NET_GUEST_ECN) |    \
	 VHOST_BIT(VHOST_NET_GUEST_UFO) | VHOST_BIT(VHOST_NET_GUEST_USO4) |    \
	 VHOST_BIT(VHOST_NET_GUEST_USO6))

uint64_t
vhost_features_offered(const struct vhost_offer *offer)
{
	uint64_t bits =
	    VHOST_BIT(VHOST_NET_MTU) | VHOST_BIT(VHOST_NET_MRG_RXBUF) |
	    VHOST_BIT(VHOST_NET_STATUS) | VHOST_BIT(VHOST_NET_GUEST_ANNOUNCE) |
	    VHOST_BIT(VHOST_LOG_ALL) | VHOST_BIT(VHOST_ANY_LAYOUT) |
	    VHOST_BIT(VHOST_INDIRECT_DESC) | VHOST_BIT(VHOST_EVENT_IDX) |
	    VHOST_BIT(VHOST_PROTOCOL_FEATURES) | VHOST_BIT(VHOST_VERSION_1) |
	    VHOST_BIT(VHOST_IN_ORDER);

	if (offer->offloads)
		bits |= HOST_OFFLOADS | GUEST_OFFLOADS;
	if (offer->packed)
		bits |= VHOST_BIT(VHOST_RING_PACKED);
	if (offer->queues)
		bits |= VHOST_BIT(VHOST_NET_MQ);
	return bits;
}

uint64_t
vhost_features_protocol(const struct vhost_offer *offer)
{
	uint64_t bits =
	    VHOST_PROTOCOL_LOG_SHMFD | VHOST_PROTOCOL_RARP |
	    VHOST_PROTOCOL_REPLY_ACK | VHOST_PROTOCOL_NET_MTU |
	    VHOST_PROTOCOL_INFLIGHT_SHMFD | VHOST_PROTOCOL_RESET_DEVICE |
	    VHOST_PROTOCOL_CONFIGURE_MEM_SLOTS | VHOST_PROTOCOL_STATUS;

	if (offer->queues)
		bits |= VHOST_PROTOCOL_MQ;
	return bits;
}

size_t
vhost_features_header_len(uint64_t features)
{
	bool is_long = vhost_has(features, VHOST_VERSION_1) ||
		       vhost_has(features, VHOST_NET_MRG_RXBUF);

	return is_long ? 12 : 10;
}

unsigned
vhost_features_taken(uint64_t f)
{
	unsigned taken = 0;

	/* Whoever does not finish checksums cannot finish segments. */
	if (!vhost_has(f, VHOST_NET_GUEST_CSUM))
		return 0;
	taken |= FRAME_TAKES_CHECKSUM;
	if (vhost_has(f, VHOST_NET_GUEST_TSO4))
		taken |= FRAME_TAKES_TCP4;
	if (vhost_has(f, VHOST_NET_GUEST_TSO6))
		taken |= FRAME_TAKES_TCP6;
	if (vhost_has(f, VHOST_NET_GUEST_ECN))
		taken |= FRAME_TAKES_ECN;
	if (vhost_has(f, VHOST_NET_GUEST_UFO))
		taken |= FRAME_TAKES_UDP;
	/* One kind of segment for both versions of IP. */
	if (vhost_has(f, VHOST_NET_GUEST_USO4) &&
	    vhost_has(f, VHOST_NET_GUEST_USO6))
		taken |= FRAME_TAKES_UDP_L4;
	return taken;
}

bool
vhost_features_left(uint64_t f)
{
	return (f & HOST_OFFLOADS) != 0;
}

static json_t *
names(const struct feature *table, size_t n_rows, uint64_t bits)
{
	json_t *array = json_array();

	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = NULL;
		char number[16];

		if (!vhost_has(bits, bit))
			continue;
		for (size_t i = 0; i < n_rows && name == NULL; i++)
			name = table[i].bit == VHOST_BIT(bit) ? table[i].name
							      : NULL;
		snprintf(number, sizeof(number), "%u", bit);
		json_array_append_new(
		    array, json_string(name != NULL ? name : number));
	}
	return array;
}

json_t *
vhost_features_names(uint64_t bits)
{
	return names(virtio_features, N_ROWS(virtio_features), bits);
}

json_t *
vhost_features_protocol_names(uint64_t bits)
{
	return names(protocol_features, N_ROWS(protocol_features), bits);
}
