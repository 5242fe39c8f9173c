/* arch: what machines of an architecture are started with. */
#ifndef DRIVER_VM_ARCH_H
#define DRIVER_VM_ARCH_H

#include "driver/lab/plan.h"
#include "driver/vm/accel.h"

struct err;

struct vm_arch {
	const char *debian;   /* Debian's name for it */
	const char *qemu;     /* the program */
	const char *variable; /* of the environment, that names another */
	const char *package;  /* of Debian, that brings the program */
	const char *machine;  /* -machine, unless the node says another */
	const char *cpu;      /* -cpu of TCG; NULL: QEMU's choice */
	const char *console;  /* the first serial port, to Linux */
};

const struct vm_arch *vm_arch(enum plan_arch arch);

/** vm_arch_accel() - how machines of @arch run here, where those of x86_64 run
 * on @accel: others are always emulated */
enum accel vm_arch_accel(enum plan_arch arch, enum accel accel);

/** vm_arch_find_qemu() - the QEMU program, in PATH, or what the variable names;
 * Return: 0; -ENOENT with the package to install in @err */
int vm_arch_find_qemu(enum plan_arch arch, char *path, unsigned size,
		      struct err *err);

#endif /* DRIVER_VM_ARCH_H */
