#include "driver/lab/disk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/reader.h"
#include "driver/vm/qcow2.h"
#include "lib/xalloc.h"

#define NAME_LETTERS                                                           \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* The image's root disk has this one. */
static const char reserved_name[] = "vdelab-root";

static void
read_name(struct reader *r, const json_t *value, char **out)
{
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	if (*text == '\0' || strlen(text) > PLAN_DISK_NAME_MAX ||
	    strchr(NAME_LETTERS, *text) == NULL ||
	    text[strspn(text, NAME_LETTERS "._-")] != '\0')
		reader_problem(
		    r,
		    "a disk's name has letters, digits, '.', '_' and "
		    "'-', a letter or digit first, %d at most",
		    PLAN_DISK_NAME_MAX);
	else if (strcmp(text, reserved_name) == 0)
		reader_problem(r, "the image's own disk is called so; choose "
				  "another name");
	free(*out);
	*out = xstrdup(text);
}

static void
read_format(struct reader *r, const json_t *value, enum disk_format_asked *out)
{
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	if (strcmp(text, "raw") == 0)
		*out = DISK_FORMAT_RAW;
	else if (strcmp(text, "qcow2") == 0)
		*out = DISK_FORMAT_QCOW2;
	else
		reader_problem(
		    r,
		    "must be \"raw\" or \"qcow2\", not \"%s\" "
		    "(qemu-img convert -O qcow2 makes one of others)",
		    text);
}

/* "10G", also with smaller units; false: no such thing. */
static bool
parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	size_t n_digits = strspn(text, "0123456789");
	const char *unit = strchr(units, text[n_digits]);
	uint64_t number;

	if (n_digits == 0 || n_digits > 9 || text[n_digits] == '\0' ||
	    unit == NULL || text[n_digits + 1] != '\0')
		return false;
	number = strtoull(text, NULL, 10);
	for (const char *u = units; u <= unit; u++) {
		if (number > QCOW2_SIZE_MAX_BYTES)
			return false;
		number *= 1024;
	}
	*bytes = number;
	return true;
}

/* A number is of MiB, as that of `memory`. */
static void
read_size(struct reader *r, const json_t *value, uint64_t *out)
{
	const uint64_t mib = 1024 * 1024;
	int64_t number;
	uint64_t bytes = 0;

	if (json_is_string(value)) {
		if (!parse_size(json_string_value(value), &bytes) ||
		    bytes == 0 || bytes > QCOW2_SIZE_MAX_BYTES) {
			reader_problem(
			    r,
			    "'%s' is no size of a disk: write \"10G\" "
			    "(or K, M, T), or a number of MiB; at "
			    "most 64T",
			    json_string_value(value));
			return;
		}
		*out = bytes;
	} else if (reader_int(r, value, 1,
			      (int64_t)(QCOW2_SIZE_MAX_BYTES / mib), &number)) {
		*out = (uint64_t)number * mib;
	}
}

/* A disk as its table says it. */
struct disk_table {
	char *file; /* owned */
	enum disk_format_asked format;
	uint64_t size_bytes; /* 0: not said */
};

static void
read_member(struct reader *r, const char *key, const json_t *value,
	    struct disk_table *table, struct plan_disk *disk)
{
	static const char *const known[] = { "file", "format", "size", "name",
					     NULL };

	if (strcmp(key, "file") == 0)
		reader_file(r, value, &table->file);
	else if (strcmp(key, "format") == 0)
		read_format(r, value, &table->format);
	else if (strcmp(key, "size") == 0)
		read_size(r, value, &table->size_bytes);
	else if (strcmp(key, "name") == 0)
		read_name(r, value, &disk->name);
	else
		reader_unknown_key(r, key, known);
}

/* On its file, or empty. */
static bool
lay(struct reader *r, const struct disk_table *table, struct plan_disk *disk)
{
	if (table->file != NULL &&
	    !disk_find_layers(r, table->file, table->format, disk))
		return false;
	if (table->size_bytes != 0 && table->size_bytes < disk->size_bytes) {
		reader_problem(
		    r,
		    "a disk cannot be smaller than its file: that is "
		    "of %" PRIu64 " octets",
		    disk->size_bytes);
		return false;
	}
	if (table->size_bytes != 0)
		disk->size_bytes = table->size_bytes;
	disk->size_bytes = (disk->size_bytes + QCOW2_SECTOR_SIZE - 1) /
			   QCOW2_SECTOR_SIZE * QCOW2_SECTOR_SIZE;
	return true;
}

static bool
read_table(struct reader *r, const json_t *value, struct disk_table *table,
	   struct plan_disk *disk)
{
	size_t n_problems = r->problems->n;
	const char *key;
	json_t *member;

	if (!reader_table(r, value,
			  "a disk, as in { size = \"1G\" } or { file = "
			  "\"x.qcow2\" }"))
		return false;
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		read_member(r, key, member, table, disk);
		reader_leave(r);
	}
	if (r->problems->n > n_problems)
		return false;
	if (json_object_get(value, "file") == NULL &&
	    json_object_get(value, "size") == NULL)
		reader_problem(r, "a disk has a `file`, or a `size` if it is "
				  "to be an empty one");
	if (json_object_get(value, "format") != NULL &&
	    json_object_get(value, "file") == NULL)
		reader_problem(r, "`format` is that of a `file`, and there is "
				  "none");
	return true;
}

bool
disk_read(struct reader *r, const json_t *value, const char *name,
	  struct plan_disk *disk)
{
	struct disk_table table = { .file = NULL };
	size_t n_problems = r->problems->n;
	bool ok = !json_is_null(value);

	disk->name = xstrdup(name);
	if (json_is_string(value))
		reader_file(r, value, &table.file);
	else if (json_is_number(value))
		read_size(r, value, &table.size_bytes);
	else
		ok = ok && read_table(r, value, &table, disk);
	ok = ok && r->problems->n == n_problems && lay(r, &table, disk);
	free(table.file);
	return ok;
}

bool
disk_read_cdrom(struct reader *r, const json_t *value, struct plan_disk *disk)
{
	char *path = NULL;
	bool ok;

	disk->name = xstrdup("cdrom");
	ok = reader_file(r, value, &path) &&
	     disk_find_layers(r, path, DISK_FORMAT_RAW, disk);
	free(path);
	return ok;
}

void
disk_fini(struct plan_disk *disk)
{
	for (size_t i = 0; i < disk->n_layers; i++)
		free(disk->layers[i].path);
	free(disk->layers);
	free(disk->name);
}

void
disk_check_names(struct reader *r, const struct plan_node *node)
{
	for (size_t i = 0; i < node->n_disks; i++) {
		const char *name = node->disks[i].name;
		bool taken =
		    node->disk != NULL && strcmp(name, node->disk->name) == 0;

		for (size_t k = 0; k < i; k++)
			taken |= strcmp(name, node->disks[k].name) == 0;
		if (taken)
			reader_problem(r, "two disks are named '%s'", name);
	}
}
