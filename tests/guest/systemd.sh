#!/bin/sh
# Guests that run systemd, also from a saved state, and the methods that ask it for
# units.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
need_image --init systemd
own_states
"$vdelab" run --snapshot auto --results "$work/results" "$top/tests/guest/systemd.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'systemd boots, its units are waited for, and it ends'
grep -q '"machine.snapshot".*"a".*goes on' "$work/results/systemd/log.jsonl"
result $? 'from a saved state'
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
