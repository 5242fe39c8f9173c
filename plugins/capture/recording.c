#include "config.h"

#include "plugins/capture/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/capture/names.h"
#include "plugins/capture/pcap-file.h"
#include "plugins/capture/recording-file.h"
#include "plugins/common/bpf.h"

/* A clock that is moved by no more is being kept right. */
#define SET_BACK_NS UINT64_C(1000000)
#define NS_PER_S 1e9

struct recording {
	struct recording_file file; /* the one frames go to; .writer is owned
				       and NULL until begun */
	size_t ring_bytes;
	uint64_t max_frames;
	struct bpf *filter;   /* owned */
	struct iface *ifaces; /* ascending by port; owned */
	size_t n_ifaces;
	size_t ifaces_size;
	uint64_t start_ns;
	uint64_t last_ns; /* of the last frame */
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
	r->max_frames = spec->max_frames;
	r->start_ns = spec->now_ns;
	r->file.pcap = spec->pcap;
	r->file.limits = spec->limits;
	r->file.snaplen = spec->snaplen;
	r->file.names = spec->names;
	r->file.title = strdup(spec->title);
	if (spec->comment != NULL)
		r->file.comment = strdup(spec->comment);
	if (r->file.title == NULL ||
	    (spec->comment != NULL && r->file.comment == NULL))
		goto fail;
	r->filter = bpf_compile(spec->filter, error, error_size);
	if (r->filter != NULL) {
		r->file.filter = bpf_text(r->filter);
		return r;
	}
	ret = -errno;
fail:
	recording_free(r);
	errno = -ret;
	return NULL;
}

int
recording_begin(struct recording *r, int fd, struct series *series, char *error,
		size_t error_size)
{
	static const struct writer_format pcapng = { .len_at = PCAPNG_LEN_AT };
	static const struct writer_format pcap = {
		.first_size = PCAP_FILE_HEADER_SIZE,
		.len_at = PCAP_FILE_LEN_AT,
		.len_extra = PCAP_FILE_RECORD_SIZE,
	};
	const struct writer_spec spec = {
		.fd = fd,
		.series = series,
		.format = r->file.pcap ? pcap : pcapng,
		.ring_bytes = r->ring_bytes,
	};
	int ret;

	r->file.writer = writer_new(&spec);
	if (r->file.writer == NULL) {
		ret = -errno;
		snprintf(error, error_size, "cannot write a capture there: %s",
			 strerror(-ret));
		return ret;
	}
	/* The ring is empty, and larger than that. */
	recording_file_begin(&r->file, r->start_ns);
	writer_publish(r->file.writer);
	return 0;
}

/* ---- interfaces ---- */

/* Return: where @port stands among the interfaces, or would. */
static size_t
iface_place(const struct recording *r, uint32_t port)
{
	size_t low = 0, high = r->n_ifaces;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->ifaces[mid].port < port)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct iface *
find_iface(const struct recording *r, uint32_t port)
{
	size_t place = iface_place(r, port);

	if (place == r->n_ifaces || r->ifaces[place].port != port)
		return NULL;
	return &r->ifaces[place];
}

/* Return: room for another interface at @place; NULL when out of memory. */
static struct iface *
insert_iface(struct recording *r, size_t place)
{
	struct iface *ifaces = r->ifaces;

	if (r->n_ifaces == r->ifaces_size) {
		size_t size = r->ifaces_size > 0 ? 2 * r->ifaces_size : 8;

		ifaces = reallocarray(r->ifaces, size, sizeof(*ifaces));
		if (ifaces == NULL)
			return NULL;
		r->ifaces = ifaces;
		r->ifaces_size = size;
	}
	memmove(&ifaces[place + 1], &ifaces[place],
		(r->n_ifaces - place) * sizeof(*ifaces));
	r->n_ifaces++;
	return &ifaces[place];
}

int
recording_port_add(struct recording *r, uint32_t port, const char *name)
{
	char *copy = strdup(name);
	struct iface *iface =
	    copy != NULL ? insert_iface(r, iface_place(r, port)) : NULL;

	if (iface == NULL) {
		free(copy);
		return -ENOMEM;
	}
	*iface = (struct iface){ .port = port,
				 .number = IFACE_UNDESCRIBED,
				 .name = copy };
	/* Now if there is room, else with its first frame. */
	if (!r->finished && recording_file_describe(&r->file, iface))
		writer_publish(r->file.writer);
	return 0;
}

