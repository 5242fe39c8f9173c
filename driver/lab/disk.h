/* disk: `disk`, an element of `disks`, and `cdrom` of a node. */
#ifndef DRIVER_LAB_DISK_H
#define DRIVER_LAB_DISK_H

#include <jansson.h>
#include <stdbool.h>

#include "driver/lab/plan.h"

struct reader;

/**
 * disk_read() - a path, a number of MiB, or a table of these
 * @name: of a disk that is given none
 * @disk: zeroed; disk_fini() is safe whatever happens
 *
 * Return: false with a problem added.
 */
bool disk_read(struct reader *r, const json_t *value, const char *name,
	       struct plan_disk *disk);
/** disk_read_cdrom() - a path; @disk is of one layer then */
bool disk_read_cdrom(struct reader *r, const json_t *value,
		     struct plan_disk *disk);
void disk_fini(struct plan_disk *disk);

/** disk_check_names() - a problem for those of @node that are called alike */
void disk_check_names(struct reader *r, const struct plan_node *node);

/* What is said of a disk's file before it has been looked into. */
enum disk_format_asked {
	DISK_FORMAT_BY_NAME,
	DISK_FORMAT_RAW,
	DISK_FORMAT_QCOW2,
};

/**
 * disk_find_layers() - what @path lies on, down to the last file, into
 * @disk->layers; and @disk->size_bytes
 *
 * A file's format is what somebody says: the test, the file's name, or the
 * image that lies on it.  It is never guessed from the content alone, which a
 * guest may have written.
 *
 * Return: false with a problem added.
 */
bool disk_find_layers(struct reader *r, const char *path,
		      enum disk_format_asked asked, struct plan_disk *disk);

#endif /* DRIVER_LAB_DISK_H */
