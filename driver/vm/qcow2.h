/*
 * qcow2: the header of QEMU's disk images, read and written
 * (docs/interop/qcow2.txt of QEMU).  Pure.
 *
 * Images come from anywhere, and name files that QEMU opens: so what they name
 * is read here, before QEMU sees them.
 */
#ifndef DRIVER_VM_QCOW2_H
#define DRIVER_VM_QCOW2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	QCOW2_BACKING_MAX = 1023,    /* of a name, by the specification */
	QCOW2_HEAD_SIZE = 64 * 1024, /* what is to be read of a file's begin:
				      * names stand in the first cluster, and
				      * those we meet near its start */
	QCOW2_SECTOR_SIZE = 512,
};

#define QCOW2_SIZE_MAX_BYTES (UINT64_C(1) << 46) /* 64 TiB; of a disk */

struct qcow2_info {
	uint64_t size_bytes;		     /* of the disk that a guest sees */
	char backing[QCOW2_BACKING_MAX + 1]; /* the file below; "": none */
	char backing_format[16];	     /* "" when it is not said */
};

/** qcow2_is() - does a file that begins so call itself a qcow2 image? */
bool qcow2_is(const void *head, size_t size);

/**
 * qcow2_read() - the header of an image
 * @head: the first @size octets of the file, QCOW2_HEAD_SIZE or all of it
 *
 * Return: 0; -EINVAL for what is no such image or a damaged one, -ENOTSUP for
 *         one that cannot be used (encrypted, data in another file), both
 *         with @err set.
 */
int qcow2_read(const void *head, size_t size, struct qcow2_info *info,
	       struct err *err);

/**
 * qcow2_create() - make the file of @fd, which is empty, an image in which
 * nothing has been written
 * @size_bytes: of the disk; a multiple of QCOW2_SECTOR_SIZE, at most
 *              QCOW2_SIZE_MAX_BYTES
 *
 * What it lies on is told to QEMU when it is opened; the image does not say.
 * Return: 0; -errno.
 */
int qcow2_create(int fd, uint64_t size_bytes);

#endif /* DRIVER_VM_QCOW2_H */
