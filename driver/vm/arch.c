#include "driver/vm/arch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"

static const struct vm_arch archs[PLAN_N_ARCHS] = {
	[PLAN_ARCH_X86_64] = { .debian = "amd64",
			       .qemu = "qemu-system-x86_64",
			       .variable = "QEMU",
			       .package = "qemu-system-x86",
			       .machine = "q35",
			       .console = "ttyS0" },
	/* A quarter faster than cpu "max", which does more. */
	[PLAN_ARCH_AARCH64] = { .debian = "arm64",
				.qemu = "qemu-system-aarch64",
				.variable = "QEMU_AARCH64",
				.package = "qemu-system-arm",
				.machine = "virt",
				.cpu = "cortex-a57",
				.console = "ttyAMA0" },
};

const struct vm_arch *
vm_arch(enum plan_arch arch)
{
	return &archs[arch];
}

enum accel
vm_arch_accel(enum plan_arch arch, enum accel accel)
{
	return arch == PLAN_ARCH_X86_64 ? accel : ACCEL_TCG;
}

static bool
is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

static bool
find_in_path(const char *name, char *path, unsigned size)
{
	const char *dirs = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return (unsigned)snprintf(path, size, "%s", name) < size &&
		       is_program(path);
	while (dirs != NULL && *dirs != '\0') {
		size_t len = strcspn(dirs, ":");

		if ((unsigned)snprintf(path, size, "%.*s/%s", (int)len, dirs,
				       name) < size &&
		    is_program(path))
			return true;
		dirs += len + (dirs[len] == ':');
	}
	return false;
}

int
vm_arch_find_qemu(enum plan_arch arch, char *path, unsigned size,
		  struct err *err)
{
	const struct vm_arch *a = &archs[arch];
	const char *asked = getenv(a->variable);
	const char *name = asked != NULL && *asked != '\0' ? asked : a->qemu;

	if (find_in_path(name, path, size))
		return 0;
	return err_set(err, -ENOENT,
		       "there is no QEMU for %s: %s is not %s; install it "
		       "(Debian package: %s), or name it with %s=",
		       plan_arch_name(arch), name,
		       strchr(name, '/') != NULL ? "a program" : "in PATH",
		       a->package, a->variable);
}
