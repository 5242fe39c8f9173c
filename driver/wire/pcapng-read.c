#include "config.h"

#include "driver/wire/pcapng-read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cursor.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	BLOCK_SHB = 0x0a0d0d0a, /* section header, 4.1; a palindrome */
	BLOCK_IDB = 1,		/* interface description, 4.2 */
	BLOCK_ISB = 5,		/* interface statistics, 4.6 */
	BLOCK_EPB = 6,		/* enhanced packet, 4.3 */
	BLOCK_JOURNAL = 9,	/* systemd journal export, 4.7: a mark */
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	BLOCK_MIN = 12, /* type, length, length again */

	LINKTYPE_ETHERNET = 1,
	OPT_END = 0,
	OPT_COMMENT = 1,
	OPT_IF_NAME = 2,
	OPT_IF_TSRESOL = 9,
	OPT_EPB_FLAGS = 2,
	OPT_EPB_DROPCOUNT = 4,
	OPT_ISB_IFDROP = 5,
	IF_NAME_MAX = 127,
};

struct interface {
	char name[IF_NAME_MAX + 1];
	bool ethernet;
	uint64_t units_per_s; /* of its time stamps */
};

/* What a reader and its clones have in common: they read at places of their
 * own, and many cost one descriptor. */
struct shared_file {
	int fd; /* owned */
	unsigned n_readers;
};

struct pcapng_reader {
	struct shared_file *file;
	uint64_t at;  /* offset of the next block */
	bool swapped; /* this section is in the other byte order */
	bool in_section;
	uint64_t n_frames;
	char comment[PCAPNG_COMMENT_MAX + 1]; /* of the last frame */
	/* Frames that could not be kept: in the sections before this one, and
	 * in this one as its packets and its statistics say.  These have all,
	 * when the section came to its end. */
	uint64_t n_lost, n_lost_packets, n_lost_statistics;
	struct interface *interfaces; /* n_interfaces of them, owned */
	uint32_t n_interfaces;
	uint8_t *window; /* PCAPNG_BLOCK_MAX bytes, owned; NULL: at rest */
	uint64_t window_at;
	size_t window_size; /* octets that have been read into it */
};

static uint16_t
order16(const struct pcapng_reader *r, uint16_t v)
{
	return r->swapped ? __builtin_bswap16(v) : v;
}

static uint32_t
order32(const struct pcapng_reader *r, uint32_t v)
{
	return r->swapped ? __builtin_bswap32(v) : v;
}

static uint32_t
get32(const struct pcapng_reader *r, struct cursor *c)
{
	return order32(r, cursor_host32(c));
}

static uint64_t
get64(const struct pcapng_reader *r, struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 8);
	uint64_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap64(v) : v;
}

struct pcapng_reader *
pcapng_open(const char *path, struct err *err)
{
	struct pcapng_reader *r;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		err_errno(err, "%s", path);
		return NULL;
	}
	r = XNEW(struct pcapng_reader);
	r->file = XNEW(struct shared_file);
	r->file->fd = fd;
	r->file->n_readers = 1;
	return r;
}

void
pcapng_close(struct pcapng_reader *r)
{
	if (r == NULL)
		return;
	if (--r->file->n_readers == 0) {
		close(r->file->fd);
		free(r->file);
	}
	free(r->interfaces);
	free(r->window);
	free(r);
}

void
pcapng_rest(struct pcapng_reader *r)
{
	free(r->window);
	r->window = NULL;
	r->window_size = 0;
}

struct pcapng_reader *
pcapng_clone(const struct pcapng_reader *r)
{
	struct pcapng_reader *clone = XNEW(struct pcapng_reader);

	*clone = *r;
	clone->file->n_readers++;
	clone->window = NULL;
	clone->window_size = 0;
	clone->interfaces =
	    xcalloc(r->n_interfaces + 1, sizeof(*clone->interfaces));
	if (r->n_interfaces > 0)
		memcpy(clone->interfaces, r->interfaces,
		       r->n_interfaces * sizeof(*r->interfaces));
	return clone;
}

uint64_t
pcapng_at(const struct pcapng_reader *r)
{
	return r->at;
}

static int
damaged(const struct pcapng_reader *r, struct err *err, const char *what)
{
	return err_set(err, -EBADMSG, "damaged pcapng at byte %llu: %s",
		       (unsigned long long)r->at, what);
}

/* The next option of @c.  Return: false at the end of the options. */
static bool
next_option(const struct pcapng_reader *r, struct cursor *c, uint16_t *code,
	    struct cursor *value)
{
	uint16_t size;
	const uint8_t *p;

