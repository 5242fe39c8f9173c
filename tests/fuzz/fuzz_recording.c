/*
 * Whatever comes to a capture, in whatever order, libpcap reads as many frames
 * from its file as it has recorded, of the lengths they had, and finds no fault
 * with it.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "plugins/capture/names.h"
#include "plugins/capture/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PORTS = 4, COMMENTS = 4, WAIT_MS = 60000 };

struct run {
	const uint8_t *data;
	size_t left;
	struct recording *recording;
	struct names *names;
	uint64_t now_ns;
	bool present[PORTS];
	uint64_t n_bytes; /* of frames that were recorded, as long as they were
			   */
};

static void
require(int truth)
{
	if (!truth)
		abort();
}

static uint8_t
next(struct run *r)
{
	if (r->left == 0)
		return 0;
	r->left--;
	return *r->data++;
}

/* ---- what may come ---- */

static void
toggle_port(struct run *r)
{
	uint32_t port = next(r) % PORTS;
	char name[300];

	memset(name, 'p', sizeof(name));
	name[next(r)] = '\0';
	if (r->present[port])
		recording_port_remove(r->recording, port, r->now_ns);
	else
		require(recording_port_add(r->recording, port, name) == 0);
	r->present[port] = !r->present[port];
}

static void
record(struct run *r)
{
	static const uint8_t octets[RECORDING_FRAME_MAX];
	char text[300];
	const char *comments[COMMENTS] = { text, text, text, text };
	struct recording_counts before, after;
	struct recording_frame frame = {
		.data = octets,
		.time_ns = r->now_ns,
		.direction = (enum pcapng_direction)(next(r) % 3),
		.comments = comments,
	};
	uint32_t port = next(r) % PORTS;

	frame.len = 14 + ((uint32_t)next(r) << 8 | next(r)) %
			     (RECORDING_FRAME_MAX - 13);
	frame.n_comments = next(r) % (COMMENTS + 1);
	memset(text, 0xc3, sizeof(text)); /* the half of a character */
	text[next(r)] = '\0';
	recording_counts(r->recording, &before);
	recording_frame(r->recording, port, &frame);
	recording_counts(r->recording, &after);
	if (after.frames > before.frames)
		r->n_bytes += frame.len;
	if (next(r) % 2 == 0)
		recording_publish(r->recording);
}

static void
mark(struct run *r)
{
	char text[1100];

	memset(text, 'm', sizeof(text));
	text[next(r) * 4] = '\0';
	(void)recording_mark(r->recording, r->now_ns, text);
}

static void
name(struct run *r)
{
	char address[32], error[128];
	json_t *object;

	snprintf(address, sizeof(address), "10.0.0.%u", next(r));
	object = json_pack("{s:s}", address, next(r) % 4 == 0 ? "" : "x");
	require(names_set(r->names, object, error, sizeof(error)) == 0);
	json_decref(object);
}

static void
pass_time(struct run *r)
{
	/* It may be set back, too. */
	r->now_ns += UINT64_C(100000000) * next(r);
	r->now_ns -= UINT64_C(100000000) * next(r);
}

/* ---- what is left of it ---- */

static void
read_back(const struct run *r, int fd)
{
	struct recording_counts counts;
	struct pcap_pkthdr *header;
	char error[PCAP_ERRBUF_SIZE];
	uint64_t n = 0, n_bytes = 0;
	const u_char *data;
	pcap_t *pcap;
	int ret;

	recording_counts(r->recording, &counts);
	require(lseek(fd, 0, SEEK_SET) == 0);
	pcap = pcap_fopen_offline(fdopen(fd, "r"), error);
	/* libpcap wants an interface before anything else. */
	require(pcap != NULL || counts.frames == 0);
	if (pcap == NULL) {
		close(fd);
		return;
	}
	for (; (ret = pcap_next_ex(pcap, &header, &data)) == 1; n++)
		n_bytes += header->len;
	require(ret == PCAP_ERROR_BREAK);
	require(n == counts.frames && n_bytes == r->n_bytes);
	pcap_close(pcap);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct run *) = {
		toggle_port, record, record, record, mark, name, pass_time
	};
	struct run r = { .data = data,
			 .left = size,
			 .names = names_new(),
			 .now_ns = UINT64_C(1700000000000000000) };
	uint8_t form = next(&r);
	const struct recording_spec spec = {
		.pcap = form % 2 == 1,
		.title = "vlan1",
		.comment = form % 4 == 2 ? "a run" : NULL,
		.ring_bytes = RECORDING_RING_MIN,
		.snaplen = form % 8 >= 4 ? 64 : RECORDING_FRAME_MAX,
		.names = r.names,
		.now_ns = r.now_ns,
	};
	char error[128];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	r.recording = recording_new(&spec, error, sizeof(error));
	require(fd >= 0 && r.recording != NULL && r.names != NULL);
	require(recording_begin(r.recording, dup(fd), NULL, error,
				sizeof(error)) == 0);
	while (r.left > 0)
		steps[next(&r) % (sizeof(steps) / sizeof(steps[0]))](&r);
	recording_finish(r.recording, r.now_ns);
	require(writer_wait(recording_writer(r.recording), WAIT_MS));
	read_back(&r, fd);
	recording_free(r.recording);
	names_free(r.names);
	return 0;
}
