#include "config.h"

#include "tests/integration/vhostfront/attacks.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/vhostfront/attack.h"

static const struct attack *const tables[] = {
	attacks_messages, attacks_rings_told, attacks_memory,
	attacks_chains,	  attacks_events,
};

enum { N_TABLES = sizeof(tables) / sizeof(tables[0]) };

static const char *const outcomes[] = { [CLOSED] = "closed",
					[KEPT] = "kept",
					[DROPPED] = "dropped",
					[ANSWERED] = "answered" };

enum { MARKER = 0xaa, PROBE_EACH_MS = 250 };

static uint8_t frame_head[14]; /* peer, mac, type */

void
attacks_list(void)
{
	for (unsigned t = 0; t < N_TABLES; t++)
		for (const struct attack *a = tables[t]; a->name != NULL; a++)
			printf("%s %s\n", a->name, outcomes[a->outcome]);
}

void
attack_frame(const struct station *st, uint8_t *frame)
{
	(void)st;
	memset(frame, ATTACK_KIND, ATTACK_FRAME_LEN);
	memcpy(frame, frame_head, sizeof(frame_head));
}

void
attack_transmit(struct station *st, const void *data, size_t len, size_t piece)
{
	struct ring *r = &st->session.rings[1];
	uint16_t slot = st->idle[1][--st->n_idle[1]];
	uint8_t *at = st->buffers[1] + (size_t)slot * STATION_SLOT;
	struct ring_piece pieces[RING_PIECES_MAX];
	unsigned n = 0;

	memcpy(at, data, len);
	for (size_t i = 0; i < len && n < RING_PIECES_MAX; i += piece)
		pieces[n++] = (struct ring_piece){
			memory_guest_addr(&st->session.memory, at + i),
			(uint32_t)(len - i < piece ? len - i : piece)
		};
	if (!ring_offer(r, pieces, n, slot)) {
		fprintf(stderr, "vhostfront: no room for an attack\n");
		exit(1);
	}
	ring_kick_always(r);
}

/* Whatever still comes before the end is no matter. */
static int
judge_closed(struct station *st)
{
	char rest[256];

	while (!st->session.closed) {
		struct pollfd p = { .fd = st->session.sock, .events = POLLIN };

		if (poll(&p, 1, SESSION_PATIENCE_MS) == 0) {
			fprintf(stderr, "vhostfront: it is not closed\n");
			return 1;
		}
		if (recv(st->session.sock, rest, sizeof(rest), 0) <= 0)
			st->session.closed = true;
	}
	printf("closed\n");
	return 0;
}

static bool
is_mine(const uint8_t *frame)
{
	return memcmp(frame, frame_head + 6, 6) == 0;
}

/* A frame that is as it is to be goes there and comes back; more than one,
 * while what the attack has sent leaves no room.
 * Return: how many of the attack have come back before; -1: it does not. */
static int
probe(struct station *st)
{
	static uint8_t frame[PEER_FRAME_MAX];
	ssize_t len;
	int n = 0;

	for (unsigned ms = 0; ms < SESSION_PATIENCE_MS; ms += PROBE_EACH_MS) {
		int64_t deadline_ms = peer_now_ms() + PROBE_EACH_MS;

		while ((len = st->link.recv(&st->link, frame, sizeof(frame))) >
		       0)
			n += is_mine(frame) && frame[ATTACK_KIND_AT] != MARKER;
		attack_frame(st, frame);
		frame[ATTACK_KIND_AT] = MARKER;
		if (st->link.send(&st->link, frame, ATTACK_FRAME_LEN) < 0)
			return -1;
		while ((len = peer_next_frame(&st->link, frame, deadline_ms)) >
		       0) {
			if (!is_mine(frame))
				continue;
			if (frame[ATTACK_KIND_AT] == MARKER)
				return n;
			n++;
		}
		if (len < 0)
			break;
	}
	fprintf(stderr, "vhostfront: a frame does not come back\n");
	return -1;
}

/* Return: is @n, frames that have come back, as it is to be? */
static bool
answers(enum attack_outcome outcome, int n)
{
	if (n < 0)
		return false;
	if ((outcome == DROPPED && n > 0) || (outcome == ANSWERED && n == 0)) {
		fprintf(stderr, "vhostfront: %d frames have come back\n", n);
		return false;
	}
	return true;
}

/* Answers to what the attack has asked may still come, before the last. */
static int
judge_kept(struct station *st, const struct attack *a)
{
	struct message_header header;
	uint64_t payload[64];
	int fd;

	if (!session_post(&st->session, GET_FEATURES, NULL, 0, NULL, 0)) {
		fprintf(stderr, "vhostfront: it is closed\n");
		return 1;
	}
	do {
		if (session_receive(&st->session, &header, payload,
				    sizeof(payload), &fd) < 0) {
			fprintf(stderr, "vhostfront: it %s\n",
				st->session.closed ? "is closed"
						   : "does not answer");
			return 1;
		}
		if (fd >= 0)
			close(fd);
	} while (header.request != GET_FEATURES);
	if (a->stage == RUNNING && !answers(a->outcome, probe(st)))
		return 1;
	printf("kept\n");
	return 0;
}

static int
run(const struct attack *a, const char *more, const char *path)
{
	static struct station st;
	struct station_options options;
	char words[256];

	snprintf(words, sizeof(words), "%s,%s", more,
		 a->words != NULL ? a->words : "");
	if (!station_options_parse(&options, words))
		return 2;
	station_init(&st, &options, path);
	if (a->stage == RUNNING) {
		station_open(&st);
		if (probe(&st) < 0)
			return 1;
		(void)station_in_flight(&st);
	} else {
		session_connect(&st.session);
		if (a->stage >= NEGOTIATED)
			session_negotiate(&st.session);
		if (a->stage >= BUILT)
			session_build(&st.session, 1 << 20);
	}
	a->run(&st, a);
	if (a->outcome == CLOSED)
		return judge_closed(&st);
	return judge_kept(&st, a);
}

static bool
parse_mac(const char *text, uint8_t *mac)
{
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", mac, mac + 1,
		      mac + 2, mac + 3, mac + 4, mac + 5) == 6;
}

int
attacks_run(const char *name, const char *words, const char *path,
	    const char *mac, const char *peer)
{
	if (!parse_mac(peer, frame_head) || !parse_mac(mac, frame_head + 6))
		return 2;
	frame_head[12] = 0x88;
	frame_head[13] = 0xb5;
	for (unsigned t = 0; t < N_TABLES; t++)
		for (const struct attack *a = tables[t]; a->name != NULL; a++)
			if (strcmp(a->name, name) == 0)
				return run(a, words, path);
	return 2;
}