	*code = order16(r, cursor_host16(c));
	size = order16(r, cursor_host16(c));
	p = cursor_bytes(c, size);
	if (!cursor_ok(c) || *code == OPT_END)
		return false;
	*value = cursor_over(p, size);
	if (size % 4 != 0)
		cursor_skip(c, 4 - size % 4);
	return true;
}

/* if_tsresol, 4.2: a negative power of 10, or of 2 with the high bit set. */
static uint64_t
units_per_s(uint8_t tsresol)
{
	unsigned power = tsresol & 0x7f;
	uint64_t units = 1;

	if (tsresol & 0x80)
		return power < 64 ? UINT64_C(1) << power : 0;
	if (power > 19)
		return 0;
	while (power-- > 0)
		units *= 10;
	return units;
}

static int
read_interface(struct pcapng_reader *r, struct cursor c, struct err *err)
{
	struct interface interface = { .units_per_s = 1000000 };
	struct cursor value;
	uint16_t code;

	if (r->n_interfaces == PCAPNG_INTERFACES_MAX)
		return damaged(r, err, "too many interfaces");
	interface.ethernet = order16(r, cursor_host16(&c)) == LINKTYPE_ETHERNET;
	cursor_skip(&c, 2 + 4); /* reserved, snap length */
	if (!cursor_ok(&c))
		return damaged(r, err, "short interface description");
	while (next_option(r, &c, &code, &value)) {
		if (code == OPT_IF_NAME) {
			size_t n =
			    value.left < IF_NAME_MAX ? value.left : IF_NAME_MAX;

			memcpy(interface.name, value.at, n);
			interface.name[n] = '\0';
		} else if (code == OPT_IF_TSRESOL) {
			interface.units_per_s = units_per_s(cursor_u8(&value));
		}
	}
	if (interface.units_per_s == 0)
		return damaged(r, err, "impossible time stamp resolution");
	r->interfaces = xrealloc(r->interfaces, r->n_interfaces + 1,
				 sizeof(*r->interfaces));
	r->interfaces[r->n_interfaces++] = interface;
	return 0;
}

static uint64_t
to_ns(uint64_t stamp, uint64_t units)
{
	return stamp / units * UINT64_C(1000000000) +
	       (uint64_t)((unsigned __int128)(stamp % units) * 1000000000 /
			  units);
}

static void
add_comment(struct pcapng_reader *r, struct cursor value)
{
	size_t len = strlen(r->comment);
	size_t room = PCAPNG_COMMENT_MAX - len;

	snprintf(r->comment + len, room + 1, "%s%.*s", len > 0 ? "; " : "",
		 (int)(value.left < room ? value.left : room),
		 (const char *)value.at);
}

bool
pcapng_is_dropped(const struct pcapng_frame *frame)
{
	static const char words[] = "dropped by ";
	const char *found = strstr(frame->comment, words);

	return found != NULL &&
	       (found == frame->comment ||
		(found - frame->comment >= 2 && found[-2] == ';'));
}

/* Return: 1, or 0 for a packet of an interface that is not Ethernet. */
static int
read_packet(struct pcapng_reader *r, struct cursor c,
	    struct pcapng_frame *frame, struct err *err)
{
	const struct interface *interface;
	struct cursor value;
	uint32_t id = get32(r, &c);
	uint64_t stamp = (uint64_t)get32(r, &c) << 32;
	uint16_t code;

	stamp |= get32(r, &c);
	frame->captured_len = get32(r, &c);
	frame->len = get32(r, &c);
	frame->data = cursor_bytes(&c, frame->captured_len);
	if (!cursor_ok(&c))
		return damaged(r, err, "packet longer than its block");
	if (id >= r->n_interfaces)
		return damaged(r, err, "packet of an unknown interface");
	cursor_skip(&c, -frame->captured_len % 4);
	interface = &r->interfaces[id];
	frame->number = ++r->n_frames;
	frame->port = interface->name;
	frame->time_ns = to_ns(stamp, interface->units_per_s);
	frame->direction = PCAPNG_DIRECTION_UNKNOWN;
	frame->comment = r->comment;
	r->comment[0] = '\0';
	while (next_option(r, &c, &code, &value))
		if (code == OPT_COMMENT)
			add_comment(r, value);
		else if (code == OPT_EPB_FLAGS)
			frame->direction = get32(r, &value) & 3;
		else if (code == OPT_EPB_DROPCOUNT)
			r->n_lost_packets += get64(r, &value);
	if (frame->direction > PCAPNG_OUTBOUND)
		frame->direction = PCAPNG_DIRECTION_UNKNOWN;
	return interface->ethernet;
}

static void
read_statistics(struct pcapng_reader *r, struct cursor c)
{
	struct cursor value;
	uint16_t code;

	cursor_skip(&c, 4 + 8); /* interface, time stamp */
	while (next_option(r, &c, &code, &value))
		if (code == OPT_ISB_IFDROP)
			r->n_lost_statistics += get64(r, &value);
}

