#!/bin/sh
# A guest of another architecture, where there is a QEMU for it.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
command -v "${QEMU_AARCH64:-qemu-system-aarch64}" >/dev/null ||
	{ echo '1..0 # SKIP qemu-system-aarch64 is not installed'; exit 0; }
need_guests
if ! "$vdelab" image build --arch aarch64 >"$work/image" 2>"$work/image.err"; then
	show "$work/image.err"
	echo '1..0 # SKIP no guest image can be made for it'
	exit 0
fi
"$vdelab" run --results "$work/results" "$top/tests/guest/arm64.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
# The panic at the end is a test that has failed, as always.
check 'a machine of another architecture does what others do' test $rc -eq 1
check 'up to its panic, which is noticed' grep -q \
	'ok subtest: a panic is told at once' "$work/out"
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
