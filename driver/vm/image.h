/* image: the kernel and root a machine boots, made by the image builder. */
#ifndef DRIVER_VM_IMAGE_H
#define DRIVER_VM_IMAGE_H

#include <stddef.h>

#include "driver/lab/plan.h"

struct clock;
struct err;
struct event_base;

/* Paths are absolute; members may be NULL. */
struct vm_image {
	char *kernel;
	char *bios_kernel; /* the same one, started by the BIOS, which tells it
			    * of a screen; some 0.3 s slower under TCG */
	char *initrd;
	char *root;   /* read-only disk, shared by all machines */
	char *append; /* kernel parameters the image needs */
};

/* Which image. */
struct vm_image_spec {
	char *const *packages; /* added to the default set; may be NULL */
	size_t n_packages;
	enum plan_init init;
	enum plan_arch arch;
};

/**
 * vm_image_build() - run the image builder and wait for it on a loop of its
 * own; its progress goes to our stderr
 * @spec:  borrowed for the call
 * @signo: out: SIGINT, SIGTERM or SIGHUP when that ended it, after the
 *         builder; else 0
 *
 * Quick when the cache has it.  Return: 0; -errno with @err set, -EINTR when
 * interrupted.
 */
int vm_image_build(const struct vm_image_spec *spec, struct vm_image *image,
		   int *signo, struct err *err);
void vm_image_fini(struct vm_image *image);

#endif /* DRIVER_VM_IMAGE_H */
