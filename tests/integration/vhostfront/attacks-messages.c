/* attacks-messages: messages that are none, in any state of the session. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/vhostfront/attack.h"

/* What each request is to carry. */
static const struct request {
	uint32_t request;
	uint32_t size;
	unsigned fds; /* that it needs */
} requests[] = {
	{ GET_FEATURES, 0, 0 },
	{ SET_FEATURES, 8, 0 },
	{ SET_OWNER, 0, 0 },
	{ RESET_OWNER, 0, 0 },
	{ SET_MEM_TABLE, 40, 1 },
	{ SET_LOG_BASE, 16, 1 },
	{ SET_LOG_FD, 0, 1 },
	{ SET_VRING_NUM, 8, 0 },
	{ SET_VRING_ADDR, 40, 0 },
	{ SET_VRING_BASE, 8, 0 },
	{ GET_VRING_BASE, 8, 0 },
	{ SET_VRING_KICK, 8, 1 },
	{ SET_VRING_CALL, 8, 1 },
	{ SET_VRING_ERR, 8, 1 },
	{ GET_PROTOCOL_FEATURES, 0, 0 },
	{ SET_PROTOCOL_FEATURES, 8, 0 },
	{ GET_QUEUE_NUM, 0, 0 },
	{ SET_VRING_ENABLE, 8, 0 },
	{ SEND_RARP, 8, 0 },
	{ NET_SET_MTU, 8, 0 },
	{ GET_INFLIGHT_FD, 20, 0 },
	{ SET_INFLIGHT_FD, 20, 1 },
	{ RESET_DEVICE, 0, 0 },
	{ GET_MAX_MEM_SLOTS, 0, 0 },
	{ ADD_MEM_REG, 40, 1 },
	{ REM_MEM_REG, 40, 0 },
};

enum { N_REQUESTS = sizeof(requests) / sizeof(requests[0]) };

/* The table's message number i, with so much more payload and so many more
 * descriptors than it is to have. */
static void
say(struct station *st, unsigned i, int more_octets, int more_fds)
{
	uint8_t payload[128] = { 1 };
	int fds[16] = { 0 }, n_fds = (int)requests[i].fds + more_fds;
	uint32_t size = (uint32_t)((int)requests[i].size + more_octets);
	struct message_header header = { requests[i].request, MESSAGE_VERSION,
					 size };

	for (int k = 0; k < n_fds; k++)
		fds[k] = eventfd(0, EFD_CLOEXEC);
	session_send(&st->session, &header, payload, size, fds,
		     (unsigned)n_fds);
	for (int k = 0; k < n_fds; k++)
		close(fds[k]);
}

/* Each message on a connection of its own, which must end each time. */
static void
each_must_close(struct station *st, int more_octets, int more_fds)
{
	unsigned n = 0;

	for (unsigned i = 0; i < N_REQUESTS; i++) {
		char rest[64];

		if ((int)requests[i].size + more_octets < 0 ||
		    (int)requests[i].fds + more_fds < 0)
			continue;
		if (n++ > 0) {
			session_disconnect(&st->session);
			session_connect(&st->session);
			session_negotiate(&st->session);
			printf("closed\n");
		}
		say(st, i, more_octets, more_fds);
		while (recv(st->session.sock, rest, sizeof(rest), 0) > 0)
			continue;
	}
}

static void
short_payload(struct station *st, const struct attack *a)
{
	each_must_close(st, -(int)a->number, 0);
}

static void
long_payload(struct station *st, const struct attack *a)
{
	each_must_close(st, (int)a->number, 0);
}

static void
no_fd(struct station *st, const struct attack *a)
{
	(void)a;
	each_must_close(st, 0, -1);
}

/* More than the message takes. */
static void
surplus_fds(struct station *st, const struct attack *a)
{
	each_must_close(st, 0, (int)a->number);
}

/* More than a message can have, in one. */
static void
crowd_of_fds(struct station *st, const struct attack *a)
{
	struct message_header header = { GET_FEATURES, MESSAGE_VERSION, 0 };
	int fds[SESSION_FDS_MAX];

	for (int i = 0; i < a->number; i++)
		fds[i] = st->session.sock;
	session_send(&st->session, &header, NULL, 0, fds, (unsigned)a->number);
}

