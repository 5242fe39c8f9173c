#include "config.h"

#include "plugins/capture/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/bpf.h"

enum { UNDESCRIBED = UINT32_MAX };

/* A port, as an interface of the file. */
struct iface {
	uint32_t port;
	uint32_t number; /* in the file; UNDESCRIBED until its block went out */
	char *name;	 /* owned */
	uint64_t received, accepted, dropped, delivered;
};

/* Invariant: unless finished, writer_room() >= n_described * PCAPNG_ISB_SIZE. */
struct recording {
	struct writer *writer; /* owned; NULL until begun */
	size_t ring_bytes;
	uint32_t snaplen;
	uint64_t max_frames;
	struct bpf *filter;   /* owned */
	struct iface *ifaces; /* ascending by port; owned */
	size_t n_ifaces;
	size_t ifaces_size;
	size_t n_described; /* of these */
	uint32_t next_number;
	uint64_t start_ns;
	struct recording_counts counts;
	bool finished;
};

struct recording *
recording_new(const struct recording_spec *spec, char *error, size_t error_size)
{
	struct recording *r = calloc(1, sizeof(*r));
	int ret = -ENOMEM;

	snprintf(error, error_size, "out of memory");
	if (r == NULL)
		goto fail;
	r->ring_bytes = spec->ring_bytes;
	r->snaplen = spec->snaplen;
	r->max_frames = spec->max_frames;
	r->start_ns = spec->now_ns;
	r->filter = bpf_compile(spec->filter, error, error_size);
	if (r->filter != NULL)
		return r;
	ret = -errno;
fail:
	recording_free(r);
	errno = -ret;
	return NULL;
}

int
recording_begin(struct recording *r, int fd, char *error, size_t error_size)
{
	uint8_t block[PCAPNG_SHB_MAX];
	int ret;

	r->writer = writer_new(fd, r->ring_bytes);
	if (r->writer == NULL) {
		ret = -errno;
		snprintf(error, error_size, "cannot write a capture there: %s",
			 strerror(-ret));
		return ret;
	}
	/* The ring is empty, and larger than that. */
	writer_put(r->writer, block, pcapng_shb(block, "vdelab"));
	writer_publish(r->writer);
	return 0;
}

/* ---- interfaces ---- */

static struct iface *
find_iface(const struct recording *r, uint32_t port)
{
	size_t low = 0, high = r->n_ifaces;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->ifaces[mid].port < port)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->n_ifaces || r->ifaces[low].port != port)
		return NULL;
	return &r->ifaces[low];
}

/* Is there room for @size octets, and for the statistics of @n_more further
 * interfaces than are described now? */
static bool
has_room(const struct recording *r, size_t size, size_t n_more)
{
	return writer_room(r->writer) >=
	       size + (r->n_described + n_more) * PCAPNG_ISB_SIZE;
}

/* Return: is the interface described in the file now? */
static bool
describe(struct recording *r, struct iface *iface)
{
	uint8_t block[PCAPNG_IDB_MAX];
	struct pcapng_interface interface = { .name = iface->name,
					      .filter = bpf_text(r->filter),
					      .snaplen = r->snaplen };
	size_t size;

	if (iface->number != UNDESCRIBED)
		return true;
	size = pcapng_idb(block, &interface);
	if (!has_room(r, size, 1))
		return false;
	writer_put(r->writer, block, size);
	iface->number = r->next_number++;
	r->n_described++;
	return true;
}

int
recording_port_add(struct recording *r, uint32_t port, const char *name)
{
	struct iface *iface;

	if (r->n_ifaces == r->ifaces_size) {
		size_t size = r->ifaces_size > 0 ? 2 * r->ifaces_size : 8;

		iface = reallocarray(r->ifaces, size, sizeof(*iface));
		if (iface == NULL)
			return -ENOMEM;
		r->ifaces = iface;
		r->ifaces_size = size;
	}
	iface = &r->ifaces[r->n_ifaces];
	*iface = (struct iface){ .port = port, .number = UNDESCRIBED };
	iface->name = strdup(name);
	if (iface->name == NULL)
		return -ENOMEM;
	r->n_ifaces++;
	/* Now if there is room, else with its first frame. */
	if (!r->finished && describe(r, iface))
		writer_publish(r->writer);
	return 0;
}

