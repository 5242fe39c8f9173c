#!/bin/sh
# Ports that are declared: whoever attaches has its place, its name and its
# settings before its first frame.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c
CONF=$T/lab.conf
VDELAB_DIR=$T/sw
export VDELAB_DIR
umask 077

base="segment add lobby
segment add blue mode 8021q
segment add red
plugin load link
port declare one segment blue socket lobby mac $A
port declare two segment blue socket lobby kind vde number 7 mtu 1500
port declare three segment red kind stream
vlan add one vid 10 pvid untagged
vlan add two vid 10 pvid untagged"

config() { # MORE
	printf '%s\n%s\n' "$base" "$1" >"$CONF.new" && mv "$CONF.new" "$CONF"
}

config ''
check 'declarations are checked' "$SWITCH" --config "$CONF" --check-config
start_switch --config "$CONF"
lobby=$T/sw/lobby
check 'absent ports are listed' sh -c \
	"'$CTL' port show blue | grep -q 'one .*absent'"

# ---- from the first frame on ----
n=0
good=0
while [ $n -lt 5 ]; do
	n=$((n + 1))
	attach echo "$RAWPEER" "v3:$lobby@7" echo "$B"
	echo_pid=$pid
	# A frame that got no answer is an error of ping.
	"$RAWPEER" "v3:$lobby" ping "$A" "$B" 20 100 >"$T/ping.log" 2>&1 ||
		break
	stop "$echo_pid"
	wait_until "'$CTL' port show blue | grep -c absent | grep -qx 2" ||
		break
	good=$((good + 1))
done
[ $good -eq 5 ]
result $? 'five times, the first frame finds its way by address and number'
[ $good -eq 5 ] || diag "$T/ping.log"

attach echo "$RAWPEER" "v3:$lobby@7" echo "$B"
echo_pid=$pid
check 'a port has the name and the MTU of its declaration' sh -c \
	"'$CTL' port show blue | grep -q 'two *blue *vde *1500'"
check 'and its VLAN' sh -c "'$CTL' -j vlan show blue |
	grep -q '\"port\":\"two\".*\"pvid\":10'"
# A station in the lobby, while blue is busy: the first frame that it sees is
# one from the lobby.
start busy "$RAWPEER" "v3:$lobby" ping "$A" "$B" 1000000 100 8
busy=$pid
wait_until "! '$CTL' port show blue | grep -q absent"
attach other "$RAWPEER" "v3:$lobby" first "$((4 * PATIENCE_S))" "$C"
other=$pid
"$RAWPEER" "v3:$lobby" say "$C" >/dev/null
wait "$other"
result $? 'a station in the lobby sees nothing of blue'
kill -0 "$busy"
result $? 'which was busy all the time'
stop "$busy"

# ---- by vdelabctl, and remembered ----
check 'a port is blocked' "$CTL" link set two block
timeout 2 "$RAWPEER" "v3:$lobby" ping "$A" "$B" 1 100 >"$T/ping.log" 2>&1
check 'frames stay out' sh -c \
	"'$CTL' link show two | grep -q 'block *block  *[0-9]*  *[1-9]'"
stop "$echo_pid"
wait_until "'$CTL' port show blue | grep -q 'two .*absent'"
attach echo "$RAWPEER" "v3:$lobby@7" echo "$B"
echo_pid=$pid
check 'it is blocked when it comes back' sh -c \
	"'$CTL' link show two | grep -q 'block *block'"
check 'it is unblocked' "$CTL" link set two unblock
check 'frames pass again' "$RAWPEER" "v3:$lobby" ping "$A" "$B" 5 100
stop "$echo_pid"
wait_until "'$CTL' port show blue | grep -q 'two .*absent'"
check 'a port is blocked before it comes' "$CTL" link set two block
attach echo "$RAWPEER" "v3:$lobby@7" echo "$B"
echo_pid=$pid
check 'and is' sh -c "'$CTL' link show two | grep -q 'block *block'"
check 'a mistake is told' sh -c \
	"! '$CTL' port declare x segment blue socket lobby mac $A 2>'$T/out' &&
	grep -q 'port one is declared for the same' '$T/out'"
check 'a port is declared by hand' \
	"$CTL" port declare hand segment red description 'raw*'
check 'and undeclared' "$CTL" port undeclare hand

# ---- reload ----
config 'link set two block in
vlan add two vid 20'
check 'a reload adds settings to a port that is there' "$CTL" reload
check 'they hold' sh -c "'$CTL' -j vlan show blue |
	grep -q '\"port\":\"two\".*\"vid\":20'"
config 'link set two unblock'
check 'a reload takes them back' "$CTL" reload
check_fails 'they are gone' sh -c "'$CTL' -j vlan show blue |
	grep -q '\"vid\":20'"
base=$(echo "$base" | grep -v ' two ')
config ''
check 'a declaration goes by a reload' "$CTL" reload
check 'its port stays until its peer goes' sh -c \
	"'$CTL' port show blue | grep -q 'two *blue *vde'"
stop "$echo_pid"
wait_until "! '$CTL' port show blue | grep -q two"
result $? 'and then is no more'
stop_switch
finish
