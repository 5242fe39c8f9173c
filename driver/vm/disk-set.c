#include "config.h"

#include "driver/vm/disk-set.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/lab/plan.h"
#include "driver/vm/qcow2.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* What firmware tries to boot, the smallest first. */
enum { BOOT_DISK = 1, BOOT_DISKS = 10, BOOT_CDROM = 100 };

static const char node_prefix[] = "disk-";

struct kept {
	const struct plan_disk *disk; /* borrowed */
	int fd;			      /* owned */
};

struct disk_set {
	size_t n;
	struct kept items[1 + PLAN_DISKS_MAX];
};

/* ---- the files ---- */

const char *
disk_set_directory(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir == '/' ? dir : "/var/tmp";
}

/* Return: a descriptor, owned by the caller; -errno. */
static int
nameless_file(const char *dir)
{
	char path[PATH_MAX];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Not every file system has those. */
	if (fd >= 0 ||
	    (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd >= 0 ? fd : -errno;
	if (snprintf(path, sizeof(path), "%s/vdelab-disk.XXXXXX", dir) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int
make_file(struct kept *kept, struct err *err)
{
	const struct plan_disk *disk = kept->disk;
	const char *dir = disk_set_directory();
	int ret;

	kept->fd = nameless_file(dir);
	ret = kept->fd < 0 ? kept->fd : 0;
	if (ret == 0 && disk->n_layers > 0)
		ret = qcow2_create(kept->fd, disk->size_bytes);
	else if (ret == 0 && ftruncate(kept->fd, (off_t)disk->size_bytes) < 0)
		ret = -errno;
	if (ret == 0)
		return 0;
	return err_set(err, ret,
		       "cannot make the disk '%s' in %s: %s; TMPDIR can name "
		       "another directory",
		       disk->name, dir, strerror(-ret));
}

struct disk_set *
disk_set_new(const struct plan_node *node, struct err *err)
{
	struct disk_set *set = XNEW(struct disk_set);
	size_t n = (node->disk != NULL) + node->n_disks;

	for (size_t i = 0; i < n; i++) {
		struct kept *kept = &set->items[set->n++];

		kept->disk = node->disk == NULL ? &node->disks[i]
			     : i == 0		? node->disk
						: &node->disks[i - 1];
		if (make_file(kept, err) < 0) {
			disk_set_free(set);
			return NULL;
		}
	}
	return set;
}

void
disk_set_free(struct disk_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n; i++)
		if (set->items[i].fd >= 0)
			close(set->items[i].fd);
	free(set);
}

size_t
disk_set_fds(const struct disk_set *set, int *fds)
{
	size_t n = set != NULL ? set->n : 0;

	for (size_t i = 0; i < n; i++)
		fds[i] = set->items[i].fd;
	return n;
}

/* ---- arguments ---- */

struct words {
	char **items;
	size_t n;
};

/* An option and its argument, taken. */
static void
add(struct words *words, const char *option, char *argument)
{
	words->items = xrealloc(words->items, words->n + 3, sizeof(char *));
	words->items[words->n++] = xstrdup(option);
	words->items[words->n++] = argument;
	words->items[words->n] = NULL;
}

/* @node: taken */
static void
add_blockdev(struct words *words, json_t *node)
{
	char *text = json_dumps(node, JSON_COMPACT);

	if (text == NULL)
		abort(); /* out of memory, as in lib/xalloc */
	add(words, "-blockdev", text);
	json_decref(node);
}

static const char *
format_driver(enum plan_disk_format format)
{
	return format == PLAN_DISK_QCOW2 ? "qcow2" : "raw";
}

/* The file of a layer, read only, on @below: another's block node or NULL. */
static void
add_layer(struct words *words, const struct plan_disk_layer *layer,
	  const char *node_name, const char *below)
{
	json_t *file = json_pack("{s:s, s:s, s:b}", "driver",
				 layer->is_device ? "host_device" : "file",
				 "filename", layer->path, "read-only", 1);
	json_t *node = json_pack("{s:s, s:s, s:b, s:o}", "node-name", node_name,
				 "driver", format_driver(layer->format),
				 "read-only", 1, "file", file);

	/* What an image says of what it lies on is not followed. */
	if (layer->format == PLAN_DISK_QCOW2)
		json_object_set_new(node, "backing",
				    below != NULL ? json_string(below)
						  : json_null());
	add_blockdev(words, node);
}

/* What a guest has written is lost with the run: nobody waits for a disk of the
 * host. */
static void
add_top(struct words *words, const struct kept *kept, const char *node_name,
	const char *below)
{
	char *path = xasprintf("/dev/fdset/%d", kept->fd);
	json_t *node = json_pack(
	    "{s:s, s:s, s:s, s:{s:b}, s:{s:s, s:s, s:s}}", "node-name",
	    node_name, "driver", below != NULL ? "qcow2" : "raw", "discard",
	    "unmap", "cache", "no-flush", 1, "file", "driver", "file",
	    "filename", path, "locking", "off");

	if (below != NULL)
		json_object_set_new(node, "backing", json_string(below));
	add(words, "-add-fd", xasprintf("fd=%d,set=%d", kept->fd, kept->fd));
	add_blockdev(words, node);
	free(path);
}

/* Errors are the guest's, and told to us. */
static void
add_disk(struct words *words, const struct kept *kept, int boot_index)
{
	const struct plan_disk *disk = kept->disk;
	char *below = NULL;
	char *name = xasprintf("%s%s", node_prefix, disk->name);

	for (size_t i = disk->n_layers; i-- > 0;) {
		char *layer = xasprintf("%s-l%zu", name, i);

		add_layer(words, &disk->layers[i], layer, below);
		free(below);
		below = layer;
	}
	add_top(words, kept, name, below);
	add(words, "-device",
	    xasprintf("virtio-blk-pci,id=%s-dev,drive=%s,serial=%s,"
		      "werror=report,rerror=report,bootindex=%d",
		      name, name, disk->name, boot_index));
	free(below);
	free(name);
}

/* The image's kernel is one for clouds and knows SCSI of virtio; what boots by
 * itself knows what a PC has, if it is one. */
static void
add_cdrom(struct words *words, const struct plan_node *node)
{
	bool scsi = plan_boots_image(node) || node->arch != PLAN_ARCH_X86_64;

	add_layer(words, &node->cdrom->layers[0], "cdrom", NULL);
	if (scsi)
		add(words, "-device", xstrdup("virtio-scsi-pci"));
	add(words, "-device",
	    xasprintf("%s,id=cdrom-dev,drive=cdrom,bootindex=%d",
		      scsi ? "scsi-cd" : "ide-cd", BOOT_CDROM));
}

char **
disk_set_args(const struct disk_set *set, const struct plan_node *node)
{
	struct words words = { .items = xcalloc(1, sizeof(char *)) };
	int boot_index = BOOT_DISKS;

	for (size_t i = 0; set != NULL && i < set->n; i++) {
		bool first = set->items[i].disk == node->disk;

		add_disk(&words, &set->items[i],
			 first ? BOOT_DISK : boot_index++);
	}
	if (node->cdrom != NULL)
		add_cdrom(&words, node);
	return words.items;
}

const char *
disk_set_name_of(const char *node_name)
{
	size_t len = strlen(node_prefix);

	return strncmp(node_name, node_prefix, len) == 0 ? node_name + len
							 : NULL;
}