uint64_t
pcapng_n_lost(const struct pcapng_reader *r)
{
	return r->n_lost + (r->n_lost_statistics > r->n_lost_packets
				? r->n_lost_statistics
				: r->n_lost_packets);
}

/* Octets of the file, which borrow the window.  Return: 1; 0 when the file ends
 * before. */
static int
read_at(struct pcapng_reader *r, uint64_t offset, size_t size,
	const uint8_t **data, struct err *err)
{
	ssize_t n;

	if (r->window == NULL)
		r->window = xcalloc(1, PCAPNG_BLOCK_MAX);
	if (offset < r->window_at ||
	    offset + size > r->window_at + r->window_size) {
		r->window_size = 0;
		n = pread(r->file->fd, r->window, PCAPNG_BLOCK_MAX,
			  (off_t)offset);
		if (n < 0)
			return err_errno(err, "reading the capture");
		r->window_at = offset;
		r->window_size = (size_t)n;
	}
	*data = r->window + (offset - r->window_at);
	return offset + size <= r->window_at + r->window_size;
}

/* A section header sets the byte order of all that follows, its own length
 * included. */
static int
begin_section(struct pcapng_reader *r, struct err *err)
{
	struct cursor c;
	uint32_t magic;
	const uint8_t *data;
	int ret = read_at(r, r->at, BLOCK_MIN, &data, err);

	if (ret <= 0)
		return ret;
	c = cursor_over(data, BLOCK_MIN);
	cursor_skip(&c, 8);
	magic = cursor_host32(&c);
	if (magic != BYTE_ORDER_MAGIC &&
	    __builtin_bswap32(magic) != BYTE_ORDER_MAGIC)
		return damaged(r, err, "no byte-order magic");
	r->swapped = magic != BYTE_ORDER_MAGIC;
	r->in_section = true;
	r->n_interfaces = 0;
	r->n_lost = pcapng_n_lost(r);
	r->n_lost_packets = r->n_lost_statistics = 0;
	return 1;
}

/* Reads the block at r->at whole.  Return: 1 with @type and @body set; 0 when
 * it is not complete; negative when damaged. */
static int
read_block(struct pcapng_reader *r, uint32_t *type, struct cursor *body,
	   uint32_t *size, struct err *err)
{
	struct cursor c;
	const uint8_t *data;
	int ret = read_at(r, r->at, 8, &data, err);

	if (ret <= 0)
		return ret;
	c = cursor_over(data, 8);
	*type = cursor_host32(&c);
	if (*type == BLOCK_SHB) {
		ret = begin_section(r, err);
		if (ret <= 0)
			return ret;
		(void)read_at(r, r->at, 8, &data, err); /* as before */
	} else if (!r->in_section) {
		return damaged(r, err, "no section header");
	}
	c = cursor_over(data, 8);
	*type = get32(r, &c);
	*size = get32(r, &c);
	if (*size < BLOCK_MIN || *size % 4 != 0 || *size > PCAPNG_BLOCK_MAX)
		return damaged(r, err, "impossible block length");
	ret = read_at(r, r->at, *size, &data, err);
	if (ret <= 0)
		return ret;
	c = cursor_over(data + *size - 4, 4);
	if (get32(r, &c) != *size)
		return damaged(r, err, "block lengths differ");
	*body = cursor_over(data + 8, *size - BLOCK_MIN);
	return 1;
}

int
pcapng_next(struct pcapng_reader *r, struct pcapng_frame *frame,
	    struct err *err)
{
	struct cursor body;
	uint32_t type = 0, size = 0;
	int ret;

	while ((ret = read_block(r, &type, &body, &size, err)) > 0) {
		int found = 0;

		if (type == BLOCK_IDB)
			found = read_interface(r, body, err);
		else if (type == BLOCK_EPB)
			found = read_packet(r, body, frame, err);
		else if (type == BLOCK_ISB)
			read_statistics(r, body);
		else if (type == BLOCK_JOURNAL)
			r->n_frames++; /* Wireshark counts these, too */
		if (found < 0)
			return found;
		r->at += size;
		if (found > 0)
			return 1;
	}
	r->window_size = 0; /* what is there may have changed by then */
	return ret;
}

int
pcapng_whole_size(const char *path, uint64_t *size, struct err *err)
{
	struct pcapng_reader *r = pcapng_open(path, err);
	struct pcapng_frame frame;
	int ret;

	if (r == NULL)
		return err != NULL ? err->code : -EIO;
	while ((ret = pcapng_next(r, &frame, err)) > 0)
		;
	*size = r->at;
	pcapng_close(r);
	return ret;
}
