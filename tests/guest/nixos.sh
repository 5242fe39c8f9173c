#!/bin/sh
# Tests as Nix builds them, and as authors for NixOS write them, on guests of ours.
# NIXOS_TESTS names those that are run, out of tests/guest/nixos/*.py; unless given,
# as many as there is time for in every build.  "all" means all.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
"$qemu" -nodefaults -display none -netdev help 2>&1 | grep -qx vde ||
	{ echo '1..0 # SKIP this QEMU has no -netdev vde'; exit 0; }
for program in python3 cpio; do
	command -v "$program" >/dev/null ||
		{ echo "1..0 # SKIP $program is not installed"; exit 0; }
done
for init in busybox systemd; do
	need_image --init $init
	for word in kernel initrd root append; do
		export "IMAGE_${init}_$word=$(sed -n "s/^$word  *//p" "$work/image")"
	done
done

# Those that take longest first.
: "${NIXOS_TESTS=timers units login persistence conditions routes screen webserver
	hosts}"
[ "$NIXOS_TESTS" != all ] ||
	NIXOS_TESTS=$(cd "$top/tests/guest/nixos" && basename -s .py ./*.py)
files=
for name in $NIXOS_TESTS; do
	"$top/tests/guest/nixos/build" "$name" "$work/$name" || exit 99
	files="$files $work/$name/driverConfiguration.json"
done
# shellcheck disable=SC2086 # words
"$vdelab" run --nixos -j 2 -k --results "$work/results" $files >"$work/out" 2>&1
show "$work/out"
for name in $NIXOS_TESTS; do
	grep -q '"type":"run.end".*"result":"passed"' \
		"$work/results/$name/log.jsonl"
	result $? "$name passes"
done
check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
