#include "config.h"

#include "driver/vm/qcow2.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/cursor.h"
#include "lib/err.h"

enum {
	MAGIC = 0x514649fb, /* "QFI\xfb" */
	VERSION_2_SIZE = 72,
	VERSION_3_SIZE = 104,
	CLUSTER_BITS_MIN = 9,
	CLUSTER_BITS_MAX = 21,
	EXTENSION_END = 0,
	/* Of the features that a reader must know, those that do not matter to
	 * us: dirty, compression type, extended L2 entries. */
	INCOMPATIBLE_CORRUPT = 1 << 1,
	INCOMPATIBLE_DATA_FILE = 1 << 2,

	/* Of the images that we make. */
	CLUSTER_BITS = 16,
	CLUSTER_SIZE = 1 << CLUSTER_BITS,
	REFCOUNT_ORDER = 4, /* of 16 bits */
	/* One cluster each, in this order, then the table of tables (L1). */
	REFCOUNT_TABLE_AT = 1 * CLUSTER_SIZE,
	REFCOUNT_BLOCK_AT = 2 * CLUSTER_SIZE,
	L1_AT = 3 * CLUSTER_SIZE,
};

#define EXTENSION_BACKING_FORMAT UINT32_C(0xe2792aca)

static uint64_t
read_be64(struct cursor *c)
{
	uint64_t high = cursor_be32(c);

	return high << 32 | cursor_be32(c);
}

bool
qcow2_is(const void *head, size_t size)
{
	struct cursor c = cursor_over(head, size);

	return cursor_be32(&c) == (uint32_t)MAGIC && cursor_ok(&c);
}

/* What the fixed part says; the rest is looked for from where that tells. */
struct header {
	uint32_t version;
	uint64_t backing_at;
	uint32_t backing_len;
	uint32_t cluster_bits;
	uint32_t encryption;
	uint64_t incompatible;
	uint32_t size; /* of the fixed part */
};

static bool
read_fixed(struct cursor *c, struct header *h, uint64_t *size_bytes)
{
	cursor_skip(c, 4); /* magic */
	h->version = cursor_be32(c);
	h->backing_at = read_be64(c);
	h->backing_len = cursor_be32(c);
	h->cluster_bits = cursor_be32(c);
	*size_bytes = read_be64(c);
	h->encryption = cursor_be32(c);
	cursor_skip(c, 36); /* tables and snapshots */
	h->incompatible = 0;
	h->size = VERSION_2_SIZE;
	if (h->version == 3) {
		h->incompatible = read_be64(c);
		cursor_skip(c, 20); /* other features, width of refcounts */
		h->size = cursor_be32(c);
	}
	return cursor_ok(c);
}

static int
check_fixed(const struct header *h, uint64_t size_bytes, struct err *err)
{
	if (h->version != 2 && h->version != 3)
		return err_set(err, -ENOTSUP,
			       "it is a qcow2 image of version %u; known are 2 "
			       "and 3",
			       h->version);
	if (h->cluster_bits < CLUSTER_BITS_MIN ||
	    h->cluster_bits > CLUSTER_BITS_MAX ||
	    (h->version == 3 && h->size < VERSION_3_SIZE))
		return err_set(err, -EINVAL,
			       "the header of the qcow2 image is damaged");
	if (h->encryption != 0)
		return err_set(err, -ENOTSUP, "the qcow2 image is encrypted");
	if (h->incompatible & INCOMPATIBLE_CORRUPT)
		return err_set(
		    err, -EINVAL,
		    "the qcow2 image is marked as corrupt; repair it "
		    "with qemu-img check -r all");
	if (h->incompatible & INCOMPATIBLE_DATA_FILE)
		return err_set(err, -ENOTSUP,
			       "the qcow2 image has its data in another file; "
			       "join them with qemu-img convert");
	if (size_bytes == 0 || size_bytes > QCOW2_SIZE_MAX_BYTES)
		return err_set(err, -EINVAL,
			       "the qcow2 image is of a disk of %llu octets",
			       (unsigned long long)size_bytes);
	return 0;
}

