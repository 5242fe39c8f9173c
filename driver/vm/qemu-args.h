/* qemu-args: the command line of a machine.  Pure. */
#ifndef DRIVER_VM_QEMU_ARGS_H
#define DRIVER_VM_QEMU_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/vm/accel.h"

struct disk_set;
struct plan_node;
struct vm_image;

/* A file for the guest's memory, instead of some of QEMU's own. */
struct qemu_ram {
	int fd;
	bool is_shared; /* the guest writes into the file */
};

/* What is behind an interface, by the .net of its node. */
struct qemu_nic {
	int fd; /* an end of a pair, a socket that listens; else -1 */
	/* Where QEMU makes a socket and waits for the switch to connect, with
	 * PLAN_NET_VHOST; borrowed. */
	const char *path;
};

/* Descriptors that QEMU inherits, by their numbers. */
struct qemu_fds {
	int qmp;
	int serial;
	int shell;   /* virtio console; -1: none */
	int control; /* eth0, a stream of the user network helper; -1: none */
	const struct qemu_nic *nics;  /* one for each of the node's */
	const char *switch_dir;	      /* of PLAN_NET_VDE, where segments are */
	int vsock;		      /* of vhost-vsock, if there is a CID */
	uint32_t vsock_cid;	      /* for the guest; 0: it has none */
	const struct disk_set *disks; /* of the node; NULL: it has none */
	const struct qemu_ram *ram;   /* NULL: QEMU's own */
	bool incoming; /* does not boot, but waits for a saved state */
};

/**
 * qemu_args() - arguments for execvp()
 *
 * Return: a NULL-ended array, returned owned: qemu_args_free().
 */
char **qemu_args(const char *qemu, enum accel accel,
		 const struct plan_node *node, const struct vm_image *image,
		 const struct qemu_fds *fds, bool allow_reboot);
/** qemu_ram_id() - what QEMU calls the memory of such a machine, which is part
 * of a saved state; NULL: not known */
const char *qemu_ram_id(const struct plan_node *node);
void qemu_args_free(char **args);

#endif /* DRIVER_VM_QEMU_ARGS_H */
