#include "tests/integration/peer.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/virtio_net.h>

enum {
	MAC_LEN = 6,
	HEADER_LEN = 14,
	NUMBER_AT = HEADER_LEN, /* of a ping: four octets, host order */
	PING_LEN_MIN = NUMBER_AT + 4,
	WIRE_LEN_MIN = 60,
	LOST_AFTER_MS = 20 * 1000,
	PATTERN_MAX = 64,
};

const char peer_usage[] =
    "  echo MAC                     answer every frame for MAC, for ever\n"
    "  ping MAC PEER COUNT LEN [N]  all come back whole, N under way\n"
    "  await SECONDS OFFSET HEX     a frame with these octets there comes\n"
    "  first SECONDS MAC            the first frame that comes is MAC's\n"
    "  say MAC                      one frame of MAC to everybody\n"
    "  burst MAC PEER COUNT LEN     so many numbered frames; says \"sent\"; "
    "stays\n"
    "  noise SEED                   all sorts of frames for all sorts of "
    "stations\n"
    "  segments 4|6|4t|6t MAC PEER COUNT LEN\n"
    "                               TCP to be cut by others; stays\n"
    "  collect SECONDS 4|6|4t|6t MAC OCTETS whole|cut\n"
    "                               all of them come, whole or cut by then\n"
    "  stay                         attached, until killed\n";

static bool
parse_hex(const char *text, char separator, uint8_t *out, size_t max,
	  size_t *len)
{
	for (*len = 0; *text != '\0'; ++*len) {
		unsigned value;

		if (*len > 0 && separator != '\0' && *text++ != separator)
			return false;
		if (*len == max || sscanf(text, "%2x", &value) != 1 ||
		    text[1] == '\0')
			return false;
		out[*len] = (uint8_t)value;
		text += 2;
	}
	return true;
}

static bool
parse_mac(const char *text, uint8_t mac[static MAC_LEN])
{
	size_t len;

	return parse_hex(text, ':', mac, MAC_LEN, &len) && len == MAC_LEN;
}

int64_t
peer_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

ssize_t
peer_next_frame(struct peer_link *link, uint8_t *frame, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = { .fd = link->fd, .events = POLLIN };
		ssize_t len = link->recv(link, frame, PEER_FRAME_MAX);
		int64_t left = deadline_ms - peer_now_ms();

		if (len != 0)
			return len;
		if (left <= 0)
			return 0;
		poll(&p, 1, left > 1000 ? 1000 : (int)left);
	}
}

/* ---- actions ---- */

static int
do_echo(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	uint8_t mac[MAC_LEN];
	ssize_t len;

	if (!parse_mac(argv[0], mac))
		return 2;
	while ((len = peer_next_frame(link, frame, INT64_MAX)) > 0) {
		if (len < HEADER_LEN || memcmp(frame, mac, MAC_LEN) != 0)
			continue;
		memcpy(frame, frame + MAC_LEN, MAC_LEN);
		memcpy(frame + MAC_LEN, mac, MAC_LEN);
		if (link->out != NULL) { /* what is said to receivers goes */
			*link->out = *link->in;
			link->out->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
		}
		if (link->send(link, frame, (size_t)len) < 0) {
			perror("echo: send");
			return 1;
		}
	}
	fprintf(stderr, "echo: the switch is gone\n");
	return 1;
}

struct pinger {
	uint8_t mac[MAC_LEN], peer[MAC_LEN];
	uint32_t count, window;
	size_t len;
	uint32_t n_sent, n_back;
};

static void
fill(const struct pinger *p, uint8_t *frame, uint32_t number)
{
	memcpy(frame, p->peer, MAC_LEN);
	memcpy(frame + MAC_LEN, p->mac, MAC_LEN);
	frame[12] = 0x88; /* IEEE 802 local experimental */
	frame[13] = 0xb5;
	memcpy(frame + NUMBER_AT, &number, sizeof(number));
	for (size_t i = PING_LEN_MIN; i < p->len; i++)
		frame[i] = (uint8_t)(number * 31 + i + (i >> 8));
}

/* Is @frame the answer to ping number .n_back, whole? */
static bool
is_answer(const struct pinger *p, const uint8_t *frame, size_t len)
{
	static uint8_t want[PEER_FRAME_MAX];
	size_t wire_len = p->len < WIRE_LEN_MIN ? WIRE_LEN_MIN : p->len;

	fill(p, want, p->n_back);
	if (len != wire_len) {
		fprintf(stderr, "ping: %zu octets came back, not %zu\n", len,
			wire_len);
		return false;
	}
	for (size_t i = HEADER_LEN; i < len; i++) {
		uint8_t octet = i < p->len ? want[i] : 0;

		if (frame[i] == octet)
			continue;
		fprintf(stderr,
			"ping: frame %u is not as sent from octet %zu\n",
			(unsigned)p->n_back, i);
		return false;
	}
	return true;
}