/* A text of the image, without NUL inside. */
static bool
copy_text(struct cursor *c, size_t len, char *out, size_t out_size)
{
	const uint8_t *text = cursor_bytes(c, len);

	if (text == NULL || len >= out_size || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* They stand between the fixed part and the name of the backing file. */
static bool
read_extensions(struct cursor *c, struct qcow2_info *info)
{
	for (;;) {
		uint32_t type = cursor_be32(c);
		uint32_t len = cursor_be32(c);

		if (!cursor_ok(c))
			return false;
		if (type == EXTENSION_END)
			return true;
		if (len > c->left)
			return false;
		if (type == EXTENSION_BACKING_FORMAT &&
		    !copy_text(&(struct cursor){ .at = c->at, .left = len },
			       len, info->backing_format,
			       sizeof(info->backing_format)))
			return false;
		cursor_skip(c, ((size_t)len + 7) & ~(size_t)7);
	}
}

int
qcow2_read(const void *head, size_t size, struct qcow2_info *info,
	   struct err *err)
{
	struct cursor c = cursor_over(head, size);
	struct header h;
	bool whole;
	int ret;

	*info = (struct qcow2_info){ .backing = "" };
	if (!qcow2_is(head, size))
		return err_set(err, -EINVAL, "it is no qcow2 image");
	whole = read_fixed(&c, &h, &info->size_bytes);
	if (whole) {
		ret = check_fixed(&h, info->size_bytes, err);
		if (ret < 0)
			return ret;
	}
	if (whole && h.backing_at != 0) {
		c = cursor_over(head,
				h.backing_at < size ? h.backing_at : size);
		cursor_skip(&c, h.size);
		whole = read_extensions(&c, info);
		c = cursor_over(head, size);
		cursor_skip(&c, h.backing_at < size ? h.backing_at : size);
		whole = whole && h.backing_len > 0 &&
			copy_text(&c, h.backing_len, info->backing,
				  sizeof(info->backing));
	}
	if (!whole)
		return err_set(err, -EINVAL,
			       "the header of the qcow2 image is damaged");
	return 0;
}

/* ---- writing ---- */

static uint8_t *
put_be32(uint8_t *p, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*p++ = (uint8_t)(value >> shift);
	return p;
}

static uint8_t *
put_be64(uint8_t *p, uint64_t value)
{
	return put_be32(put_be32(p, (uint32_t)(value >> 32)), (uint32_t)value);
}

/* An entry of L1 is of a table of CLUSTER_SIZE / 8 clusters. */
static uint32_t
l1_entries(uint64_t size_bytes)
{
	uint64_t each = (uint64_t)CLUSTER_SIZE * (CLUSTER_SIZE / 8);

	return (uint32_t)((size_bytes + each - 1) / each);
}

static int
write_at(int fd, const void *data, size_t size, off_t at)
{
	ssize_t n = pwrite(fd, data, size, at);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -ENOSPC;
}

int
qcow2_create(int fd, uint64_t size_bytes)
{
	uint32_t l1_len = l1_entries(size_bytes);
	uint32_t n_l1_clusters = (l1_len * 8 + CLUSTER_SIZE - 1) / CLUSTER_SIZE;
	uint32_t n_clusters = L1_AT / CLUSTER_SIZE + n_l1_clusters;
	uint8_t header[VERSION_3_SIZE + 8] = { 0 }, table[8], counts[64 * 2];
	uint8_t *p = put_be32(header, (uint32_t)MAGIC);
	int ret;

	p = put_be32(p, 3);
	p = put_be64(p, 0); /* no backing file that it would name */
	p = put_be32(p, 0);
	p = put_be32(p, CLUSTER_BITS);
	p = put_be64(p, size_bytes);
	p = put_be32(p, 0); /* not encrypted */
	p = put_be32(p, l1_len);
	p = put_be64(p, L1_AT);
	p = put_be64(p, REFCOUNT_TABLE_AT);
	p = put_be32(p, 1); /* cluster of it */
	p = put_be32(p, 0); /* no snapshots */
	p = put_be64(p, 0);
	p += 3 * 8; /* no features */
	p = put_be32(p, REFCOUNT_ORDER);
	put_be32(p, VERSION_3_SIZE);
	put_be64(table, REFCOUNT_BLOCK_AT);
	/* Every cluster so far is used once. */
	memset(counts, 0, sizeof(counts));
	for (uint32_t i = 0; i < n_clusters; i++)
		counts[2 * i + 1] = 1;
	if (ftruncate(fd, (off_t)n_clusters * CLUSTER_SIZE) < 0)
		return -errno;
	ret = write_at(fd, header, sizeof(header), 0);
	if (ret == 0)
		ret = write_at(fd, table, sizeof(table), REFCOUNT_TABLE_AT);
	if (ret == 0)
		ret = write_at(fd, counts, sizeof(counts), REFCOUNT_BLOCK_AT);
	return ret;
}
