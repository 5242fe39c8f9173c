#!/bin/sh
# The link plugin in a real switch: blocked ports drop silently.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR

start_switch --segment vlan1 --plugin link
sock=stream:$T/sw/vlan1/stream

attach echo "$RAWPEER" "$sock" echo "$B"
echo_pid=$pid
port=$("$CTL" -j port | sed -n 's/.*"name":"\([^"]*\)".*/\1/p')

reaches() {
	check "$1" "$RAWPEER" "$sock" ping "$A" "$B" 20 100 4
}

# A frame that is lost does not come back, so the ping waits until it is ended;
# that it was sent, and where it ended, is told by the counters.
is_lost() { # NAME COUNTER
	before=$(counter "$2")
	start ping "$RAWPEER" "$sock" ping "$A" "$B" 1 100
	wait_until "[ \"\$(counter $2)\" -gt $before ]"
	result $? "$1"
	running "$pid"
	result $? "$1: and nobody was told"
	stop "$pid" KILL
}

counter() { # of $port
	"$CTL" -j link show "$port" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

reaches 'a port is not blocked to begin with'

check 'block in' "$CTL" link set "$port" block in
is_lost 'what it sends is dropped' dropped_in
[ "$(counter dropped_out)" -eq 0 ]
result $? 'and nothing else'

check 'block out' "$CTL" link set "$port" block out
check 'unblock in' "$CTL" link set "$port" unblock in
is_lost 'what it would receive is dropped' dropped_out
check 'unblock' "$CTL" link set "$port" unblock
reaches 'an unblocked port carries frames again'

check 'block both' "$CTL" link set "$port" block
is_lost 'both are blocked' dropped_out
running "$echo_pid"
result $? 'its peer stays attached'
check 'drops are in the books' sh -c \
	"'$CTL' stats --check | grep -qE 'yes +plugin [1-9]'"
check 'a plugin that goes blocks nothing' "$CTL" plugin unload link
reaches 'its port carries frames again'
check 'and the books balance' "$CTL" stats --check

stop_switch
finish
