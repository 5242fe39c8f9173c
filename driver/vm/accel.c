#include "config.h"

#include "driver/vm/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/loop.h"
#include "driver/vm/arch.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"

enum {
	PROBE_MS = 2000,
	SECTOR_SIZE = 512,
	/* isa-debug-exit ends QEMU with 2 * value + 1. */
	PROBE_VALUE = 0x21,
	PROBE_STATUS = 2 * PROBE_VALUE + 1,
};

const char *
accel_name(enum accel accel)
{
	static const char *const names[] = {
		[ACCEL_AUTO] = "auto",
		[ACCEL_KVM] = "kvm",
		[ACCEL_TCG] = "tcg",
	};

	return names[accel];
}

/* A boot sector for 16-bit real mode. */
static void
fill_sector(uint8_t sector[static SECTOR_SIZE])
{
	static const uint8_t code[] = {
		0xb0, PROBE_VALUE,	 /* mov al, value */
		0xba, 0xf4,	   0x00, /* mov dx, 0xf4: isa-debug-exit */
		0xee,			 /* out dx, al */
		0xf4,			 /* hlt */
		0xeb, 0xfd,		 /* jmp to the hlt */
	};

	memset(sector, 0, SECTOR_SIZE);
	memcpy(sector, code, sizeof(code));
	sector[SECTOR_SIZE - 2] = 0x55; /* the BIOS boots nothing without */
	sector[SECTOR_SIZE - 1] = 0xaa;
}

static int
sector_file(void)
{
	uint8_t sector[SECTOR_SIZE];
	int fd = memfd_create("boot-sector", MFD_CLOEXEC);

	fill_sector(sector);
	if (fd >= 0 && write(fd, sector, sizeof(sector)) != SECTOR_SIZE) {
		close(fd);
		return -1;
	}
	return fd;
}

struct probe {
	bool done;
	struct process_status status;
	char said[256]; /* the first thing QEMU said */
};

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct probe *probe = arg;

	(void)p;
	(void)fd;
	if (probe->said[0] != '\0')
		return;
	snprintf(probe->said, sizeof(probe->said), "%.*s", (int)size,
		 (const char *)data);
	probe->said[strcspn(probe->said, "\n")] = '\0';
}

static void
on_probe_exit(struct process *p, const struct process_status *status, void *arg)
{
	struct probe *probe = arg;

	(void)p;
	probe->status = *status;
	probe->done = true;
}

static struct process *
start_probe(struct event_base *base, struct clock *clock, const char *qemu,
	    int sector, struct probe *probe, struct err *err)
{
	char drive[64];
	const char *argv[] = {
		qemu,
		"-accel",
		"kvm",
		"-machine",
		"pc",
		"-m",
		"16",
		"-display",
		"none",
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-device",
		"isa-debug-exit,iobase=0xf4,iosize=1",
		"-drive",
		drive,
		NULL,
	};
	struct process_spec spec = PROCESS_SPEC_INIT;

	snprintf(drive, sizeof(drive),
		 "file=/dev/fd/%d,format=raw,if=ide,readonly=off", sector);
	spec.argv = argv;
	spec.keep_fds = &sector;
	spec.n_keep_fds = 1;
	spec.on_output = on_output;
	spec.on_exit = on_probe_exit;
	spec.arg = probe;
	return process_spawn(base, clock, &spec, err);
}

/* Return: did guest code run? */
static bool
run_probe(struct event_base *base, const char *qemu, int sector, char *reason,
	  unsigned reason_size)
{
	struct clock *clock = clock_real_new(base);
	struct probe probe = { .done = false };
	struct err err = ERR_INIT;
	struct process *process =
	    start_probe(base, clock, qemu, sector, &probe, &err);
	bool ran = false;

	if (process == NULL)
		snprintf(reason, reason_size, "%s", err.text);
	else if (!loop_until(base, clock, &probe.done, PROBE_MS))
		snprintf(reason, reason_size,
			 "/dev/kvm opens, but guest code does not run on it");
	else if (!probe.status.signaled && probe.status.code == PROBE_STATUS)
		ran = true;
	else
		snprintf(reason, reason_size, "%s",
			 probe.said[0] != '\0' ? probe.said
					       : "QEMU could not use KVM");
	process_free(process);
	clock_free(clock);
	return ran;
}

enum accel
accel_probe(const char *qemu, char *reason, unsigned reason_size)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct event_base *base;
	int sector;
	bool ran = false;

	if (kvm < 0) {
		snprintf(reason, reason_size, "/dev/kvm: %s", strerror(errno));
		return ACCEL_TCG;
	}
	close(kvm);
	snprintf(reason, reason_size, "KVM runs guest code");
	sector = sector_file();
	base = event_base_new();
	if (sector >= 0 && base != NULL)
		ran = run_probe(base, qemu, sector, reason, reason_size);
	else
		snprintf(reason, reason_size, "KVM could not be tried: %s",
			 strerror(errno));
	if (base != NULL)
		event_base_free(base);
	if (sector >= 0)
		close(sector);
	return ran ? ACCEL_KVM : ACCEL_TCG;
}

int
accel_find_qemu(char *path, unsigned size, struct err *err)
{
	return vm_arch_find_qemu(PLAN_ARCH_X86_64, path, size, err);
}