static bool
ping(struct peer_link *link, struct pinger *p)
{
	static uint8_t frame[PEER_FRAME_MAX];

	while (p->n_back < p->count) {
		ssize_t len;

		while (p->n_sent < p->count &&
		       p->n_sent - p->n_back < p->window) {
			fill(p, frame, p->n_sent++);
			if (link->send(link, frame, p->len) < 0) {
				perror("ping: send");
				return false;
			}
		}
		len =
		    peer_next_frame(link, frame, peer_now_ms() + LOST_AFTER_MS);
		if (len <= 0) {
			fprintf(stderr,
				"ping: frame %u of %u, %zu octets: %s\n",
				(unsigned)p->n_back, (unsigned)p->count, p->len,
				len < 0 ? "the switch is gone"
					: "did not come back");
			return false;
		}
		if (len < HEADER_LEN || memcmp(frame, p->mac, MAC_LEN) != 0 ||
		    memcmp(frame + MAC_LEN, p->peer, MAC_LEN) != 0)
			continue; /* other talk on the segment */
		if (!is_answer(p, frame, (size_t)len))
			return false;
		p->n_back++;
	}
	return true;
}

static int
do_ping(struct peer_link *link, char **argv)
{
	struct pinger p = { .window = 1 };

	if (!parse_mac(argv[0], p.mac) || !parse_mac(argv[1], p.peer))
		return 2;
	p.count = (uint32_t)strtoul(argv[2], NULL, 10);
	p.len = strtoul(argv[3], NULL, 10);
	if (argv[4] != NULL)
		p.window = (uint32_t)strtoul(argv[4], NULL, 10);
	if (p.count == 0 || p.window == 0 || p.len < PING_LEN_MIN ||
	    p.len > PEER_FRAME_MAX)
		return 2;
	return ping(link, &p) ? 0 : 1;
}

static int
do_await(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	int64_t deadline_ms = peer_now_ms() + atol(argv[0]) * 1000;
	size_t offset = strtoul(argv[1], NULL, 10), n;
	uint8_t pattern[PATTERN_MAX];
	unsigned n_seen = 0;
	ssize_t len;

	if (!parse_hex(argv[2], '\0', pattern, sizeof(pattern), &n) || n == 0)
		return 2;
	while ((len = peer_next_frame(link, frame, deadline_ms)) > 0) {
		n_seen++;
		if (offset + n <= (size_t)len &&
		    memcmp(frame + offset, pattern, n) == 0)
			return 0;
	}
	fprintf(stderr, "await: %s; %u other frames came\n",
		len < 0 ? "the switch is gone" : "it did not come", n_seen);
	return 1;
}

static int
do_first(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	int64_t deadline_ms = peer_now_ms() + atol(argv[0]) * 1000;
	uint8_t mac[MAC_LEN];
	ssize_t len;

	if (!parse_mac(argv[1], mac))
		return 2;
	len = peer_next_frame(link, frame, deadline_ms);
	if (len >= HEADER_LEN && memcmp(frame + MAC_LEN, mac, MAC_LEN) == 0)
		return 0;
	fprintf(stderr, "first: %s\n",
		len < 0	   ? "the switch is gone"
		: len == 0 ? "no frame came"
			   : "somebody else's frame came");
	return 1;
}

static int
do_say(struct peer_link *link, char **argv)
{
	uint8_t frame[WIRE_LEN_MIN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!parse_mac(argv[0], frame + MAC_LEN))
		return 2;
	frame[12] = 0x88;
	frame[13] = 0xb5;
	return link->send(link, frame, sizeof(frame)) < 0 ? 1 : 0;
}

int
peer_stay(struct peer_link *link)
{
	static uint8_t frame[PEER_FRAME_MAX];

	while (peer_next_frame(link, frame, INT64_MAX) > 0)
		continue;
	return 1;
}

static int
do_stay(struct peer_link *link, char **argv)
{
	(void)argv;
	return peer_stay(link);
}

/* The same words, the same frames: all octets follow from the number. */
static int
do_burst(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	size_t len = strtoul(argv[3], NULL, 10);
	uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);

	if (!parse_mac(argv[1], frame) || !parse_mac(argv[0], frame + MAC_LEN))
		return 2;
	if (len < WIRE_LEN_MIN || len > PEER_FRAME_MAX)
		return 2;
	frame[12] = 0x88;
	frame[13] = 0xb5;
	for (uint32_t i = 0; i < count; i++) {
		for (size_t k = HEADER_LEN; k < len; k++)
			frame[k] = (uint8_t)(i >> 8 * (k % 4));
		if (link->send(link, frame, len) < 0)
			return 1;
	}
	printf("sent\n");
	fflush(stdout);
	return peer_stay(link);
}

