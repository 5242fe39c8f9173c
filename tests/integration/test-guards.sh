#!/bin/sh
# Plugins that stand guard at ports, in a real switch: frames picked out by
# link, filter, mirror, storm and portsec.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c
D=52:54:00:00:00:0d
VDELAB_DIR=$T/sw
CONF=$T/lab.conf
export VDELAB_DIR
umask 077

# Two rules, and before them what $1 says.
config() {
	printf '%s\n' 'segment add vlan1' 'plugin load filter' "$@" \
		"filter add deny filter 'ether src $C'" \
		"filter add deny filter 'ether dst $C'" >"$CONF"
}

config
check 'a configuration with filters is right' \
	"$SWITCH" --config "$CONF" --check-config
start_switch --config "$CONF" --plugin link --plugin mirror --plugin portsec
sock=stream:$T/sw/vlan1/stream

attach echo "$RAWPEER" "$sock" echo "$B"
port=$("$CTL" -j port | sed -n 's/.*"name":"\([^"]*\)".*/\1/p')

reaches() {
	check "$1" "$RAWPEER" "$sock" ping "$A" "$B" 20 100 4
}

# is_stopped NAME COUNT-COMMAND: a ping is sent, and that counts
is_stopped() {
	before=$($2)
	start ping "$RAWPEER" "$sock" ping "$A" "$B" 1 100
	wait_until "[ \"\$($2)\" -gt $before ]"
	result $? "$1"
	stop "$pid" KILL
}

dropped() { # of the plugin $guard, for $reason
	"$CTL" -j plugin | tr '{}' '\n\n' | awk -v id="\"$guard\"" \
		-v key="\"$reason\":" '
		index($0, "\"id\":" id) { mine = 1 }
		mine && drops && match($0, key "[0-9]+") {
			print substr($0, RSTART + length(key), RLENGTH - length(key))
			found = 1
			exit
		}
		{ drops = /"drops":$/ } # an option may have the same name
		END { if (!found) print 0 }'
}

# ---- link: single frames ----

check 'hold a frame' "$CTL" link hold "$port" filter "ether src $B" \
	direction in
start ping "$RAWPEER" "$sock" ping "$A" "$B" 1 100
ping_pid=$pid
held() {
	"$CTL" -j link show "$port" | grep -q '"held":1'
}
wait_until held
result $? 'it is held'
running "$ping_pid"
result $? 'and does not arrive'
"$CTL" link show "$port" | grep -q "hold 'ether src $B' in, 1 of 1 seen, 1 held"
result $? 'people can see that'
check 'release it' sh -c \
	"'$CTL' link release '$port' | grep -q '^1 frames released'"
wait_until "! running $ping_pid"
wait "$ping_pid"
result $? 'it arrives, whole'
check 'what is gone can be forgotten' "$CTL" link forget 1

guard=link reason=picked
check 'drop the third' "$CTL" link drop "$port" filter "ether src $B" nth 3
check 'two arrive' "$RAWPEER" "$sock" ping "$A" "$B" 2 100 1
is_stopped 'the third does not' dropped
reaches 'the fourth does'

# ---- filter ----

guard=filter reason=denied
check 'deny' "$CTL" filter add deny filter "ether src $B" port "$port" \
	direction in before 1
is_stopped 'what is denied does not arrive' dropped
"$CTL" filter | sed -n 2p | grep -qE "^ *3 +deny +$port +in +[1-9]"
result $? 'it comes first, and has matched'
check 'remove the rule' "$CTL" filter del 3
reaches 'without it frames arrive'
config "filter add allow filter 'ether src $C and ether dst $A'"
kill -HUP "$switch_pid"
reordered() {
	"$CTL" filter | sed -n 2p | grep -q allow
}
wait_until reordered
result $? 'rules keep the order of a configuration that is read again'

# ---- mirror ----

# What B answers goes to A alone, so the watcher sees a copy or nothing.
answer=$(echo "$A$B" | tr -d :)
attach watch "$RAWPEER" "$sock" await 60 0 "$answer"
watch_pid=$pid
watcher=$("$CTL" -j port | tr '{' '\n' | sed -n 's/.*"name":"\([^"]*\)".*/\1/p' |
	grep -vx "$port")
check 'mirror a port' "$CTL" mirror add "$watcher" from "$port"
reaches 'who is watched notices nothing'
wait_until "! running $watch_pid"
wait "$watch_pid"
result $? 'who watches sees its frames'
check 'end the mirror' "$CTL" mirror del 1

# ---- portsec ----

guard=portsec reason=violation
check 'only somebody else' "$CTL" portsec allow "$port" "$C"
is_stopped 'a station that is not allowed is not heard' dropped
"$CTL" portsec | grep -q "$C (fixed)"
result $? 'it is shown who may'
check 'as many as there are' "$CTL" portsec set "$port" max 2
reaches 'one that is learned is heard'
check 'nothing is secured' "$CTL" portsec del "$port"

# ---- storm ----

check 'limit the unknown' "$CTL" plugin load storm segment vlan1 unknown=1
guard=storm reason=unknown
start flood "$RAWPEER" "$sock" ping "$A" "$D" 40 100 40
flooded() {
	[ "$(dropped)" -ge 30 ]
}
wait_until flooded
result $? 'frames for nobody are dropped beyond the limit'
"$CTL" storm | grep -q '1 frames, [0-9]* dropped'
result $? 'that is shown'
stop "$pid" KILL
reaches 'frames for somebody are not'

check 'the books balance' "$CTL" stats --check
for plugin in link filter mirror storm portsec; do
	check "unload $plugin" "$CTL" plugin unload "$plugin"
done
reaches 'without them everything arrives'
check 'the books still balance' "$CTL" stats --check

stop_switch
finish