void
recording_port_remove(struct recording *r, uint32_t port, uint64_t now_ns)
{
	struct iface *iface = find_iface(r, port);
	size_t n_behind;

	if (iface == NULL)
		return;
	if (!r->finished) {
		recording_file_end_iface(&r->file, iface, now_ns);
		writer_publish(r->file.writer);
	}
	free(iface->name);
	n_behind = (size_t)(&r->ifaces[r->n_ifaces] - (iface + 1));
	memmove(iface, iface + 1, n_behind * sizeof(*iface));
	r->n_ifaces--;
}

/* ---- frames ---- */

/* Times that run backwards would puzzle whoever reads the file. */
static void
watch_clock(struct recording *r, uint64_t now_ns)
{
	uint64_t last_ns = r->last_ns;
	char text[64];

	r->last_ns = now_ns;
	if (r->file.pcap || last_ns <= now_ns + SET_BACK_NS)
		return;
	snprintf(text, sizeof(text), "the clock was set back by %.3f s",
		 (double)(last_ns - now_ns) / NS_PER_S);
	recording_file_mark(&r->file, now_ns, text);
}

/* Return: was there room? */
static bool
put_frame(struct recording *r, struct iface *iface,
	  const struct recording_frame *frame)
{
	uint32_t snaplen = r->file.snaplen;
	const struct pcapng_packet packet = {
		.time_ns = frame->time_ns,
		.captured_len = frame->len < snaplen ? frame->len : snaplen,
		.original_len = frame->len,
		.direction = frame->direction,
		.destination = frame->data,
		.comments = frame->comments,
		.n_comments = frame->n_comments,
		.lost = iface->lost,
	};
	const struct octets octets = {
		.data = frame->data,
		.checksum_at = frame->checksum_at,
		.checksum = { frame->checksum[0], frame->checksum[1] },
	};
	bool ok = !recording_file_is_full(&r->file, &packet) ||
		  recording_file_cut(&r->file, r->ifaces, r->n_ifaces, &packet);

	iface->received++;
	iface->accepted++;
	if (ok)
		watch_clock(r, frame->time_ns);
	return ok && recording_file_frame(&r->file, iface, &packet, &octets);
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
	if (!bpf_match(r->filter, frame->data, frame->len)) {
		if (iface != NULL)
			iface->received++;
		return false;
	}
	if (iface == NULL) { /* recording_port_add() ran out of memory */
		r->counts.dropped++;
		return false;
	}
	if (!put_frame(r, iface, frame)) {
		iface->dropped++;
		iface->lost++;
		r->counts.dropped++;
		return false;
	}
	iface->delivered++;
	iface->lost = 0;
	r->counts.frames++;
	return is_complete(r);
}

int
recording_mark(struct recording *r, uint64_t now_ns, const char *text)
{
	if (r->file.pcap)
		return -EOPNOTSUPP;
	if (r->finished || !recording_file_mark(&r->file, now_ns, text))
		return -ENOSPC;
	writer_publish(r->file.writer);
	return 0;
}

void
recording_publish(struct recording *r)
{
	writer_publish(r->file.writer);
}

/* ---- the end ---- */

void
recording_finish(struct recording *r, uint64_t now_ns)
{
	if (r->finished)
		return;
	for (size_t i = 0; i < r->n_ifaces; i++)
		recording_file_end_iface(&r->file, &r->ifaces[i], now_ns);
	r->finished = true;
	writer_finish(r->file.writer);
}

void
recording_counts(const struct recording *r, struct recording_counts *counts)
{
	*counts = r->counts;
	counts->files = r->file.number;
}

const struct writer *
recording_writer(const struct recording *r)
{
	return r->file.writer;
}

void
recording_free(struct recording *r)
{
	if (r == NULL)
		return;
	writer_free(r->file.writer);
	for (size_t i = 0; i < r->n_ifaces; i++)
		free(r->ifaces[i].name);
	free(r->ifaces);
	bpf_free(r->filter);
	free(r->file.title);
	free(r->file.comment);
	free(r);
}