/* ---- noise ---- */

enum {
	NOISE_STATIONS = 24, /* that there might be */
	NOISE_AT_ONCE = 16,
	NOISE_PAUSE_MS = 1,
	NOISE_LEN_MAX = 65550,
};

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13; /* xorshift32 */
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* To a station, to all, to some, to nobody. */
static void
noise_destination(uint32_t dice, uint8_t mac[static MAC_LEN])
{
	static const uint8_t station[] = { 2, 0, 0, 0, 0, 0 };

	memcpy(mac, station, MAC_LEN);
	mac[5] = (uint8_t)(dice >> 8) % NOISE_STATIONS;
	switch (dice % 16) {
	case 0:
		memset(mac, 0xff, MAC_LEN);
		break;
	case 1:
		mac[0] = 3;
		break;
	case 2:
		mac[3] = (uint8_t)(dice >> 16);
		break;
	default:
		break;
	}
}

/* Return: its length. */
static size_t
noise_frame(uint8_t *frame, uint8_t number, uint32_t *state)
{
	static const uint16_t types[] = { 0x88b5, 0x0800, 0x0806, 0x86dd, 46 };
	static const size_t lens[] = { 14, 60, 64, 1514, 1518, 9000 };
	uint32_t dice = next_random(state);
	uint16_t type = types[dice % 5];
	size_t at = 2 * MAC_LEN, len = lens[dice / 8 % 6];

	if (dice / 64 % 16 == 0)
		len = HEADER_LEN +
		      next_random(state) % (NOISE_LEN_MAX - HEADER_LEN + 1);
	else if (dice / 64 % 64 == 1)
		len = NOISE_LEN_MAX;
	memset(frame, (int)(dice & 0xff), len);
	noise_destination(next_random(state), frame);
	memcpy(frame + MAC_LEN, "\x02\0\0\0\0", MAC_LEN);
	frame[MAC_LEN + 5] = number;
	for (unsigned tags = dice >> 24; tags % 4 == 0 && at + 6 <= len;
	     tags /= 4) {
		frame[at] = tags & 4 ? 0x88 : 0x81;
		frame[at + 1] = tags & 4 ? 0xa8 : 0x00;
		frame[at + 2] = (uint8_t)(next_random(state) % 2);
		frame[at + 3] = (uint8_t)(next_random(state) % 16);
		at += 4;
		if (tags == 0)
			break;
	}
	frame[at] = (uint8_t)(type >> 8);
	frame[at + 1] = (uint8_t)type;
	return len;
}

/* For ever.  One station in four reads less than it is sent. */
static int
do_noise(struct peer_link *link, char **argv)
{
	static uint8_t frame[PEER_FRAME_MAX];
	uint32_t state = (uint32_t)strtoul(argv[0], NULL, 10) | 1;
	uint8_t number = (uint8_t)(next_random(&state) % NOISE_STATIONS);
	int n_reads = next_random(&state) % 4 == 0 ? 1 : 8 * NOISE_AT_ONCE;

	for (;;) {
		struct pollfd p = { .fd = link->fd, .events = POLLIN };
		ssize_t len = 1;

		for (int i = 0; i < NOISE_AT_ONCE; i++) {
			size_t n = noise_frame(frame, number, &state);

			if (link->send(link, frame, n) < 0)
				return 1;
		}
		for (int i = 0; i < n_reads && len > 0; i++)
			len = link->recv(link, frame, sizeof(frame));
		if (len < 0)
			return 1;
		poll(&p, 1, NOISE_PAUSE_MS);
	}
}

static const struct {
	const char *name;
	int n_words_min, n_words_max;
	int (*run)(struct peer_link *link, char **argv);
} actions[] = {
	{ "echo", 1, 1, do_echo },
	{ "ping", 4, 5, do_ping },
	{ "await", 3, 3, do_await },
	{ "first", 2, 2, do_first },
	{ "say", 1, 1, do_say },
	{ "stay", 0, 0, do_stay },
	{ "burst", 4, 4, do_burst },
	{ "noise", 1, 1, do_noise },
	{ "segments", 5, 5, peer_do_segments },
	{ "collect", 5, 5, peer_do_collect },
};

int
peer_run(struct peer_link *link, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (argc < 1 || strcmp(argv[0], actions[i].name) != 0 ||
		    argc - 1 < actions[i].n_words_min ||
		    argc - 1 > actions[i].n_words_max)
			continue;
		puts("attached");
		fflush(stdout);
		return actions[i].run(link, argv + 1);
	}
	return 2;
}
