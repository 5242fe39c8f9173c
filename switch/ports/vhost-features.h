/*
 * vhost-features: what a vhost-user port and its guest can agree upon, and what
 * that means for the frames they exchange.  Pure.
 */
#ifndef PORTS_VHOST_FEATURES_H
#define PORTS_VHOST_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Bits of VIRTIO 1.2 (5.1.3, 6) and of vhost-user. */
enum vhost_feature_bit {
	VHOST_NET_CSUM = 0,
	VHOST_NET_GUEST_CSUM = 1,
	VHOST_NET_MTU = 3,
	VHOST_NET_GUEST_TSO4 = 7,
	VHOST_NET_GUEST_TSO6 = 8,
	VHOST_NET_GUEST_ECN = 9,
	VHOST_NET_GUEST_UFO = 10,
	VHOST_NET_HOST_TSO4 = 11,
	VHOST_NET_HOST_TSO6 = 12,
	VHOST_NET_HOST_ECN = 13,
	VHOST_NET_HOST_UFO = 14,
	VHOST_NET_MRG_RXBUF = 15,
	VHOST_NET_STATUS = 16,
	VHOST_NET_GUEST_ANNOUNCE = 21,
	VHOST_NET_MQ = 22,
	VHOST_LOG_ALL = 26,
	VHOST_ANY_LAYOUT = 27,
	VHOST_INDIRECT_DESC = 28,
	VHOST_EVENT_IDX = 29,
	VHOST_PROTOCOL_FEATURES = 30,
	VHOST_VERSION_1 = 32,
	VHOST_RING_PACKED = 34,
	VHOST_IN_ORDER = 35,
	VHOST_NET_GUEST_USO4 = 54,
	VHOST_NET_GUEST_USO6 = 55,
	VHOST_NET_HOST_USO = 56,
};

#define VHOST_BIT(bit) (UINT64_C(1) << (bit))

static inline bool
vhost_has(uint64_t features, unsigned bit)
{
	return (features >> bit & 1) != 0;
}

/* What the port is to offer. */
struct vhost_offer {
	bool offloads; /* unfinished checksums and long segments */
	bool packed;   /* packed rings */
	bool queues;   /* more than one pair of them */
};

uint64_t vhost_features_offered(const struct vhost_offer *offer);
uint64_t vhost_features_protocol(const struct vhost_offer *offer);

/** vhost_features_header_len() - octets in front of each frame in a ring */
size_t vhost_features_header_len(uint64_t features);
/** vhost_features_taken() - FRAME_TAKES_* bits: what the guest finishes */
unsigned vhost_features_taken(uint64_t features);
/** vhost_features_left() - does the guest leave work to us? */
bool vhost_features_left(uint64_t features);

/** vhost_features_names() - "csum", "mrg_rxbuf"; of bits without a name their
 * number; Return: an array, returned owned */
json_t *vhost_features_names(uint64_t features);
json_t *vhost_features_protocol_names(uint64_t features);

#endif /* PORTS_VHOST_FEATURES_H */
