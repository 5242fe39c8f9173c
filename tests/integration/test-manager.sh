#!/bin/sh
# A switch under a service manager: sockets that are there before it, what it
# tells, and what is kept while it is restarted.
[ -n "${WITHFDS:-}" ] ||
	exec env WITHFDS=yes \
		"${TOP_BUILDDIR:-.}/tests/integration/withfds" "$0"
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
# Descriptors 5 and 6 are a socketpair: a peer's end and the switch's.

MANAGER=$TOP_BUILDDIR/tests/integration/manager
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
dir=$T/sw

# manage SOCKET... -- ARG...: the switch under a manager; sets $manager
manage() {
	rm -rf "$dir" "$T/notify"
	mkdir -m 700 "$dir" "$dir/lab"
	start manager "$MANAGER" "$T/notify" "$@"
	manager=$pid
	wait_text manager '^told READY=1' || bail 'the switch does not start'
}

end_manager() { # NAME
	stop "$manager"
	result $? "$1"
}

# check_ping NAME: from VDE to stream and back
check_ping() {
	attach echo "$RAWPEER" "stream:$dir/lab/stream" echo "$B"
	check "$1" "$RAWPEER" "v3:$dir/lab" ping "$A" "$B" 20 100
	stop "$pid"
}

# ---- sockets that listen before the switch is there ----
for names in 'control lab.ctl lab.stream' 'all all all' '  '; do
	what=${names:-no}
	# shellcheck disable=SC2086 # three words
	set -- $names
	manage "${1-}=$dir/control" "${2-}=$dir/lab/ctl" \
		"${3-}=$dir/lab/stream" -- "$SWITCH" --dir "$dir" --segment lab
	check "sockets called '$what' are used: control" \
		"$CTL" -t "$dir" segment show lab
	check_ping "sockets called '$what' are used: VDE and stream"
	check 'a segment is removed' "$CTL" -t "$dir" segment del lab
	check 'its sockets stay: they are not ours' \
		test -S "$dir/lab/ctl" -a -S "$dir/lab/stream"
	check 'and are used again when it is made again' \
		"$CTL" -t "$dir" segment add lab
	check_ping 'by clients, too'
	end_manager 'it ends in order'
	check 'the sockets are still there' \
		test -S "$dir/control" -a -S "$dir/lab/ctl" -a \
		-S "$dir/lab/stream"
	check_fails 'nothing is complained about' \
		grep -q vdelab-switch: "$T/manager.log"
	check 'readiness is told, with what there is' \
		grep -q "^told READY=1 STATUS=1 segment" "$T/manager.log"
	check 'the end is told' grep -q '^told STOPPING=1' "$T/manager.log"
done

# ---- clients that come while nobody is there ----
manage "control=$dir/control" "lab.stream=$dir/lab/stream" -- \
	"$SWITCH" --dir "$dir" --segment lab
kill -STOP "$(sed -n 's/^started //p' "$T/manager.log")"
start early "$CTL" -t "$dir" segment show lab
early=$pid
kill -USR1 "$manager"
wait "$early"
result $? 'a client that was in line when the switch was killed is served'
wait_until "[ \$(grep -c '^told READY=1' '$T/manager.log') -eq 2 ]"
check 'a client after that is served' "$CTL" -t "$dir" segment show lab
end_manager 'the second one ends in order'

# ---- ports that outlive the switch ----
manage "control=$dir/control" "lab.stream=$dir/lab/stream" -- \
	"$SWITCH" --dir "$dir" --segment lab 5>&- 6>&-
start echo "$RAWPEER" fd:5 echo "$B" 6>&-
echo_pid=$pid
check 'a port by descriptor is added' \
	"$CTL" -t "$dir" port add lab dgram name=q mtu=1500 --fd 6
wait_until "grep -q '^fd told FDSTORE=1 FDNAME=port/dgram/lab/q/1500' \
	'$T/manager.log'"
result $? 'its descriptor is kept'
exec 6>&- # nobody else has that end now
check 'frames pass' "$RAWPEER" "stream:$dir/lab/stream" ping "$A" "$B" 20 100
kill -USR1 "$manager"
wait_until "[ \$(grep -c '^told READY=1' '$T/manager.log') -eq 2 ]"
check 'a switch that was killed has it again' sh -c \
	"'$CTL' -t '$dir' port show lab | grep -q 'q *lab *dgram *1500'"
check 'and frames pass, to a peer that has not noticed' \
	"$RAWPEER" "stream:$dir/lab/stream" ping "$A" "$B" 20 100
check 'it may be asked for as if it were not there' \
	"$CTL" -t "$dir" port add lab dgram name=q mtu=1500
check_fails 'once' "$CTL" -t "$dir" port add lab dgram name=q mtu=1500
check 'it goes' "$CTL" -t "$dir" port del q
wait_until "grep -q '^told FDSTOREREMOVE=1 FDNAME=port/dgram/lab/q/1500' \
	'$T/manager.log'"
result $? 'and is kept no more'
kill -USR1 "$manager"
wait_until "[ \$(grep -c '^told READY=1' '$T/manager.log') -eq 3 ]"
check_fails 'the next switch does not have it' \
	"$CTL" -t "$dir" port show q
end_manager 'it ends in order, too'

# ---- mistakes ----
manage "x=$T/other" "control=$dir/control" -- "$SWITCH" --dir "$dir"
check 'a socket that nobody uses is told' \
	grep -q "$T/other.* no segment" "$T/manager.log"
end_manager 'which is no reason to stop'

if command -v systemd-socket-activate >/dev/null; then
	rm -rf "$dir" && mkdir -m 700 "$dir"
	start activate systemd-socket-activate -l "$dir/control" \
		--fdname=control "$SWITCH" --dir "$dir" --segment lab
	activate=$pid
	wait_until "[ -S '$dir/control' ]"
	check 'systemd-socket-activate: the first client starts the switch' \
		"$CTL" -t "$dir" segment show lab
	stop "$activate"
	result $? 'and it ends in order'
else
	skip 'systemd-socket-activate' 'it is not installed'
fi

finish
