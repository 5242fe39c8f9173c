#!/bin/sh
# Captures of a real switch, read by tshark; and what ends them.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
need tshark capinfos

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR
sock=stream:$T/sw/vlan1/stream

# traffic N [LEN]: N frames of LEN octets from A to B and as many back
traffic() {
	timeout "$PATIENCE_S" "$RAWPEER" "$sock" ping "$A" "$B" "$1" \
		"${2:-100}" 8 >"$T/ping.log" 2>&1 || bail 'no traffic'
}

# fields FILE FIELD...: a line a frame; fails when tshark has complaints
fields() {
	fields_file=$1
	shift
	fields_args=
	for field; do
		fields_args="$fields_args -e $field"
	done
	# shellcheck disable=SC2086
	tshark -n -r "$fields_file" -T fields $fields_args \
		>"$T/fields" 2>"$T/tshark.log" &&
		! grep -qiE 'cut short|damaged|corrupt|malformed' \
			"$T/tshark.log" &&
		return 0
	diag "$T/tshark.log"
	return 1
}

# has FILE N NAME: is it a capture file of N frames?
has() {
	fields "$1" frame.number && [ "$(wc -l <"$T/fields")" -eq "$2" ]
	has_status=$?
	result $has_status "$3"
	[ $has_status -eq 0 ] || echo "# $(wc -l <"$T/fields") frames, not $2"
}

# statistics FILE: how many interfaces have them at the end of the file
statistics() {
	capinfos "$1" 2>/dev/null |
		grep -c 'Number of stat entries = 1'
}

shows() { # ID TEXT: does capture.show tell so?
	"$CTL" -j capture show "$1" 2>>"$T/shows.log" | grep -q -- "$2"
}

any_runs() { # does any capture?
	"$CTL" -j capture show 2>>"$T/shows.log" | grep -q '"running"'
}

# with_stations: a switch with an echo on vlan1
with_stations() {
	rm -rf "$T/sw"
	start_switch --segment vlan1 --plugin capture
	attach echo "$RAWPEER" "$sock" echo "$B"
	echo_pid=$pid
}

with_stations
port=$("$CTL" -j port | sed -n 's/.*"name":"\([^"]*\)".*/\1/p')

# ---- what is recorded ----
id=$("$CTL" capture start vlan1 -w "$T/in.pcapng")
traffic 10
check 'a capture ends when everything is written' "$CTL" capture stop "$id"
has "$T/in.pcapng" 20 'each frame is recorded once'
fields "$T/in.pcapng" frame.interface_name frame.packet_flags_direction \
	frame.len eth.src
[ "$(cut -f2,3 "$T/fields" | sort -u)" = "0x00000001	100" ]
result $? 'inbound, at full length'
[ "$(grep -c "^$port	.*	$B$" "$T/fields")" -eq 10 ]
result $? 'on the interface that is named like the port'
[ "$(cut -f1 "$T/fields" | sort -u | wc -l)" -eq 2 ]
result $? 'one interface a port'
fields "$T/in.pcapng" frame.time_epoch
grep -qE '\.[0-9]{9}$' "$T/fields" && grep -qvE '000$' "$T/fields"
result $? 'times are in nanoseconds'
now=$(date +%s)
first=$(head -n 1 "$T/fields" | cut -d. -f1)
[ "$first" -le "$now" ] && [ "$first" -ge $((now - 300)) ]
result $? 'and of today'
[ "$(stat -c %a "$T/in.pcapng")" = 600 ]
result $? 'the file is for its owner only'

id=$("$CTL" capture start vlan1 -w "$T/both.pcapng" -d both)
port_id=$("$CTL" capture start vlan1 -w "$T/port.pcapng" -i "$port" -d out)
station_id=$("$CTL" capture start vlan1 -w "$T/station.pcapng" -i "$port")
filter_id=$("$CTL" capture start vlan1 -w "$T/filter.pcapng" -s 64 \
	-f "ether src $B and len = 1000")
traffic 10 1000
for i in $id $port_id $station_id $filter_id; do
	"$CTL" capture stop "$i" >/dev/null
done
fields "$T/both.pcapng" frame.packet_flags_direction
[ "$(grep -c 1 "$T/fields")" -eq 20 ] && [ "$(grep -c 2 "$T/fields")" -eq 20 ]
result $? 'both: a frame in is a frame out'
has "$T/port.pcapng" 10 'out, at a port: what it was sent'
has "$T/station.pcapng" 20 'at a port: both directions unless told otherwise'
has "$T/filter.pcapng" 10 'only what matches the filter'
fields "$T/filter.pcapng" frame.cap_len frame.len
[ "$(sort -u "$T/fields")" = "64	1000" ]
result $? 'cut to snaplen, with the true length'

"$CTL" capture start vlan1 -w "$T/x.pcapng" -f 'arp amd icmp' 2>"$T/out"
[ $? -eq 1 ] && grep -q '"amd" is neither' "$T/out" &&
	[ ! -e "$T/x.pcapng" ]
result $? 'a bad filter is refused, with the word that is wrong'

# ---- streams ----
start stream sh -c "'$CTL' capture vlan1 -w - -c 20 >'$T/stream.pcapng'"
stream=$pid
wait_until "any_runs"
traffic 15
wait_until "! running $stream"
wait "$stream"
result $? 'a stream of -c frames ends by itself'
has "$T/stream.pcapng" 20 'and has as many'
[ "$(statistics "$T/stream.pcapng")" -ge 2 ]
result $? 'and its statistics'

