#include "plugins/capture/recording-file.h"

#include "plugins/capture/names.h"
#include "plugins/capture/pcap-file.h"

static void
put(struct recording_file *f, const void *data, size_t size)
{
	writer_put(f->writer, data, size);
	f->bytes += size;
}

/* Is there room for @size octets, and for the statistics of @n_more further
 * interfaces than are described now? */
static bool
has_room(const struct recording_file *f, size_t size, size_t n_more)
{
	return writer_room(f->writer) >=
	       size + (f->n_owed + n_more) * PCAPNG_ISB_SIZE;
}

static size_t
packet_size(const struct recording_file *f, const struct pcapng_packet *packet)
{
	return f->pcap ? PCAP_FILE_RECORD_SIZE + packet->captured_len
		       : pcapng_epb_size(packet);
}

/* ---- what comes before frames ---- */

void
recording_file_begin(struct recording_file *f, uint64_t now_ns)
{
	const struct pcapng_section section = { .application = "vdelab",
						.comment = f->comment };
	uint8_t block[PCAPNG_SHB_MAX];
	size_t size = PCAP_FILE_HEADER_SIZE;

	f->number++;
	f->begin_ns = now_ns;
	f->bytes = 0;
	f->frames = 0;
	f->n_owed = 0;
	f->next_iface = 0;
	f->names_known = 0;
	f->n_names = 0;
	if (f->pcap)
		pcap_file_header(block, f->snaplen);
	else
		size = pcapng_shb(block, &section);
	put(f, block, size);
}

static size_t
make_idb(const struct recording_file *f, uint8_t block[PCAPNG_IDB_MAX],
	 const char *name, const char *description)
{
	const struct pcapng_interface interface = {
		.name = name,
		.description = description,
		.filter = f->filter,
		.snaplen = f->snaplen,
	};

	return pcapng_idb(block, &interface);
}

bool
recording_file_describe(struct recording_file *f, struct iface *iface)
{
	uint8_t block[PCAPNG_IDB_MAX];
	size_t size;

	if (f->pcap || iface->number != IFACE_UNDESCRIBED)
		return true;
	size = make_idb(f, block, iface->name, f->title);
	if (!has_room(f, size, 1))
		return false;
	put(f, block, size);
	iface->number = f->next_iface++;
	f->n_owed++;
	return true;
}

/* May @size octets of names still go into the file?  Half of one is for
 * frames. */
static bool
has_name_room(const struct recording_file *f, size_t size)
{
	return f->limits.bytes == 0 || f->bytes + size <= f->limits.bytes / 2;
}

/* Names that the file does not have yet, as long as there is room for them and
 * @reserved octets more; the rest come with a later frame.  They follow an
 * interface: the first block of a file tells Wireshark's tools what it holds.
 */
static void
put_names(struct recording_file *f, size_t reserved)
{
	uint8_t block[PCAPNG_NRB_MAX];
	const struct pcapng_name *list;
	size_t n;

	if (f->names_known != names_generation(f->names)) {
		f->names_known = names_generation(f->names);
		f->n_names = 0;
	}
	list = names_list(f->names, &n);
	while (f->n_names < n) {
		size_t n_now = n - f->n_names < PCAPNG_NAMES_MAX
				   ? n - f->n_names
				   : PCAPNG_NAMES_MAX;
		size_t size = pcapng_nrb(block, &list[f->n_names], n_now);

		if (!has_room(f, size + reserved, 0) || !has_name_room(f, size))
			return;
		put(f, block, size);
		f->n_names += n_now;
	}
}

/* ---- frames and marks ---- */

/* The first @len of them. */
static void
put_octets(struct recording_file *f, const struct octets *octets, uint32_t len)
{
	uint32_t at = octets->checksum_at, n;

	if (at == 0 || at >= len) {
		put(f, octets->data, len);
		return;
	}
	n = len - at < sizeof(octets->checksum)
		? len - at
		: (uint32_t)sizeof(octets->checksum);
	put(f, octets->data, at);
	put(f, octets->checksum, n);
	put(f, octets->data + at + n, len - at - n);
}

