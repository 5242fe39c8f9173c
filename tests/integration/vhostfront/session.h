/*
 * session: a front-end's end of a vhost-user connection, from the first message
 * to running rings; what it says it can be made to say wrongly.
 */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_SESSION_H
#define TESTS_INTEGRATION_VHOSTFRONT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/integration/vhostfront/memory.h"
#include "tests/integration/vhostfront/messages.h"
#include "tests/integration/vhostfront/ring.h"

enum {
	SESSION_PAIRS_MAX = 8,
	SESSION_RINGS_MAX = 2 * SESSION_PAIRS_MAX,
	SESSION_FDS_MAX = 253, /* SCM_MAX_FD */
	SESSION_PATIENCE_MS = 20 * 1000,
};

struct session_options {
	uint64_t features; /* wanted: those not offered are an error */
	uint64_t not_features;
	unsigned pairs;
	unsigned size; /* of rings */
	unsigned regions;
	bool server;
	bool adjoin;
	bool no_ack; /* no REPLY_ACK, although it is offered */
	bool slots;  /* ADD_MEM_REG in place of SET_MEM_TABLE */
	bool inflight;
	bool poll; /* no call descriptors */
};

struct session {
	const struct session_options *options;
	const char *path;
	int listener; /* -1 = none */
	int sock;
	bool closed; /* by the other end */
	uint64_t offered, features;
	uint64_t protocol_offered, protocol;
	struct memory memory;
	unsigned n_rings;
	struct ring rings[SESSION_RINGS_MAX];
	int inflight_fd; /* -1 = none */
	struct message_inflight inflight;
};

/* All of these end the program when the other end does not do its part, unless
 * it says otherwise. */

void session_init(struct session *s, const struct session_options *options,
		  const char *path);
/* A new connection. */
void session_connect(struct session *s);
void session_disconnect(struct session *s);
/* Features, up to the number of queues. */
void session_negotiate(struct session *s);
/* Memory for so many octets of buffers in each ring, and the rings. */
void session_build(struct session *s, size_t size);
void session_unbuild(struct session *s);
void session_share_memory(struct session *s);
/* All there is to say of a ring that is built, from where it stands. */
void session_start_ring(struct session *s, unsigned i);
void session_start(struct session *s);
/* Return: what GET_VRING_BASE said. */
uint32_t session_stop_ring(struct session *s, unsigned i);

/**
 * session_send() - one message, as it is
 *
 * Return: false when the other end has closed the connection.
 */
bool session_send(struct session *s, const struct message_header *header,
		  const void *payload, size_t len, const int *fds,
		  unsigned n_fds);
/* A message that follows the rules, but nobody waits for what it comes to. */
bool session_post(struct session *s, uint32_t request, const void *payload,
		  size_t len, const int *fds, unsigned n_fds);
/* A message that must be taken. */
void session_tell(struct session *s, uint32_t request, const void *payload,
		  size_t len, const int *fds, unsigned n_fds);
/* A message that has an answer of one number. */
uint64_t session_ask(struct session *s, uint32_t request);

/**
 * session_receive() - the next message that comes
 * @fd: what came with it, or -1; owned by the caller
 *
 * Return: octets of payload; -1 when the connection is closed, or nothing comes
 * for SESSION_PATIENCE_MS (then .closed is false).
 */
int session_receive(struct session *s, struct message_header *header,
		    void *payload, size_t size, int *fd);

#endif /* TESTS_INTEGRATION_VHOSTFRONT_SESSION_H */
