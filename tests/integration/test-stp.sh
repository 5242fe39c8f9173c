#!/bin/sh
# Two switches joined by two cables: one is kept closed, and takes over when the
# other is lost.  Their BPDUs as tshark sees them.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
near=$T/sw   # the root
far=$T/far

# Stations attach to a segment of their own, with a cable to lab: so they need
# not wait for the spanning tree to let them in.
start_switch --segment lab --segment stations --plugin capture
mkdir "$far" && chmod 700 "$far"
: >"$T/far-ready"
start far-switch "$SWITCH" --dir "$far" --ready-fd 9 --segment lab \
	--segment stations --plugin link 9>"$T/far-ready"
far_pid=$pid
wait_until "[ -s '$T/far-ready' ] || ! running $far_pid"

# `near` and `far` are vdelabctl for one of them
mkdir "$T/bin"
for side in near far; do
	eval "dir=\$$side"
	printf '#!/bin/sh\nexec "%s" -t "%s" "$@"\n' "$CTL" "$dir" \
		>"$T/bin/$side"
	chmod +x "$T/bin/$side"
done
PATH=$T/bin:$PATH

# role near|far PORT: its role and state, "root forwarding"
role() {
	"$1" stp show lab 2>/dev/null | awk -v port="$2" \
		'$1 == port { print $3, $4 }'
}

# becomes NAME near|far PORT ROLE STATE
becomes() {
	wait_until "[ \"\$(role $2 $3)\" = '$4 $5' ]"
	result $? "$1"
	[ "$(role "$2" "$3")" = "$4 $5" ] && return
	"$2" stp show lab | sed 's/^/# /'
}

is() { # NAME near|far PORT ROLE STATE, now
	[ "$(role "$2" "$3")" = "$4 $5" ]
	result $? "$1"
}

reaches() { # NAME
	check "$1" "$RAWPEER" "stream:$near/stations/stream" \
		ping "$A" "$B" 50 100 8
}

add_cable() { # NAME
	far port add lab stream name "$1" path="$near/lab/stream" \
		>"$T/check.log" 2>&1 || bail "no cable: $(cat "$T/check.log")"
}

check 'the near segment is told to be the root' near stp set lab priority=4096
check 'it takes part' near segment set lab stp=rstp || bail 'no spanning tree'
check 'the far one does, too' far segment set lab stp=rstp ||
	bail 'no spanning tree'
near port add lab stream name home path="$near/stations/stream" >/dev/null
far port add lab stream name home path="$far/stations/stream" >/dev/null
add_cable one
add_cable two

becomes 'the first cable is the way to the root' far one root forwarding
becomes 'the second is closed' far two alternate discarding
becomes 'the stations are let in' near home designated forwarding
becomes 'on both sides' far home designated forwarding
near stp show lab | grep -q 'the root$'
result $? 'the root knows that it is'
[ "$(near -j stp show lab | sed 's/.*"root_id":"\([^"]*\)".*/\1/')" = \
	"$(far -j stp show lab | sed 's/.*"root_id":"\([^"]*\)".*/\1/')" ]
result $? 'and the other agrees'

attach echo "$RAWPEER" "stream:$far/stations/stream" echo "$B"
reaches 'frames cross'

# ---- no storm ----

rx() { # frames that have come in by the segment's ports
	far stats lab | awk '$1 == "lab" { print $2 }'
}
before=$(rx)
i=0
while [ $i -lt 10 ]; do
	"$RAWPEER" "stream:$near/stations/stream" say "$A" >/dev/null
	i=$((i + 1))
done
wait_until "[ \$(rx) -ge $((before + 20)) ]"
result $? 'a broadcast comes by either cable'
after=$(rx)
far stats lab | grep -q 'stp [1-9]'
result $? 'and is counted where it ends'
# BPDUs come too, and the answers of the echo
[ $((after - before)) -lt 100 ]
result $? 'nothing goes round in a circle'

# ---- a cable is lost ----

check 'the first cable is pulled out' far port del one
is 'the second takes over at once' far two root forwarding
reaches 'frames cross by it'
add_cable one
# at the port of the root that has the lowest number again
becomes 'when it is put back it is the way again' far one root forwarding
becomes 'and the second is closed' far two alternate discarding

check 'the first goes silent' far link set one block
becomes 'three hello times later the second takes over' far two root forwarding
reaches 'frames cross by that'
check 'it is heard again' far link set one unblock
becomes 'and is the way again' far one root forwarding

# ---- settings while it runs ----

check 'the second is made cheaper' far stp set-port two cost=1000
becomes 'and is taken' far two root forwarding
becomes 'in place of the first' far one alternate discarding
reaches 'without loss of the way'
check 'the far segment is made the root' far stp set lab priority=0
becomes 'its ports are designated' far one designated forwarding
wait_until "near stp show lab | grep -q 'root 0000'"
result $? 'the near one has heard of it'
reaches 'frames cross the other way round'
check 'the near one speaks STP' near segment set lab stp=stp
wait_until "far stp show lab | grep -q 'stp\$'"
result $? 'its neighbour finds out'
check 'and RSTP again' near segment set lab stp=rstp
check 'on request' sh -c 'far stp migrate one && far stp migrate two'
becomes 'so that all is well' near home designated forwarding
reaches 'and frames cross'

# ---- what others make of our BPDUs ----

field() { # FILTER FIELD...: of all frames that match, each once
	filter=$1
	shift
	for name; do
		set -- "$@" -e "$name"
		shift
	done
	tshark -r "$T/lab.pcapng" -Y "$filter" -T fields "$@" 2>/dev/null |
		sort -u
}

if command -v tshark >/dev/null; then
	address=$(near -j stp show lab |
		sed 's/.*"address":"\([^"]*\)".*/\1/')
	own="eth.src == $address"
	near capture start lab -w "$T/lab.pcapng" -d both >/dev/null
	far stp reset lab
	near stp set lab priority=4096 max-age=10 hello-time=1
	wait_until "tshark -r '$T/lab.pcapng' \
		-Y '$own && stp.max_age == 10 && stp.root.cost == 0' \
		2>/dev/null | grep -q ."
	result $? 'tshark finds our BPDUs'
	field "$own && stp" stp.type stp.version | grep -qx '0x02	2'
	result $? 'they are RST BPDUs'
	[ "$(field "$own && stp.root.cost == 0" stp.bridge.prio \
		stp.bridge.hw | tail -n 1)" = "4096	$address" ]
	result $? 'of our bridge'
	field "$own && stp.root.cost == 0" stp.max_age stp.hello \
		stp.forward | grep -qx '10	1	15'
	result $? 'with our times'
	[ -z "$(field "stp && (_ws.expert || _ws.malformed)" frame.number)" ]
	result $? 'and nothing is wrong with them'
else
	skip 'tshark reads our BPDUs' 'tshark is not installed'
fi

# ---- the end ----

check 'the spanning tree is turned off, with one cable' sh -c '
	far port del two && far segment set lab stp=off &&
	near segment set lab stp=off'
reaches 'frames cross without it'
check 'the far books balance' far stats --check
stop "$far_pid"
stop_switch
finish
