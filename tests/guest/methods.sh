#!/bin/sh
# Every method of a script, on real guests.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
need_guests
"$vdelab" run --results "$work/results" "$top/tests/guest/methods.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'every method does what it says'
check 'a file of the guest arrives whole' \
	test "$(wc -c <"$work/results/methods/from-a/random")" = 100000
check 'a directory of the guest arrives whole' \
	test "$(cat "$work/results/methods/tree/sub/file")" = x
check 'a mark of the script is in the capture' \
	grep -qa 'here' "$work/results/methods/vlan1.pcapng"
check 'the shells have nothing to say on the consoles' \
	sh -c '! grep "^sh: " "$1"/*.serial.log' sh "$work/results/methods"
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
