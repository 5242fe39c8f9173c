#!/bin/sh
# Guests that run systemd, and the methods that ask it for units.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
need_image --init systemd
"$vdelab" run --results "$work/results" "$top/tests/guest/systemd.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'systemd boots, its units are waited for, and it ends'
check 'nothing is left of the run' soon 2 nothing_left
finish