static void
header_flags(struct station *st, const struct attack *a)
{
	struct message_header header = { GET_FEATURES, (uint32_t)a->number, 0 };

	session_send(&st->session, &header, NULL, 0, NULL, 0);
}

static void
header_size(struct station *st, const struct attack *a)
{
	struct message_header header = { SET_MEM_TABLE, MESSAGE_VERSION,
					 (uint32_t)a->number };

	session_send(&st->session, &header, NULL, 0, NULL, 0);
}

static void
unknown(struct station *st, const struct attack *a)
{
	struct message_header header = { (uint32_t)a->number, MESSAGE_VERSION,
					 0 };

	session_send(&st->session, &header, NULL, 0, NULL, 0);
}

/* Asked for, an answer that says no is due. */
static void
unknown_asked(struct station *st, const struct attack *a)
{
	struct message_header header = { (uint32_t)a->number,
					 MESSAGE_VERSION | MESSAGE_NEED_REPLY,
					 0 };
	uint64_t value = 0;
	int fd;

	session_send(&st->session, &header, NULL, 0, NULL, 0);
	if (session_receive(&st->session, &header, &value, sizeof(value),
			    &fd) != sizeof(value) ||
	    value == 0) {
		fprintf(stderr, "vhostfront: no word that it is unknown\n");
		exit(1);
	}
}

static void
features(struct station *st, const struct attack *a)
{
	uint64_t all = UINT64_MAX;

	session_post(&st->session, (uint32_t)a->number, &all, sizeof(all), NULL,
		     0);
}

/* It waits for nobody: other ports go on, and so does this one when the rest
 * comes. */
static void
octet_by_octet(struct station *st, const struct attack *a)
{
	struct message_header header = { GET_FEATURES, MESSAGE_VERSION, 0 };

	(void)a;
	for (size_t i = 0; i < sizeof(header); i++)
		if (send(st->session.sock, (const char *)&header + i, 1,
			 MSG_NOSIGNAL) != 1)
			st->session.closed = true;
}

/* And then the end, in the middle of it. */
static void
half(struct station *st, const struct attack *a)
{
	struct message_header header = { SET_MEM_TABLE, MESSAGE_VERSION, 40 };
	char message[sizeof(header) + 40] = { 0 };

	memcpy(message, &header, sizeof(header));
	if (send(st->session.sock, message, (size_t)a->number, MSG_NOSIGNAL) <
	    0)
		st->session.closed = true;
	shutdown(st->session.sock, SHUT_WR);
}

/* Descriptors beside a part of a message that never gets whole. */
static void
half_with_fds(struct station *st, const struct attack *a)
{
	struct message_header header = { SET_MEM_TABLE, MESSAGE_VERSION, 40 };
	int fds[8];

	(void)a;
	for (unsigned i = 0; i < 8; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC);
	session_send(&st->session, &header, "half", 4, fds, 8);
	shutdown(st->session.sock, SHUT_WR);
}

/* Questions, and nobody reads the answers: far more of them than any socket
 * holds. */
static void
never_reads(struct station *st, const struct attack *a)
{
	(void)a;
	for (unsigned i = 0; i < 100000; i++)
		if (!session_post(&st->session, GET_FEATURES, NULL, 0, NULL, 0))
			return;
	fprintf(stderr, "vhostfront: it keeps answers that nobody reads\n");
	exit(1);
}

/* What brings a descriptor, again and again. */
static void
repeat(struct station *st, const struct attack *a)
{
	uint64_t ring = 0;
	struct message_state base;
	struct message_header header;
	int fd;

	for (unsigned i = 0; i < 2000; i++)
		if (!session_post(&st->session, (uint32_t)a->number, &ring,
				  sizeof(ring), &st->session.rings[0].call_fd,
				  1))
			return;
	/* The ring is as it was, for the ping. */
	if (a->number != SET_VRING_KICK)
		return;
	session_post(&st->session, GET_VRING_BASE, &ring, sizeof(ring), NULL,
		     0);
	if (session_receive(&st->session, &header, &base, sizeof(base), &fd) ==
	    sizeof(base))
		session_start_ring(&st->session, 0);
}

