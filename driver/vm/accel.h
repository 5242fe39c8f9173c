/* accel: can this host run guests on KVM? */
#ifndef DRIVER_VM_ACCEL_H
#define DRIVER_VM_ACCEL_H

struct err;

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/* How much longer than on KVM things take; default time-outs are multiplied
 * by this. */
enum { ACCEL_TCG_TIMEOUT_FACTOR = 3 };

/**
 * accel_probe() - run a few instructions of guest code on KVM
 * @qemu:   program, e.g. "qemu-system-x86_64"
 * @reason: out: why not KVM, one line; or what was found
 *
 * A /dev/kvm that opens proves nothing (nested hosts accept the ioctls and
 * never run the guest), so a boot sector is executed under a deadline of two
 * seconds.
 *
 * Return: ACCEL_KVM or ACCEL_TCG.
 */
enum accel accel_probe(const char *qemu, char *reason, unsigned reason_size);
const char *accel_name(enum accel accel);

/** accel_find_qemu() - that of x86_64: $QEMU, else qemu-system-x86_64, in
 * PATH; Return: 0; -ENOENT with the package to install in @err */
int accel_find_qemu(char *path, unsigned size, struct err *err);

#endif /* DRIVER_VM_ACCEL_H */
