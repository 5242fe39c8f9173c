/* vhostfront: a station that attaches by vhost-user, as a guest's driver and
 * its QEMU together do it; well-behaved, or in one of many ways not. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>

#include "tests/integration/vhostfront/attacks.h"
#include "tests/integration/vhostfront/station.h"

#define BIT(n) MESSAGE_BIT(n)
#define CHECKSUM (BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM))
#define SEGMENTS                                                               \
	(CHECKSUM | BIT(VIRTIO_NET_F_GUEST_TSO4) |                             \
	 BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_HOST_TSO4) |          \
	 BIT(VIRTIO_NET_F_HOST_TSO6))

static const struct {
	const char *name;
	uint64_t features;
	size_t flag;   /* offset of a bool in struct station_options, or 0 */
	size_t number; /* offset of an unsigned, or 0 */
	unsigned max;
	const char *help;
} words[] = {
#define FEATURES(bits) .features = (bits)
#define FLAG(member) .flag = offsetof(struct station_options, member)
#define NUMBER(member, m)                                                      \
	.number = offsetof(struct station_options, member), .max = (m)
	{ "packed", FEATURES(BIT(VIRTIO_F_RING_PACKED)), .help = "rings" },
	{ "indirect", FEATURES(BIT(VIRTIO_RING_F_INDIRECT_DESC)),
	  .help = "tables of descriptors" },
	{ "event-idx", FEATURES(BIT(VIRTIO_RING_F_EVENT_IDX)),
	  .help = "suppression of kicks and calls by place" },
	{ "mergeable", FEATURES(BIT(VIRTIO_NET_F_MRG_RXBUF)),
	  .help = "a frame in many small receive buffers" },
	{ "in-order", FEATURES(BIT(35)), .help = "buffers come back so" },
	{ "legacy", .help = "not VIRTIO 1: header of 10 octets, apart" },
	{ "checksum", FEATURES(CHECKSUM), .help = "unfinished, both ways" },
	{ "segments", FEATURES(SEGMENTS), .help = "of TCP, both ways" },
	{ "pairs", NUMBER(session.pairs, SESSION_PAIRS_MAX),
	  .help = "of rings; 1" },
	{ "size", NUMBER(session.size, RING_SIZE_MAX),
	  .help = "of rings; 256" },
	{ "regions", NUMBER(session.regions, MEMORY_REGIONS_MAX),
	  .help = "of memory; 2" },
	{ "buffer", NUMBER(buffer, STATION_SLOT),
	  .help = "octets of a receive buffer" },
	{ "piece", NUMBER(piece, STATION_SLOT),
	  .help = "octets of a descriptor; 4096" },
	{ "header-apart", FLAG(header_apart), .help = "in its descriptor" },
	{ "lenient", FLAG(lenient), .help = "with DPDK's back-end" },
	{ "adjoin", FLAG(session.adjoin), .help = "regions, in the guest" },
	{ "no-ack", FLAG(session.no_ack), .help = "ask for no reply" },
	{ "slots", FLAG(session.slots), .help = "regions one by one" },
	{ "inflight", FLAG(session.inflight), .help = "a log of buffers" },
	{ "poll", FLAG(session.poll), .help = "for what comes: no calls" },
	{ "server", FLAG(session.server), .help = "wait for the back-end" },
};

enum { N_WORDS = sizeof(words) / sizeof(words[0]) };

static bool
take_word(struct station_options *o, const char *word, const char *value)
{
	for (size_t i = 0; i < N_WORDS; i++) {
		unsigned long n;

		if (strcmp(words[i].name, word) != 0)
			continue;
		if ((words[i].number != 0) != (value != NULL))
			return false;
		n = value != NULL ? strtoul(value, NULL, 10) : 0;
		if (value != NULL && (n == 0 || n > words[i].max))
			return false;
		o->session.features |= words[i].features;
		if (words[i].flag != 0)
			*(bool *)((char *)o + words[i].flag) = true;
		if (words[i].number != 0)
			*(unsigned *)((char *)o + words[i].number) =
			    (unsigned)n;
		return true;
	}
	return false;
}

bool
station_options_parse(struct station_options *o, const char *text)
{
	char copy[256], *rest = copy, *word;
	bool legacy = false, good = true;

	*o = (struct station_options){
		.session = { .pairs = 1, .size = 256, .regions = 2 },
		.piece = 4096,
	};
	snprintf(copy, sizeof(copy), "%s", text);
	while (good && (word = strsep(&rest, ",")) != NULL) {
		char *value = strchr(word, '=');

		if (value != NULL)
			*value++ = '\0';
		legacy = legacy || strcmp(word, "legacy") == 0;
		good = *word == '\0' || take_word(o, word, value);
	}
	if (legacy)
		o->session.not_features =
		    BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ANY_LAYOUT);
	else
		o->session.features |= BIT(VIRTIO_F_VERSION_1);
	if (o->session.pairs > 1)
		o->session.features |= BIT(VIRTIO_NET_F_MQ);
	return good;
}

/* Pings, and between them something that pings must survive. */
static int
again(struct station *st, char **argv)
{
	unsigned count = (unsigned)strtoul(argv[1], NULL, 10);
	char *ping[] = { (char *)"ping", argv[2],     argv[3], (char *)"20",
			 (char *)"200",	 (char *)"8", NULL };
	static const struct {
		const char *name;
		void (*run)(struct station *st);
	} ways[] = {
		{ "pause", station_pause },
		{ "reconnect", station_reconnect },
		{ "anew", NULL },
	};

	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		if (strcmp(ways[w].name, argv[0]) != 0)
			continue;
		for (unsigned i = 0; i < count; i++) {
			if (peer_run(&st->link, 6, ping) != 0)
				return 1;
			if (ways[w].run != NULL) {
				ways[w].run(st);
				continue;
			}
			station_close(st);
			station_open(st);
		}
		return peer_run(&st->link, 6, ping);
	}
	return 2;
}

static int
usage(void)
{
	fprintf(stderr,
		"usage: vhostfront [-o WORD,...] PATH ACTION\n"
		"       vhostfront [-o WORD,...] --attack NAME PATH MAC PEER\n"
		"       vhostfront --list\n%s"
		"  again WAY COUNT MAC PEER     ping, and again after a "
		"pause|reconnect|anew\n",
		peer_usage);
	for (size_t i = 0; i < N_WORDS; i++)
		fprintf(stderr, "  -o %s%s: %s\n", words[i].name,
			words[i].number != 0 ? "=N" : "", words[i].help);
	return 2;
}

int
main(int argc, char **argv)
{
	static struct station station;
	struct station_options options;
	const char *text = "";
	int ret;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		attacks_list();
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "-o") == 0) {
		text = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc == 6 && strcmp(argv[1], "--attack") == 0) {
		ret = attacks_run(argv[2], text, argv[3], argv[4], argv[5]);
		return ret == 2 ? usage() : ret;
	}
	if (!station_options_parse(&options, text) || argc < 3)
		return usage();
	station_init(&station, &options, argv[1]);
	station_open(&station);
	if (argc == 7 && strcmp(argv[2], "again") == 0)
		ret = again(&station, argv + 3);
	else
		ret = peer_run(&station.link, argc - 2, argv + 2);
	station_close(&station);
	return ret == 2 ? usage() : ret;
}