static void
put_packet(struct recording_file *f, const struct pcapng_packet *packet,
	   const struct octets *octets)
{
	uint8_t head[PCAPNG_EPB_HEAD_SIZE], tail[PCAPNG_EPB_TAIL_MAX];

	pcapng_epb_head(head, packet);
	put(f, head, sizeof(head));
	put_octets(f, octets, packet->captured_len);
	put(f, tail, pcapng_epb_tail(tail, packet));
}

static void
put_record(struct recording_file *f, const struct pcapng_packet *packet,
	   const struct octets *octets)
{
	uint8_t head[PCAP_FILE_RECORD_SIZE];

	pcap_file_record(head, packet);
	put(f, head, sizeof(head));
	put_octets(f, octets, packet->captured_len);
}

bool
recording_file_frame(struct recording_file *f, struct iface *iface,
		     const struct pcapng_packet *packet,
		     const struct octets *octets)
{
	struct pcapng_packet numbered = *packet;
	size_t size = packet_size(f, packet);

	if (!recording_file_describe(f, iface) || !has_room(f, size, 0))
		return false;
	if (!f->pcap)
		put_names(f, size);
	numbered.interface = iface->number;
	if (f->pcap)
		put_record(f, &numbered, octets);
	else
		put_packet(f, &numbered, octets);
	f->frames++;
	return true;
}

bool
recording_file_mark(struct recording_file *f, uint64_t now_ns, const char *text)
{
	uint8_t mark[PCAPNG_MARK_BLOCK_MAX], idb[PCAPNG_IDB_MAX];
	size_t size = pcapng_mark(mark, now_ns, text), idb_size = 0;

	/* No port has come yet: the whole stands in for one. */
	if (f->next_iface == 0)
		idb_size = make_idb(f, idb, f->title, NULL);
	if (!has_room(f, idb_size + size, 0))
		return false;
	if (idb_size > 0) {
		put(f, idb, idb_size);
		f->next_iface++;
	}
	put(f, mark, size);
	return true;
}

/* ---- the end ---- */

void
recording_file_end_iface(struct recording_file *f, struct iface *iface,
			 uint64_t now_ns)
{
	uint8_t block[PCAPNG_ISB_SIZE];
	const struct pcapng_stats stats = {
		.interface = iface->number,
		.time_ns = now_ns,
		.start_ns = f->begin_ns,
		.end_ns = now_ns,
		.received = iface->received,
		.accepted = iface->accepted,
		.dropped = iface->dropped,
		.delivered = iface->delivered,
	};

	if (iface->number == IFACE_UNDESCRIBED)
		return;
	pcapng_isb(block, &stats);
	put(f, block, sizeof(block));
	iface->number = IFACE_UNDESCRIBED;
	f->n_owed--;
}

bool
recording_file_is_full(const struct recording_file *f,
		       const struct pcapng_packet *packet)
{
	const struct limits *limits = &f->limits;

	/* A frame a file at least, or there would be no end of files. */
	if (f->frames == 0)
		return false;
	if (limits->frames > 0 && f->frames >= limits->frames)
		return true;
	if (limits->ns > 0 && packet->time_ns - f->begin_ns >= limits->ns &&
	    packet->time_ns >= f->begin_ns)
		return true;
	/* It may need to describe its interface. */
	return limits->bytes > 0 && f->bytes + packet_size(f, packet) +
					    PCAPNG_IDB_MAX +
					    (f->n_owed + 1) * PCAPNG_ISB_SIZE >
					limits->bytes;
}

bool
recording_file_cut(struct recording_file *f, struct iface *ifaces,
		   size_t n_ifaces, const struct pcapng_packet *packet)
{
	size_t begin_size = PCAPNG_SHB_MAX + PCAPNG_IDB_MAX + PCAPNG_ISB_SIZE;

	if (!has_room(f, begin_size + packet_size(f, packet), 0) ||
	    !writer_can_cut(f->writer))
		return false;
	for (size_t i = 0; i < n_ifaces; i++) {
		struct iface *iface = &ifaces[i];

		recording_file_end_iface(f, iface, packet->time_ns);
		iface->received = iface->accepted = 0;
		iface->dropped = iface->delivered = 0;
	}
	writer_cut(f->writer);
	recording_file_begin(f, packet->time_ns);
	return true;
}
