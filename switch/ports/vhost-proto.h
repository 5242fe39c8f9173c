/*
 * vhost-proto: the messages by which the front-end of a virtio device hands its
 * rings and the guest's memory to another process ("vhost-user").  Pure parser
 * and writer: no descriptor, no clock, no log, and it keeps nothing.
 *
 * All integers are in the host's byte order:
 *
 *   u32 request, u32 flags, u32 size, and size octets of payload
 *
 * with descriptors beside the first octets.  A reply has the request's number.
 * Every number that a message carries has been looked at when it has been
 * parsed, as far as the message alone tells: what depends on the memory or on
 * the rings' layout is left to vhost-memory and vring.
 */
#ifndef PORTS_VHOST_PROTO_H
#define PORTS_VHOST_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mac.h"

struct err;

enum {
	VHOST_HEADER_SIZE = 12,
	VHOST_PAYLOAD_MAX = 512, /* a longer one is out of step */
	VHOST_MESSAGE_MAX = VHOST_HEADER_SIZE + VHOST_PAYLOAD_MAX,
	VHOST_REPLY_MAX = VHOST_HEADER_SIZE + 24,
	VHOST_TABLE_MAX = 8, /* regions in one SET_MEM_TABLE */
	VHOST_FDS_MAX = 8,   /* that any message may bring */
	VHOST_RINGS_MAX = 256,
	VHOST_RING_SIZE_MAX = 32768,
};

enum vhost_request {
	VHOST_REQ_NONE,
	VHOST_REQ_GET_FEATURES = 1,
	VHOST_REQ_SET_FEATURES = 2,
	VHOST_REQ_SET_OWNER = 3,
	VHOST_REQ_RESET_OWNER = 4,
	VHOST_REQ_SET_MEM_TABLE = 5,
	VHOST_REQ_SET_LOG_BASE = 6,
	VHOST_REQ_SET_LOG_FD = 7,
	VHOST_REQ_SET_VRING_NUM = 8,
	VHOST_REQ_SET_VRING_ADDR = 9,
	VHOST_REQ_SET_VRING_BASE = 10,
	VHOST_REQ_GET_VRING_BASE = 11,
	VHOST_REQ_SET_VRING_KICK = 12,
	VHOST_REQ_SET_VRING_CALL = 13,
	VHOST_REQ_SET_VRING_ERR = 14,
	VHOST_REQ_GET_PROTOCOL_FEATURES = 15,
	VHOST_REQ_SET_PROTOCOL_FEATURES = 16,
	VHOST_REQ_GET_QUEUE_NUM = 17,
	VHOST_REQ_SET_VRING_ENABLE = 18,
	VHOST_REQ_SEND_RARP = 19,
	VHOST_REQ_NET_SET_MTU = 20,
	VHOST_REQ_SET_BACKEND_REQ_FD = 21,
	VHOST_REQ_GET_INFLIGHT_FD = 31,
	VHOST_REQ_SET_INFLIGHT_FD = 32,
	VHOST_REQ_RESET_DEVICE = 34,
	VHOST_REQ_GET_MAX_MEM_SLOTS = 36,
	VHOST_REQ_ADD_MEM_REG = 37,
	VHOST_REQ_REM_MEM_REG = 38,
	VHOST_REQ_SET_STATUS = 39,
	VHOST_REQ_GET_STATUS = 40,
};

/* Bits of GET/SET_FEATURES that are vhost's own, not virtio's. */
#define VHOST_F_LOG_ALL_BIT (UINT64_C(1) << 26)
#define VHOST_F_PROTOCOL_FEATURES_BIT (UINT64_C(1) << 30)

/* Bits of GET/SET_PROTOCOL_FEATURES. */
#define VHOST_PROTOCOL_MQ (UINT64_C(1) << 0)
#define VHOST_PROTOCOL_LOG_SHMFD (UINT64_C(1) << 1)
#define VHOST_PROTOCOL_RARP (UINT64_C(1) << 2)
#define VHOST_PROTOCOL_REPLY_ACK (UINT64_C(1) << 3)
#define VHOST_PROTOCOL_NET_MTU (UINT64_C(1) << 4)
#define VHOST_PROTOCOL_BACKEND_REQ (UINT64_C(1) << 5)
#define VHOST_PROTOCOL_INFLIGHT_SHMFD (UINT64_C(1) << 12)
#define VHOST_PROTOCOL_RESET_DEVICE (UINT64_C(1) << 13)
#define VHOST_PROTOCOL_CONFIGURE_MEM_SLOTS (UINT64_C(1) << 15)
#define VHOST_PROTOCOL_STATUS (UINT64_C(1) << 16)

/* What a payload is made of, and with it the member of struct vhost_message. */
enum vhost_payload {
	VHOST_PAYLOAD_NONE,
	VHOST_PAYLOAD_U64,	 /* .u64 */
	VHOST_PAYLOAD_STATE,	 /* .state */
	VHOST_PAYLOAD_ADDRESSES, /* .addresses */
	VHOST_PAYLOAD_RING_FD,	 /* .ring_fd */
	VHOST_PAYLOAD_TABLE,	 /* .table */
	VHOST_PAYLOAD_REGION,	 /* .region */
	VHOST_PAYLOAD_LOG,	 /* .log */
	VHOST_PAYLOAD_INFLIGHT,	 /* .inflight */
	VHOST_PAYLOAD_MAC,	 /* .mac */
};

