/*
 * disk-set: what the disks of one machine are kept in while a run lasts.
 *
 * A disk that lies on a file gets a qcow2 overlay of its own, an empty one a
 * sparse file.  Both are files without a name below $TMPDIR, else /var/tmp,
 * which QEMU gets as descriptors: they are there, with what the guest wrote,
 * each time that the machine is started again, and are gone with us, however we
 * end.  The files that disks lie on are opened for reading only.
 */
#ifndef DRIVER_VM_DISK_SET_H
#define DRIVER_VM_DISK_SET_H

#include <stddef.h>

struct disk_set;
struct err;
struct plan_node;

/** disk_set_directory() - where the files without a name are; borrowed from the
 * environment */
const char *disk_set_directory(void);

/** disk_set_new() - the disks of @node, borrowed, as they are before anything
 * has been written; Return: owned by the caller; NULL with @err set */
struct disk_set *disk_set_new(const struct plan_node *node, struct err *err);
/** disk_set_free() - with what was written; NULL is a no-op */
void disk_set_free(struct disk_set *set);

/** disk_set_fds() - descriptors that QEMU inherits, at most PLAN_DISKS_MAX + 1;
 * borrowed; Return: how many.  NULL is a set without disks. */
size_t disk_set_fds(const struct disk_set *set, int *fds);

/**
 * disk_set_args() - the drives of a machine, as arguments of QEMU: its disks,
 * of @set, and its CD
 *
 * The devices of the host that show them are called disk-NAME-dev; the block
 * nodes disk-NAME.  Return: a NULL-ended array, returned owned:
 * qemu_args_free().
 */
char **disk_set_args(const struct disk_set *set, const struct plan_node *node);

/** disk_set_name_of() - which disk's block node is this?  Return: its name,
 * borrowed from @node_name; NULL: none of ours. */
const char *disk_set_name_of(const char *node_name);

#endif /* DRIVER_VM_DISK_SET_H */
