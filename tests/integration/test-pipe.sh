#!/bin/sh
# The plugin pipe in a real switch: programs that decide on frames, good ones
# and bad ones.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
PEER=$TOP_BUILDDIR/tests/integration/pipepeer
VDELAB_DIR=$T/sw
export VDELAB_DIR

# Good programs have time: the machine may be busy.
echo "plugin load pipe segment vlan2 deadline=30000 -- $PEER pass" >"$T/conf"
start_switch --segment vlan1 --segment vlan2 --config "$T/conf" \
	--plugin "pipe:vlan1,deadline=30000,command=$PEER pass"
sock=stream:$T/sw/vlan1/stream
two=stream:$T/sw/vlan2/stream

attach echo "$RAWPEER" "$sock" echo "$B"
echo_pid=$pid
attach echo2 "$RAWPEER" "$two" echo "$B"

pings() { # NAME N SIZE WINDOW
	check "$1" "$RAWPEER" "$sock" ping "$A" "$B" "$2" "$3" "$4"
}

counter() { # NAME, of the instance pipe
	"$CTL" -j plugin show | sed 's/{"id":/\n&/g' | grep '"id":"pipe"' |
		grep -o "\"$1\":{\"value\":[0-9]*" | sed 's/.*://'
}

usable() {
	"$CTL" -j pipe show | grep -q '"usable":true'
}

logged() { # TEXT
	wait_until "grep -q -- '$1' '$T/switch.log'"
}

load() { # ARG...: in place of the last
	"$CTL" plugin unload pipe >/dev/null 2>&1
	"$CTL" plugin load pipe segment vlan1 "$@" >"$T/check.log" 2>&1 ||
		bail "no pipe: $(cat "$T/check.log")"
	wait_until usable
}

# ---- good ones ----
wait_until usable
for size in 60 1514 65550; do
	pings "what passes arrives, frames of $size octets" 200 "$size" 8
done
[ "$(counter passed)" -ge 1200 ]
result $? 'by the program'
check 'one of the configuration file likewise' \
	"$RAWPEER" "$two" ping "$A" "$B" 50 1514 4
check 'a reload' "$CTL" reload
check 'pipe show' "$CTL" pipe show
check 'the books balance' "$CTL" stats --check

load deadline=30000 -- "$PEER" change
pings 'what is changed twice is as it was' 200 1514 8
[ "$(counter changed)" -ge 400 ]
result $? 'changed by the program'

load deadline=30000 -- "$PEER" backwards
pings 'frames keep their order, whatever that of the answers' 500 200 32

load -- "$PEER" drop
start lost "$RAWPEER" "$sock" ping "$A" "$B" 1 60
lost_pid=$pid
wait_until '[ "$(counter dropped)" -gt 0 ]'
result $? 'what is dropped is'
running "$lost_pid"
result $? 'and does not arrive'
stop "$lost_pid" KILL
check 'the books balance' "$CTL" stats --check

if command -v python3 >/dev/null; then
	load deadline=30000 -- \
		"$TOP_SRCDIR/examples/programs/pipe-drop-ipv6.py"
	pings 'the example in Python lets pass' 100 200 4
	logged 'pipe: port .* is vlan1 stream'
	result $? 'and knows ports by name'
else
	skip 'the example in Python' 'python3 is not installed'
fi
cd "$TOP_SRCDIR/examples/programs" || bail 'no examples'
load deadline=30000 -- ./pipe-drop-nth.sh 1000
cd "$OLDPWD" || bail 'no way back'
pings 'the example in shell lets pass' 10 200 1
[ "$(counter passed)" -ge 20 ]
result $? 'by its own decision'
load deadline=30000 -- "$TOP_SRCDIR/examples/programs/pipe-drop-nth.sh" 1
start lost "$RAWPEER" "$sock" ping "$A" "$B" 1 60
lost_pid=$pid
wait_until '[ "$(counter dropped)" -gt 0 ]'
result $? 'and drops'
stop "$lost_pid" KILL

# ---- bad ones ----
bad() { # MODE WHAT-IS-LOGGED
	load fail=open deadline=100 -- "$PEER" "$1"
	pings "$1: what is undecided passes" 100 200 4
	logged "pipe: .*$2"
	result $? "$1: the log says why"
	check "$1: the books balance" "$CTL" stats --check
}

bad crash 'killed by signal 6'
bad quits 'the program has ended: exit status 0'
bad hang 'it has not answered for [0-9]* ms'
bad garbage 'it is shorter than a header'
bad invents 'there is no frame of that id'
bad twice 'the frame was answered already'
bad flood 'the frame was answered already'
bad closes 'it has closed descriptor 3'
bad forks 'the program has ended: exit status 1'
child=$(sed -n 's/.*pipe: child //p' "$T/switch.log" | head -n 1)
wait_until "! running $child"
result $? 'forks: its children go with it'

load fail=open deadline=20 window=4 -- "$PEER" unread
pings 'unread: what is undecided passes' 50 65550 4
check 'unread: the books balance' "$CTL" stats --check

load fail=closed -- "$PEER" crash
start lost "$RAWPEER" "$sock" ping "$A" "$B" 1 60
lost_pid=$pid
wait_until '[ "$(counter undecided)" -gt 0 ]'
result $? 'with fail=closed what is undecided is dropped'
stop "$lost_pid" KILL
"$CTL" -j stats show | grep -q '"balanced":true'
result $? 'and in the books'

load -- "$PEER" pass
check 'settings change' "$CTL" plugin set pipe deadline=500 fail=open
"$CTL" pipe show | grep -q 'deadline *500'
result $? 'and are shown'
check_fails 'others do not' "$CTL" plugin set pipe stage=egress

# ---- loaded and unloaded under traffic ----
start busy "$RAWPEER" "$sock" ping "$A" "$B" 20000 200 8
busy_pid=$pid
for i in 1 2 3 4 5; do
	load fail=open -- "$PEER" pass
	"$CTL" stats --check >"$T/check.log" 2>&1
	result $? "traffic goes on, and the books balance ($i)"
done
"$CTL" plugin unload pipe
wait_until "! running $busy_pid"
wait "$busy_pid"
result $? 'no frame was lost'

running "$echo_pid"
result $? 'nobody else has noticed'
stop_switch
finish