static void
put_statistics(struct recording *r, const struct iface *iface, uint64_t now_ns)
{
	uint8_t block[PCAPNG_ISB_SIZE];
	struct pcapng_stats stats = {
		.interface = iface->number,
		.time_ns = now_ns,
		.start_ns = r->start_ns,
		.end_ns = now_ns,
		.received = iface->received,
		.accepted = iface->accepted,
		.dropped = iface->dropped,
		.delivered = iface->delivered,
	};

	if (iface->number == UNDESCRIBED)
		return;
	pcapng_isb(block, &stats);
	writer_put(r->writer, block, sizeof(block));
	r->n_described--;
}

void
recording_port_remove(struct recording *r, uint32_t port, uint64_t now_ns)
{
	struct iface *iface = find_iface(r, port);
	size_t n_behind;

	if (iface == NULL)
		return;
	if (!r->finished) {
		put_statistics(r, iface, now_ns);
		writer_publish(r->writer);
	}
	free(iface->name);
	n_behind = (size_t)(&r->ifaces[r->n_ifaces] - (iface + 1));
	memmove(iface, iface + 1, n_behind * sizeof(*iface));
	r->n_ifaces--;
}

/* ---- frames ---- */

/* Return: was there room? */
static bool
put_frame(struct recording *r, struct iface *iface,
	  const struct recording_frame *frame)
{
	uint8_t head[PCAPNG_EPB_HEAD_SIZE], tail[PCAPNG_EPB_TAIL_MAX];
	struct pcapng_packet packet = {
		.time_ns = frame->time_ns,
		.captured_len =
		    frame->len < r->snaplen ? frame->len : r->snaplen,
		.original_len = frame->len,
		.direction = frame->direction,
	};

	if (!describe(r, iface) ||
	    !has_room(r, pcapng_epb_size(packet.captured_len), 0))
		return false;
	packet.interface = iface->number;
	pcapng_epb_head(head, &packet);
	writer_put(r->writer, head, sizeof(head));
	writer_put(r->writer, frame->data, packet.captured_len);
	writer_put(r->writer, tail, pcapng_epb_tail(tail, &packet));
	return true;
}

static bool
is_complete(const struct recording *r)
{
	return r->max_frames > 0 && r->counts.frames >= r->max_frames;
}

bool
recording_frame(struct recording *r, uint32_t port,
		const struct recording_frame *frame)
{
	struct iface *iface = find_iface(r, port);

	if (r->finished || is_complete(r))
		return true;
	if (iface != NULL)
		iface->received++;
	if (!bpf_match(r->filter, frame->data, frame->len))
		return false;
	if (iface == NULL) { /* recording_port_add() ran out of memory */
		r->counts.dropped++;
		return false;
	}
	iface->accepted++;
	if (!put_frame(r, iface, frame)) {
		iface->dropped++;
		r->counts.dropped++;
		return false;
	}
	iface->delivered++;
	r->counts.frames++;
	return is_complete(r);
}

void
recording_publish(struct recording *r)
{
	writer_publish(r->writer);
}

/* ---- the end ---- */

void
recording_finish(struct recording *r, uint64_t now_ns)
{
	if (r->finished)
		return;
	for (size_t i = 0; i < r->n_ifaces; i++)
		put_statistics(r, &r->ifaces[i], now_ns);
	r->finished = true;
	writer_finish(r->writer);
}

void
recording_counts(const struct recording *r, struct recording_counts *counts)
{
	*counts = r->counts;
}

const struct writer *
recording_writer(const struct recording *r)
{
	return r->writer;
}

void
recording_free(struct recording *r)
{
	if (r == NULL)
		return;
	writer_free(r->writer);
	for (size_t i = 0; i < r->n_ifaces; i++)
		free(r->ifaces[i].name);
	free(r->ifaces);
	bpf_free(r->filter);
	free(r);
}
