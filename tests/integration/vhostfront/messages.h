/* messages: those of vhost-user, as they are on the wire. */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_MESSAGES_H
#define TESTS_INTEGRATION_VHOSTFRONT_MESSAGES_H

#include <stdint.h>

#include "tests/integration/vhostfront/memory.h"

/* Requests of a front-end. */
enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	RESET_OWNER = 4,
	SET_MEM_TABLE = 5,
	SET_LOG_BASE = 6,
	SET_LOG_FD = 7,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	SEND_RARP = 19,
	NET_SET_MTU = 20,
	SET_BACKEND_REQ_FD = 21,
	GET_INFLIGHT_FD = 31,
	SET_INFLIGHT_FD = 32,
	RESET_DEVICE = 34,
	GET_MAX_MEM_SLOTS = 36,
	ADD_MEM_REG = 37,
	REM_MEM_REG = 38,
	SET_STATUS = 39,
	GET_STATUS = 40,
};

/* Protocol features. */
enum {
	PROTOCOL_MQ = 0,
	PROTOCOL_LOG_SHMFD = 1,
	PROTOCOL_RARP = 2,
	PROTOCOL_REPLY_ACK = 3,
	PROTOCOL_NET_MTU = 4,
	PROTOCOL_BACKEND_REQ = 5,
	PROTOCOL_INFLIGHT_SHMFD = 12,
	PROTOCOL_RESET_DEVICE = 13,
	PROTOCOL_CONFIGURE_MEM_SLOTS = 15,
	PROTOCOL_STATUS = 16,
};

#define MESSAGE_BIT(n) (UINT64_C(1) << (n))
#define MESSAGE_F_PROTOCOL MESSAGE_BIT(30)
#define MESSAGE_F_LOG_ALL MESSAGE_BIT(26)

enum {
	MESSAGE_VERSION = 1,
	MESSAGE_REPLY = 4,
	MESSAGE_NEED_REPLY = 8,
	MESSAGE_NO_FD = 1 << 8, /* in the number of a ring */
};

struct message_header {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of what follows */
};

struct message_state { /* a ring's number and something of it */
	uint32_t index;
	uint32_t num;
};

struct message_addr {
	uint32_t index;
	uint32_t flags;		    /* 1: log */
	uint64_t desc, used, avail; /* user addresses */
	uint64_t log;
};

struct message_table {
	uint32_t n_regions;
	uint32_t padding;
	struct memory_region regions[MEMORY_REGIONS_MAX];
};

struct message_slot { /* ADD_MEM_REG, REM_MEM_REG */
	uint64_t padding;
	struct memory_region region;
};

struct message_inflight {
	uint64_t mmap_size;
	uint64_t mmap_offset;
	uint16_t n_queues;
	uint16_t queue_size;
} __attribute__((packed));

struct message_log {
	uint64_t size;
	uint64_t offset;
};

#endif /* TESTS_INTEGRATION_VHOSTFRONT_MESSAGES_H */
