/* qemu-args: the command line of a machine.  Pure. */
#ifndef DRIVER_VM_QEMU_ARGS_H
#define DRIVER_VM_QEMU_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/vm/accel.h"

struct disk_set;
struct plan_node;
struct vm_image;

/* Descriptors that QEMU inherits, by their numbers. */
struct qemu_fds {
	int qmp;
	int serial;
	int shell;   /* virtio console; -1: none */
	int control; /* eth0, a stream of the user network helper; -1: none */
	const int *nics;	      /* one for each nic of the node */
	const struct disk_set *disks; /* of the node; NULL: it has none */
};

/**
 * qemu_args() - arguments for execvp()
 *
 * Return: a NULL-ended array, returned owned: qemu_args_free().
 */
char **qemu_args(const char *qemu, enum accel accel,
		 const struct plan_node *node, const struct vm_image *image,
		 const struct qemu_fds *fds, bool allow_reboot);
void qemu_args_free(char **args);

#endif /* DRIVER_VM_QEMU_ARGS_H */