start stream sh -c "'$CTL' capture vlan1 -w - | head -c 1000 >'$T/head'"
stream=$pid
wait_until "any_runs"
traffic 15
wait_until "! running $stream"
result $? 'head has seen enough: the capture ends, though no frame comes'
wait_until "! any_runs"
result $? 'in the switch, too'
grep -q 'frames captured' "$T/stream.log" && ! grep -qi pipe "$T/stream.log"
result $? 'without complaint'

mkfifo "$T/fifo"
start reader sh -c "head -c 1000 <'$T/fifo' >'$T/head'"
start stream sh -c "exec '$CTL' capture vlan1 -w - >'$T/fifo'"
stream=$pid
wait_until "any_runs"
traffic 15
wait_until "! running $stream"
wait "$stream"
result $? 'and its exit status is 0'

start stream "$CTL" capture vlan1 -w "$T/int.pcapng"
stream=$pid
wait_until "any_runs"
traffic 10
stop "$stream" INT
result $? 'an interrupted capture is no failure'
has "$T/int.pcapng" 20 'and complete'
[ "$(statistics "$T/int.pcapng")" -ge 2 ]
result $? 'with its statistics'
grep -q '^20 frames captured, 0 dropped' "$T/stream.log"
result $? 'as it tells'

start stream "$CTL" capture vlan1 -w "$T/killed.pcapng"
stream=$pid
wait_until "any_runs"
stop "$stream" KILL
wait_until "! any_runs"
result $? 'a client that is killed takes its capture along'

# ---- disks that fail ----
start monitor "$CTL" monitor
monitor=$pid
wait_until "id=\$('$CTL' capture start vlan1 -w /dev/full) &&
	grep -q capture.failed '$T/monitor.log'"
result $? 'a capture that fails is an event'
wait_until "shows '$id' failed"
"$CTL" capture show "$id" | grep -q 'failed .* /dev/full: No space left'
result $? 'and listed with its reason'
stop "$monitor" INT
traffic 10
result $? 'frames go on'
check 'the books balance' "$CTL" stats --check

# ---- the end of the switch ----
start stream "$CTL" capture vlan1 -w "$T/gone.pcapng"
stream=$pid
wait_until any_runs
id=$("$CTL" capture start vlan1 -w "$T/term.pcapng")
traffic 10
stop "$echo_pid" KILL
stop_switch
wait_until "! running $stream"
wait "$stream"
[ $? -eq 3 ]
result $? 'a client whose switch goes ends with status 3'
has "$T/gone.pcapng" 20 'and has everything'
has "$T/term.pcapng" 20 'a switch that ends in order leaves captures whole'
[ "$(statistics "$T/term.pcapng")" -ge 2 ]
result $? 'with their statistics'

with_stations
id=$("$CTL" capture start vlan1 -w "$T/kill.pcapng")
traffic 500 1000
written() { # is what was accepted on disk?
	"$CTL" -j capture show "$id" | grep -q \
		'"accepted_bytes":\([0-9]*\),"written_bytes":\1[,}]'
}
wait_until written
stop "$switch_pid" KILL
has "$T/kill.pcapng" 1000 'a switch that is killed leaves what it had written'

# Killed while it writes, at best a part of one block is there too much.
with_stations
id=$("$CTL" capture start vlan1 -w "$T/busy.pcapng")
start busy "$RAWPEER" "$sock" ping "$A" "$B" 1000000 1000 32
wait_until "[ \$(stat -c %s '$T/busy.pcapng') -gt 200000 ]"
stop "$switch_pid" KILL
tshark -n -r "$T/busy.pcapng" -T fields -e frame.len >"$T/fields" \
	2>"$T/tshark.log"
[ "$(wc -l <"$T/fields")" -ge 150 ] && [ "$(sort -u "$T/fields")" = 1000 ] &&
	! grep -v 'root\|cut short' "$T/tshark.log" | grep -q .
status=$?
result $status 'a switch that is killed at work leaves a readable file'
[ $status -eq 0 ] || diag "$T/tshark.log"

# ---- a full disk, in a mount namespace of the switch's own ----
# (In there, everybody else's files belong to nobody, plugins too.)
small=$T/small
mkdir "$small"
if [ ! -O "$TOP_BUILDDIR/out/lib/vdelab" ]; then
	skip 'a full disk' 'the build tree is another user'"'"'s'
elif unshare -Urm mount -t tmpfs -o size=64k none "$small" 2>"$T/out"; then
	cat >"$T/in-namespace" <<-EOF
		#!/bin/sh
		exec unshare -Urm sh -c 'mount -t tmpfs -o size=64k none "$small" &&
			exec "\$0" "\$@"' "$SWITCH" "\$@"
	EOF
	chmod +x "$T/in-namespace"
	SWITCH=$T/in-namespace
	with_stations
	id=$("$CTL" capture start vlan1 -w "$small/full.pcapng")
	other=$("$CTL" capture start vlan1 -w "$T/other.pcapng")
	traffic 100 1000
	wait_until "shows '$id' 'No space left'"
	result $? 'a full disk ends its capture'
	traffic 100 1000
	"$CTL" capture stop "$other" >"$T/out"
	has "$T/other.pcapng" 400 'and neither frames nor other captures'
	fields "/proc/$switch_pid/root$small/full.pcapng" frame.len
	status=$?
	[ $status -eq 0 ] && [ "$(wc -l <"$T/fields")" -ge 50 ] &&
		[ "$(sort -u "$T/fields")" = 1000 ]
	result $? 'whose file ends with a whole frame'
	check 'the books balance' "$CTL" stats --check
	stop_switch
else
	skip 'a full disk' "no mount namespace: $(head -n 1 "$T/out")"
fi
finish
