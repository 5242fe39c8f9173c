# shellcheck shell=sh
# Part of build-image: kernel and initramfs.
#
# shellcheck disable=SC2154,SC2034 # variables of build-image

# What the image wants on the kernel's command line.  A panic ends the guest.
# On a busy host an emulated PC fails both the calibration of the TSC (its clock
# would run several times too fast until the kernel notices; KVM has a clock of
# its own and does not care) and the check of the timer.  Self tests of the
# crypto library are 0.3 s of a boot.  A guest under test has no secrets from
# itself, so mitigations only cost.  Drives are there when their driver is loaded.
case $arch in
amd64) kernel_parameters='console=ttyS0 tsc=unstable no_timer_check' ;;
arm64) kernel_parameters='console=ttyAMA0' ;;
esac
kernel_parameters="$kernel_parameters panic=-1 sysrq_always_enabled net.ifnames=0"
kernel_parameters="$kernel_parameters loglevel=4 cryptomgr.notests mitigations=off"
kernel_parameters="$kernel_parameters rcupdate.rcu_expedited=1 scsi_mod.scan=sync"

# What finds the root disk and starts the shell; with what they depend on.
initramfs_modules='virtio_pci virtio_blk virtio_console virtio_net virtio-rng
	squashfs overlay button evdev pvpanic-pci pvpanic-mmio'

# number FILE OFFSET SIZE: a little-endian number in a file
number() {
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# make_kernel: an emulated CPU takes half a second to unpack a kernel.  So it is
# done here, once: QEMU starts an uncompressed kernel which has a PVH entry.
# Documentation/x86/boot.rst tells the layout.  A kernel started so knows of no
# screen; the one as it came asks the BIOS, and is kept for machines with a
# display.
make_kernel() {
	vmlinuz=$root/boot/vmlinuz-$kernel_version
	[ -r "$vmlinuz" ] || die "the kernel's package has no $vmlinuz"
	say "kernel $kernel_version"
	cp "$vmlinuz" "$work/image/kernel"
	grep -q '^CONFIG_PVH=y' "$root/boot/config-$kernel_version" || return 0
	[ "$(number "$vmlinuz" 514 4)" = 1400005704 ] || return 0 # "HdrS"
	at=$((($(number "$vmlinuz" 497 1) + 1) * 512 + $(number "$vmlinuz" 584 4)))
	size=$(number "$vmlinuz" 588 4)
	case $(number "$vmlinuz" $at 4) in
	407642370) unpack=lz4 ;;
	4247762216) unpack=zstd ;;
	1484404733) unpack=xz ;;
	*) return 0 ;;
	esac
	command -v $unpack >/dev/null || die "this Debian package is needed on" \
		"the host to unpack the kernel: $(echo $unpack | sed 's/^xz/xz-utils/')"
	# Its size unpacked, 4 octets, comes last.
	dd if="$vmlinuz" iflag=skip_bytes,count_bytes bs=64k skip=$at \
		count=$((size - 4)) status=none |
		$unpack -q -dc >"$work/vmlinux" || die 'cannot unpack the kernel'
	mv "$work/image/kernel" "$work/image/bios-kernel"
	mv "$work/vmlinux" "$work/image/kernel"
}

# modules_in_order: files of $initramfs_modules below the modules' directory
modules_in_order() {
	for name in $initramfs_modules; do
		sed -n "/\/$name\.ko:/s/://p" "$modules/modules.dep"
	done | tr ' ' '\n' | sort -u
}

make_initramfs() {
	say 'initramfs'
	initramfs=$work/initramfs
	here=$initramfs/lib/modules/$kernel_version
	mkdir -p "$initramfs/bin" "$initramfs/dev" "$initramfs/proc" \
		"$initramfs/sys" "$here"
	cp "$root/usr/bin/busybox" "$initramfs/bin/"
	install -m 755 "$data/guest-initramfs" "$initramfs/init"
	modules_in_order >"$work/modules"
	while read -r file; do
		mkdir -p "$here/${file%/*}"
		cp "$modules/$file" "$here/$file"
	done <"$work/modules"
	sed 's/:.*/:/' "$work/modules" | while read -r file; do
		grep "^$file:" "$modules/modules.dep"
	done >"$here/modules.dep"
	# Not compressed: unpacking it would take longer than reading it.
	(cd "$initramfs" && find . | sort |
		cpio -o -H newc --owner=0:0 --quiet) >"$work/image/initrd"
}
