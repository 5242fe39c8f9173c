#!/bin/sh
# Machines that are started by scripts in the way of NixOS.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
"$qemu" -nodefaults -display none -netdev help 2>&1 | grep -qx vde ||
	{ echo '1..0 # SKIP this QEMU has no -netdev vde'; exit 0; }
word() {
	sed -n "s/^$1  *//p" "$work/image"
}
IMAGE_KERNEL=$(word kernel) IMAGE_INITRD=$(word initrd)
IMAGE_ROOT=$(word root) IMAGE_APPEND=$(word append)
export IMAGE_KERNEL IMAGE_INITRD IMAGE_ROOT IMAGE_APPEND
"$vdelab" run --results "$work/results" "$top/tests/guest/start-command.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'tests/guest/start-command.lua passes'
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