/* What the front-end reads after a request of its own accord. */
enum vhost_reply {
	VHOST_REPLY_NONE, /* nothing, unless it sets need_reply */
	VHOST_REPLY_EMPTY,
	VHOST_REPLY_U64,
	VHOST_REPLY_STATE,
	VHOST_REPLY_INFLIGHT, /* with a descriptor */
};

struct vhost_message_type {
	const char *name; /* "SET_VRING_NUM" */
	enum vhost_payload payload;
	enum vhost_reply reply;
	uint8_t fds_min, fds_max;
	uint64_t needs; /* protocol features, all of them negotiated */
	bool is_known;	/* false: a number that others use, not we */
};

struct vhost_region {
	uint64_t guest;	 /* its first address as the guest sees it */
	uint64_t size;	 /* more than 0; neither address wraps */
	uint64_t user;	 /* the same in the front-end */
	uint64_t offset; /* in the descriptor; offset + size does not wrap */
};

struct vhost_ring_addresses {
	uint32_t index;
	bool log_used;			       /* log writes to the used ring */
	uint64_t descriptors, used, available; /* of the front-end */
	uint64_t log; /* guest address by which the used ring is logged */
};

struct vhost_inflight_area {
	uint64_t size, offset; /* of GET_INFLIGHT_FD without meaning */
	uint16_t n_queues;     /* 1.. as many as the session has rings */
	uint16_t queue_size;   /* 1..VHOST_RING_SIZE_MAX */
};

struct vhost_message {
	uint32_t request; /* one of enum vhost_request; or unknown */
	const struct vhost_message_type *type; /* static; NULL: unknown */
	uint32_t size;			       /* of the payload */
	bool wants_ack; /* it waits for vhost_proto_put_ack(): it has asked for
			    a reply and the type has none of its own */
	uint8_t n_fds;	/* the first so many descriptors belong to it; all
			    others that came along are to be closed */
	union {
		uint64_t u64;
		struct {
			uint32_t index, num;
		} state;
		struct vhost_ring_addresses addresses;
		struct {
			uint32_t index;
			bool has_fd; /* false: none, and none is to be used */
		} ring_fd;
		struct {
			uint32_t n; /* 1..VHOST_TABLE_MAX */
			struct vhost_region regions[VHOST_TABLE_MAX];
		} table; /* regions may still overlap */
		struct vhost_region region;
		struct {
			uint64_t size, offset; /* the sum does not wrap */
		} log;
		struct vhost_inflight_area inflight;
		struct mac mac;
	};
};

/* What a session has come to, as far as it decides about messages. */
struct vhost_limits {
	unsigned n_rings;	    /* indexes are below; 1..VHOST_RINGS_MAX */
	uint64_t protocol_features; /* negotiated */
};

/**
 * vhost_proto_header() - how much is to be read after a header
 * @size: out: octets of payload, 0..VHOST_PAYLOAD_MAX
 *
 * Return: 0; -EPROTO when this is no header of a request, and no octet after
 *         it can be understood.
 */
int vhost_proto_header(const uint8_t header[static VHOST_HEADER_SIZE],
		       uint32_t *size, struct err *err);

/**
 * vhost_proto_parse() - one whole message
 * @data, @len: borrowed: header and payload
 * @n_fds: descriptors that came with it
 * @out:   filled whatever is returned; after an error as far as .wants_ack,
 *         with .n_fds 0
 *
 * Return: 0; -EOPNOTSUPP when the message is not known, or needs a protocol
 *         feature that has not been negotiated: a front-end that wants an ack
 *         gets one that says no, any other would wait for ever for something
 *         that we do not know: its session ends;
 *         -EPROTO when it breaks the protocol: the session ends.
 */
int vhost_proto_parse(const uint8_t *data, size_t len, unsigned n_fds,
		      const struct vhost_limits *limits,
		      struct vhost_message *out, struct err *err);

/** vhost_proto_name() - "SET_VRING_NUM"; "request 77" of unknown ones, in
 * @buf */
const char *vhost_proto_name(uint32_t request, char buf[static 24]);

/*
 * Replies, each to @m, written to @reply.
 * Return: their length in octets.
 */
size_t vhost_proto_put_u64(uint8_t reply[static VHOST_REPLY_MAX],
			   const struct vhost_message *m, uint64_t value);
/** vhost_proto_put_ack() - where .wants_ack */
size_t vhost_proto_put_ack(uint8_t reply[static VHOST_REPLY_MAX],
			   const struct vhost_message *m, bool ok);
/** vhost_proto_put_empty() - to SET_LOG_BASE */
size_t vhost_proto_put_empty(uint8_t reply[static VHOST_REPLY_MAX],
			     const struct vhost_message *m);
/** vhost_proto_put_state() - to GET_VRING_BASE, for the ring that it names */
size_t vhost_proto_put_state(uint8_t reply[static VHOST_REPLY_MAX],
			     const struct vhost_message *m, uint32_t num);
/** vhost_proto_put_inflight() - to GET_INFLIGHT_FD, in the size that it has */
size_t vhost_proto_put_inflight(uint8_t reply[static VHOST_REPLY_MAX],
				const struct vhost_message *m,
				const struct vhost_inflight_area *area);

#endif /* PORTS_VHOST_PROTO_H */