static void
repeat_inflight(struct station *st, const struct attack *a)
{
	struct message_inflight ask = { .n_queues = 2, .queue_size = 256 };

	(void)a;
	for (unsigned i = 0; i < 1000; i++) {
		struct message_header header;
		struct message_inflight got;
		int fd;

		session_post(&st->session, GET_INFLIGHT_FD, &ask, sizeof(ask),
			     NULL, 0);
		if (session_receive(&st->session, &header, &got, sizeof(got),
				    &fd) != sizeof(got))
			return;
		if (fd >= 0)
			close(fd);
	}
}

static void
repeat_log(struct station *st, const struct attack *a)
{
	struct message_log log = { .size = 1 << 16 };

	(void)a;
	for (unsigned i = 0; i < 1000; i++) {
		struct message_header header;
		int fd;

		session_post(&st->session, SET_LOG_BASE, &log, sizeof(log),
			     &st->session.memory.fd, 1);
		if (session_receive(&st->session, &header, NULL, 0, &fd) < 0)
			return;
	}
}

static void
repeat_table(struct station *st, const struct attack *a)
{
	(void)a;
	for (unsigned i = 0; i < 1000; i++)
		session_share_memory(&st->session);
}

const struct attack attacks_messages[] = {
	{ "message-short", NULL, NEGOTIATED, CLOSED, short_payload, 1 },
	{ "message-shorter", NULL, NEGOTIATED, CLOSED, short_payload, 8 },
	{ "message-long", NULL, NEGOTIATED, CLOSED, long_payload, 1 },
	{ "message-longer", NULL, NEGOTIATED, CLOSED, long_payload, 64 },
	{ "message-without-fd", NULL, NEGOTIATED, CLOSED, no_fd, 0 },
	{ "message-surplus-fds", NULL, NEGOTIATED, CLOSED, surplus_fds, 3 },
	{ "message-8-fds", NULL, NEGOTIATED, CLOSED, crowd_of_fds, 8 },
	{ "message-253-fds", NULL, NEGOTIATED, CLOSED, crowd_of_fds, 253 },
	{ "header-version-0", NULL, CONNECTED, CLOSED, header_flags, 0 },
	{ "header-version-2", NULL, CONNECTED, CLOSED, header_flags, 2 },
	{ "header-reply", NULL, CONNECTED, CLOSED, header_flags, 5 },
	{ "header-513-octets", NULL, CONNECTED, CLOSED, header_size, 513 },
	{ "header-4-GiB", NULL, CONNECTED, CLOSED, header_size, 0xffffffff },
	{ "request-0", NULL, CONNECTED, CLOSED, unknown, 0 },
	{ "request-255", NULL, NEGOTIATED, CLOSED, unknown, 255 },
	{ "request-2^32-1", NULL, NEGOTIATED, CLOSED, unknown, 0xffffffff },
	{ "request-255-asked", NULL, NEGOTIATED, KEPT, unknown_asked, 255 },
	{ "features-all", NULL, NEGOTIATED, CLOSED, features, SET_FEATURES },
	{ "protocol-features-all", NULL, CONNECTED, CLOSED, features,
	  SET_PROTOCOL_FEATURES },
	{ "octet-by-octet", NULL, CONNECTED, KEPT, octet_by_octet, 0 },
	{ "half-header", NULL, CONNECTED, CLOSED, half, 5 },
	{ "half-payload", NULL, NEGOTIATED, CLOSED, half, 30 },
	{ "half-with-fds", NULL, NEGOTIATED, CLOSED, half_with_fds, 0 },
	{ "half-under-traffic", NULL, RUNNING, CLOSED, half, 30 },
	{ "never-reads", NULL, CONNECTED, CLOSED, never_reads, 0 },
	{ "repeat-kick", NULL, RUNNING, KEPT, repeat, SET_VRING_KICK },
	{ "repeat-call", NULL, RUNNING, KEPT, repeat, SET_VRING_CALL },
	{ "repeat-err", NULL, RUNNING, KEPT, repeat, SET_VRING_ERR },
	{ "repeat-table", NULL, RUNNING, KEPT, repeat_table, 0 },
	{ "repeat-inflight", NULL, RUNNING, KEPT, repeat_inflight, 0 },
	{ "repeat-log", NULL, RUNNING, KEPT, repeat_log, 0 },
	{ NULL },
};
