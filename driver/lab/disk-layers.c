/* disk-layers: the files that a disk lies on, looked into before QEMU opens
 * them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/disk.h"
#include "driver/lab/reader.h"
#include "driver/vm/qcow2.h"
#include "lib/err.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { LAYERS_MAX = 16 };

/* One file, as found. */
struct file {
	bool is_device;
	uint64_t size_bytes;
	size_t head_size;
	unsigned char head[QCOW2_HEAD_SIZE];
};

/* Return: 0; -errno. */
static int
look_at_fd(int fd, struct file *file)
{
	struct stat st;
	ssize_t n;
	off_t end;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTBLK;
	file->is_device = S_ISBLK(st.st_mode);
	end = lseek(fd, 0, SEEK_END); /* a device's st_size is 0 */
	if (end < 0)
		return -errno;
	file->size_bytes = (uint64_t)end;
	n = pread(fd, file->head, sizeof(file->head), 0);
	if (n < 0)
		return -errno;
	file->head_size = (size_t)n;
	return 0;
}

static int
look_at(const char *path, struct file *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret;

	if (fd < 0)
		return -errno;
	ret = look_at_fd(fd, file);
	close(fd);
	return ret;
}

/* JSON carries the path to QEMU. */
static bool
is_utf8(const char *text)
{
	while (*text != '\0') {
		size_t len = utf8_len(text, strlen(text));

		if (len == 0)
			return false;
		text += len;
	}
	return true;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Formats that look like a raw disk to us and are none. */
static const char *
foreign_format(const struct file *file)
{
	static const struct {
		const char *magic, *name;
	} formats[] = {
		{ "KDMV", "VMDK" },
		{ "# Disk DescriptorFile", "VMDK" },
		{ "conectix", "VHD" },
		{ "vhdxfile", "VHDX" },
		{ "<<< ", "VDI" },
		{ "QED", "QED" },
		{ "\x1f\x8b\x08", "gzip" },
		{ "\xfd"
		  "7zXZ",
		  "xz" },
		{ "\x28\xb5\x2f\xfd", "zstd" },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t len = strlen(formats[i].magic);

		if (file->head_size >= len &&
		    memcmp(file->head, formats[i].magic, len) == 0)
			return formats[i].name;
	}
	return NULL;
}

static bool
find_format(struct reader *r, const char *path, const struct file *file,
	    enum disk_format_asked asked, enum plan_disk_format *format)
{
	bool is_qcow2 = qcow2_is(file->head, file->head_size);
	bool by_name = asked == DISK_FORMAT_BY_NAME;
	const char *foreign = by_name ? foreign_format(file) : NULL;

	*format = PLAN_DISK_RAW;
	if (asked == DISK_FORMAT_QCOW2 ||
	    (by_name && ends_with(path, ".qcow2")))
		*format = PLAN_DISK_QCOW2;
	if (*format == PLAN_DISK_QCOW2 && !is_qcow2) {
		reader_problem(r, "'%s' is no qcow2 image", path);
		return false;
	}
	if (by_name && *format == PLAN_DISK_RAW && is_qcow2) {
		reader_problem(
		    r,
		    "'%s' begins as a qcow2 image does, but its name "
		    "does not say so: give format = \"qcow2\", or "
		    "\"raw\" if that is what a guest wrote on it",
		    path);
		return false;
	}
	if (foreign != NULL) {
		reader_problem(r,
			       "'%s' looks like a %s file, not like a disk; "
			       "convert it (qemu-img convert -O qcow2 for "
			       "images), or give format = \"raw\"",
			       path, foreign);
		return false;
	}
	return true;
}

/* A problem with @path; @above is the image that lies on it, or NULL. */
static bool
refuse(struct reader *r, const char *path, const char *above, const char *why)
{
	if (above == NULL)
		reader_problem(r, "cannot use '%s': %s", path, why);
	else
		reader_problem(r, "cannot use '%s', which '%s' lies on: %s",
			       path, above, why);
	return false;
}

/* The file below, by what the image says of it: beside the image, unless the
 * name is a whole path.  Returned owned; NULL with a problem added. */
static char *
backing_path(struct reader *r, const char *path, const struct qcow2_info *info,
	     enum disk_format_asked *format)
{
	const char *name = info->backing;
	const char *slash = strrchr(path, '/');
	const char *colon = strchr(name, ':');
	char *joined, *absolute;

	if (colon != NULL &&
	    memchr(name, '/', (size_t)(colon - name)) == NULL) {
		refuse(r, name, path, "it is not on a file");
		return NULL;
	}
	if (strcmp(info->backing_format, "raw") == 0) {
		*format = DISK_FORMAT_RAW;
	} else if (strcmp(info->backing_format, "qcow2") == 0) {
		*format = DISK_FORMAT_QCOW2;
	} else {
		reader_problem(
		    r,
		    "'%s' lies on '%s', and %s%s: say \"raw\" or \"qcow2\" "
		    "with "
		    "qemu-img rebase -u -F FORMAT -b '%s' '%s'",
		    path, name,
		    info->backing_format[0] == '\0'
			? "does not say in which format that is"
			: "says that this is of a format that is not known, ",
		    info->backing_format, name, path);
		return NULL;
	}
	joined = *name == '/'
		     ? xstrdup(name)
		     : xasprintf("%.*s/%s", (int)(slash - path), path, name);
	absolute = realpath(joined, NULL);
	if (absolute == NULL)
		refuse(r, joined, path, strerror(errno));
	free(joined);
	return absolute;
}

/* One more layer.  Return: false with a problem added; else *@below is the path
 * of the next, owned by the caller, or NULL: this was the last. */
static bool
add_layer(struct reader *r, const char *path, enum disk_format_asked *asked,
	  struct plan_disk *disk, char **below)
{
	const char *above =
	    disk->n_layers > 0 ? disk->layers[disk->n_layers - 1].path : NULL;
	struct plan_disk_layer *layer = &disk->layers[disk->n_layers];
	struct file *file = XNEW(struct file);
	struct qcow2_info info = { .backing = "" };
	struct err err = ERR_INIT;
	int ret = look_at(path, file);
	bool ok = ret == 0;

	*below = NULL;
	if (!ok)
		refuse(r, path, above, strerror(-ret));
	else if (!is_utf8(path))
		ok = refuse(r, path, above, "its name is no UTF-8");
	else
		ok = find_format(r, path, file, *asked, &layer->format);
	if (ok && layer->format == PLAN_DISK_QCOW2) {
		ok = qcow2_read(file->head, file->head_size, &info, &err) == 0;
		if (!ok)
			refuse(r, path, above, err.text);
	} else if (ok) {
		info.size_bytes = file->size_bytes;
		ok = info.size_bytes > 0 ||
		     refuse(r, path, above, "it is empty");
	}
	if (ok && info.backing[0] != '\0') {
		*below = backing_path(r, path, &info, asked);
		ok = *below != NULL;
	}
	if (ok) {
		layer->path = xstrdup(path);
		layer->is_device = file->is_device;
		if (disk->n_layers++ == 0)
			disk->size_bytes = info.size_bytes;
	}
	free(file);
	return ok;
}

bool
disk_find_layers(struct reader *r, const char *path,
		 enum disk_format_asked asked, struct plan_disk *disk)
{
	char *at = xstrdup(path);
	bool ok = true;

	disk->layers = xcalloc(LAYERS_MAX, sizeof(*disk->layers));
	while (ok && at != NULL) {
		char *below = NULL;

		if (disk->n_layers == LAYERS_MAX)
			ok = refuse(r, path, NULL,
				    "it lies on too many files, or on itself");
		else
			ok = add_layer(r, at, &asked, disk, &below);
		free(at);
		at = below;
	}
	free(at);
	return ok;
}
