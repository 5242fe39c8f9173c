#!/bin/sh
# The switch is killed under running traffic, and the guests go on.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests

log=$work/results/restart/log.jsonl
has() {
	grep -qs "$1" "$log"
}

"$vdelab" run --results "$work/results" "$top/tests/guest/restart.lua" \
	>"$work/out" 2>&1 9>&- &
pid=$!
started=$pid
if soon 180 has '"text":"traffic flows'; then
	for p in $(run_processes); do
		case $(cat "/proc/$p/comm") in
		vdelab-switch) kill -9 "$p" ;;
		esac
	done
fi
wait "$pid"
rc=$?
show "$work/out"
result $rc 'traffic goes on after its switch is killed'
check 'the log tells that the switch was lost' has '"type":"switch.lost"'
check 'and that it was replaced' has '"type":"switch.restored"'
if command -v tshark >/dev/null; then
	tshark -r "$work/results/restart/vlan1.pcapng" >/dev/null 2>"$work/err"
	rc=$?
	show "$work/err"
	result $rc 'tshark reads the capture, which has two sections'
fi
check 'nothing is left' soon "$patience_s" nothing_left
finish
