#!/bin/sh
# Frames that tests assert and send, and wires that are bad, on real guests: the
# example packets, and packets.lua.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
for file in examples/packets.lua tests/guest/packets.lua; do
	"$vdelab" run --results "$work/results" "$top/$file" >"$work/out" 2>&1
	rc=$?
	show "$work/out"
	result $rc "$file passes"
done
check 'every capture of the example is readable' \
	every_capture_is_readable "$work/results/packets"
check 'every capture of bad wires is readable' \
	every_capture_is_readable "$work/results/wires"
check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
