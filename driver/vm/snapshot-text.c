#include "driver/vm/snapshot-text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "lib/xalloc.h"

enum { SEED_SIZE = 64, ID_SIZE = 16 };

/*
 * Two guests from one state have the same random numbers until their kernel
 * seeds itself again, which is up to a minute later.  Writing to /dev/urandom
 * adds to its pool and does no more; RNDRESEEDCRNG (linux/random.h) makes it
 * use that at once.  socat can make an ioctl and is in every image; it waits in
 * the saved state, started and ready, because to start it takes longer than
 * anything else here.
 */
static const char common[] =
    "vl_reseed() {\n"
    "	if command -v socat >/dev/null; then\n"
    "		socat -u OPEN:\"$1\" OPEN:/dev/urandom,ioctl-void=0x5207\n"
    "	elif command -v perl >/dev/null; then\n"
    "		perl -e 'open(A, \"<\", $ARGV[0]); open(B, \">\", "
    "\"/dev/urandom\");\n"
    "			ioctl(B, 0x5207, 0) or exit 1' \"$1\"\n"
    "	else\n"
    "		return 127\n"
    "	fi\n"
    "}\n"
    /* The weight of the shell's unit, and of what that is in */
    "vl_weigh() {\n"
    "	read -r vl_group </proc/self/cgroup || return 0\n"
    "	vl_group=${vl_group#0::}\n"
    "	while [ -n \"${vl_group#/}\" ]; do\n"
    "		[ ! -w /sys/fs/cgroup$vl_group/cpu.weight ] ||\n"
    "			echo $1 >/sys/fs/cgroup$vl_group/cpu.weight\n"
    "		vl_group=${vl_group%/*}\n"
    "	done\n"
    "}\n"
    "vl_dir=/run/vdelab-saved\n"
    "vl_pci=/sys/bus/pci/drivers/virtio-pci\n";

/* A device takes up the MAC address of its own QEMU when it is reset, which the
 * kernel does when it finds one behind PCI, not when a driver is bound to it. */
static const char before[] =
    /* Copies need not go on with the boot, one by one. */
    "if [ -d /run/systemd/system ]; then\n"
    "	timeout 40 systemctl is-system-running --wait >/dev/null 2>&1\n"
    "fi\n"
    "vl_never() {\n"
    "	echo \"$*\" >&2\n"
    "	exit 77\n"
    "}\n"
    "rm -rf $vl_dir && mkdir -m 700 $vl_dir || exit 1\n"
    "vl_reseed /dev/null ||\n"
    "	vl_never 'nothing in the guest can seed its random numbers:"
    " it has neither socat nor perl'\n"
    "mkfifo $vl_dir/go $vl_dir/done || exit 1\n"
    /* A clock that jumps and new interfaces wake all of systemd up: that can
     * wait. */
    "vl_weigh 10000\n"
    "(vl_reseed $vl_dir/go; echo $? >$vl_dir/done) </dev/null >/dev/null 2>&1 "
    "&\n"
    "vl_n=0\n"
    ": >$vl_dir/nics\n"
    "for vl_nic in $(ls /sys/bus/virtio/drivers/virtio_net 2>/dev/null |\n"
    "	grep '^virtio' | sort -k 1.7n); do\n"
    "	vl_nic=$(readlink -f /sys/bus/virtio/devices/$vl_nic/..) || exit 1\n"
    "	vl_nic=${vl_nic##*/}\n"
    "	echo $vl_nic >$vl_pci/unbind || exit 1\n"
    "	echo $vl_nic >>$vl_dir/nics\n"
    "	vl_n=$((vl_n + 1))\n"
    "done\n"
    "[ $vl_n -eq $vl_want ] ||\n"
    "	vl_never \"the guest's driver virtio_net has $vl_n interfaces, not"
    " $vl_want\"\n"
    "sync\n";

static const char wake_copy[] =
    "(sleep 3; vl_weigh 100) </dev/null >/dev/null 2>&1 &\n"
    ": >$vl_dir/go\n"
    "read -r vl_status <$vl_dir/done\n"
    "[ \"$vl_status\" = 0 ] ||\n"
    "	{ echo 'no new random numbers' >&2; exit 1; }\n"
    "while read -r vl_nic; do\n"
    "	echo $vl_nic >$vl_pci/bind || exit 1\n"
    "done <$vl_dir/nics\n"
    "rm -rf $vl_dir >/dev/null 2>&1 &\n"
    "if [ -s /etc/machine-id ]; then\n"
    "	read -r vl_old </etc/machine-id\n"
    "	echo $vl_id >/etc/machine-id || exit 1\n"
    /* journald goes on where it has begun, journalctl looks here */
    "	[ ! -d /run/log/journal/$vl_old ] ||\n"
    "		ln -s $vl_old /run/log/journal/$vl_id || exit 1\n"
    "fi\n";

/* The same machine, later: its own random numbers, but used for the second
 * time. */
static const char wake_same[] = "vl_reseed /dev/null 2>/dev/null\n";

/* The clock of the machine is the host's, whenever this runs; what is written
 * here may be old by then.  BusyBox's program does not wait for the next second
 * to begin, as others do. */
static const char set_clock[] =
    "busybox hwclock -u -s 2>/dev/null || hwclock -u -s ||\n"
    "	date -u -s @$vl_now >/dev/null\n";

char *
snapshot_text_before(size_t n_nics)
{
	return xasprintf("%svl_want=%zu\n%s", common, n_nics, before);
}

static void
fill_random(uint8_t *data, size_t size)
{
	if (getrandom(data, size, 0) != (ssize_t)size)
		abort(); /* as lib/siphash does */
}

char *
snapshot_text_after(bool is_copy)
{
	uint8_t seed[SEED_SIZE], id[ID_SIZE];
	char octal[4 * SEED_SIZE + 1], hex[2 * ID_SIZE + 1];

	fill_random(seed, sizeof(seed));
	fill_random(id, sizeof(id));
	for (size_t i = 0; i < SEED_SIZE; i++)
		snprintf(octal + 4 * i, 5, "\\%03o", seed[i]);
	for (size_t i = 0; i < ID_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	return xasprintf("%svl_id=%s vl_now=%lld\n"
			 "printf '%s' >/dev/urandom || exit 1\n"
			 "%s%s",
			 common, hex, (long long)time(NULL), octal,
			 is_copy ? wake_copy : wake_same, set_clock);
}
