#!/bin/sh
# What plugs into a VDE switch: a segment's cable to it, vde_plug2tap, slirpvde,
# with the kernel's own stations behind them, in a user and network namespace.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need ip busybox socat unshare nsenter
in_namespaces -Urnm

COMPAT=$TOP_BUILDDIR/out/libexec/vdelab/compat
PLUG2TAP=$COMPAT/vde_plug2tap
SLIRPVDE=$COMPAT/slirpvde
REAL=$(PATH=/usr/bin:/bin command -v vde_switch)
VDELAB_DIR=$T/sw
export VDELAB_DIR
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b

ip link set lo up
start far unshare -n sleep 1000
far=$pid
here_ns=$(readlink /proc/self/ns/net)
wait_until "[ \"\$(readlink /proc/$far/ns/net)\" != '$here_ns' ]"
in_far() {
	nsenter -t "$far" -n "$@"
}

# start_other PROGRAM: a VDE switch at $T/other, until stop_other
start_other() {
	[ -p "$T/other.in" ] || mkfifo "$T/other.in"
	"$1" -s "$T/other" -M "$T/other.mgmt" <"$T/other.in" \
		>"$T/other.out" 2>&1 &
	other=$!
	pids="$pids $other"
	exec 7>"$T/other.in"
	wait_until "[ -S '$T/other/ctl' ]"
}

stop_other() {
	exec 7>&-
	stop "$other"
}

has_carrier() { # true or false: the plug, the only port
	"$CTL" -j port show | grep -q "\"carrier\":$1"
}

# cabled NAME PROGRAM: a segment's cable to that switch
cabled() {
	start_other "$2"
	start_switch --segment lab
	check "$1: a plug is added" \
		"$CTL" port add lab plug name=up "sock=$T/other" number=5
	attach far_station "$RAWPEER" "v3:$T/other" echo "$B"
	station=$pid
	check "$1: frames cross the cable both ways" \
		"$RAWPEER" "v3:$T/sw/lab" ping "$A" "$B" 20 1514
	check "$1: it has the port it wanted" sh -c \
		"'$COMPAT/vdecmd' -s '$T/other.mgmt' port/print 5 |
			grep -q 'vdelab-switch'"
	stop "$station"
	stop_other
	wait_until "has_carrier false"
	result $? "$1: a switch that goes is noticed"
	start_other "$2"
	attach far_station "$RAWPEER" "v3:$T/other@6" echo "$B"
	station=$pid
	wait_until "has_carrier true"
	check "$1: and one that comes back as well" \
		"$RAWPEER" "v3:$T/sw/lab" ping "$A" "$B" 20 60
	stop "$station"
	stop_switch
	stop_other
	rm -rf "$T/sw" "$T/ready"
}

# ---- vde_switch --tap ----
if (: <>/dev/net/tun) 2>/dev/null; then
	mkfifo "$T/tap.in"
	"$COMPAT/vde_switch" -s "$T/tap" -M "$T/tap.mgmt" -tap face0 \
		-tap face1 <"$T/tap.in" >"$T/tap.out" 2>&1 &
	tapped=$!
	pids="$pids $tapped"
	exec 8>"$T/tap.in"
	wait_until "[ -S '$T/tap.mgmt' ]"
	wait_until 'ip link show face1 >/dev/null 2>&1'
	result $? '--tap makes interfaces'
	check '--tap: they have ports' sh -c \
		"'$COMPAT/vdecmd' -s '$T/tap.mgmt' port/print |
			grep -c ' module tuntap      : face[01]$' |
			grep -qx 2"
	ip addr add 10.9.1.1/24 dev face0
	ip link set face0 up
	attach tapsniff "$RAWPEER" "v3:$T/tap" await "$PATIENCE_S" 12 0806
	busybox ping -c 1 -W 1 10.9.1.77 >/dev/null
	wait "$pid"
	result $? '--tap: the kernel is heard'
	exec 8>&-
	stop "$tapped"
	check_fails '--tap: they go with the switch' ip link show face0
else
	skip '--tap' '/dev/net/tun cannot be used'
fi

# hide_tun: from what is started from now on in this mount namespace
hide_tun() {
	mkdir "$T/net"
	[ ! -d /dev/net ] || mount --bind "$T/net" /dev/net
}
hide_tun
[ ! -e /dev/net/tun ] || skip_all 'cannot hide /dev/net/tun'

# the kernel's ends: v1 there, w1 here, and the switch between them
kernel_stations() {
	ip link add v0 type veth peer name v1
	ip link set v1 netns "$far"
	in_far ip link set v1 up
	in_far ip addr add 10.9.0.2/24 dev v1
	ip link add w0 type veth peer name w1
	ip link set w1 up
	ip addr add 10.9.0.1/24 dev w1
}

# plugged NAME PROGRAM
plugged() {
	start_other "$2"
	kernel_stations
	start near "$PLUG2TAP" -s "$T/other" -p 7 -P "$T/near.pid" v0
	near=$pid
	start there "$PLUG2TAP" --sock "$T/other[8]" w0
	there=$pid
	wait_until 'busybox ping -c 1 -W 5 10.9.0.2 >/dev/null 2>&1'
	result $? "$1: the kernel talks to itself through two cables"
	wait_until 'busybox ping -c 1 -W 5 -s 1472 10.9.0.2 >/dev/null 2>&1'
	result $? "$1: long frames, whole"
	in_far timeout "$PATIENCE_S" socat -u TCP4-LISTEN:5000,reuseaddr \
		"OPEN:$T/got,creat,trunc" &
	listener=$!
	pids="$pids $listener"
	wait_until "in_far grep -q ':1388 .* 0A ' /proc/net/tcp"
	timeout "$PATIENCE_S" socat -u "OPEN:$T/data" TCP4:10.9.0.2:5000
	wait "$listener"
	check "$1: a megabyte by TCP" cmp "$T/data" "$T/got"
	check "$1: the ports are those that were wanted" sh -c \
		"'$COMPAT/vdecmd' -s '$T/other.mgmt' port/print |
			grep -c '^Port 000[78] ' | grep -qx 2"
	check "$1: the pid file" test "$(cat "$T/near.pid")" = "$near"
	stop "$near"
	result $? "$1: it ends in order when asked to"
	check_fails "$1: and its pid file is gone" test -e "$T/near.pid"
	stop_other
	wait_until "! running $there"
	wait "$there"
	result $? "$1: or when the switch goes"
	ip link del v0
	ip link del w0
}

# What udhcpc does with what it is given.
cat >"$T/udhcpc" <<-'END'
	#!/bin/sh
	[ "$1" = bound ] || exit 0
	ip addr add "$ip/24" dev "$interface"
	ip route add default via "$router"
	echo "$ip $router $dns" >"$GIVEN"
END
chmod +x "$T/udhcpc"

# dhcp TRIES: of a second each
dhcp() {
	in_far env GIVEN="$T/given" timeout "$((2 * PATIENCE_S))" \
		busybox udhcpc -f -n -q -t "$1" -T 1 -i v1 -s "$T/udhcpc" >"$T/udhcpc.log" 2>&1
}

# translated NAME PROGRAM: the far network is behind slirpvde
translated() {
	start_other "$2"
	ip link add v0 type veth peer name v1
	ip link set v1 netns "$far"
	in_far ip link set v1 up
	start near "$PLUG2TAP" -s "$T/other" v0
	near=$pid
	wait_until 'vdecmd port/print 1 >/dev/null'
	start slirp "$SLIRPVDE" -s "$T/other"
	slirp=$pid
	wait_until 'vdecmd port/print 2 >/dev/null'
	dhcp 3
	result "$(($? == 0))" "$1: without --dhcp nobody gives addresses"
	stop "$slirp"
	result $? "$1: slirpvde ends in order"

	rm -f "$T/given"
	timeout "$PATIENCE_S" "$SLIRPVDE" --dhcp -d -s "$T/other" --port 9 \
		-p "$T/slirp.pid" >"$T/slirp.log" 2>&1
	result $? "$1: slirpvde --dhcp is up when -d returns"
	check "$1: at the port that it was to have" sh -c \
		"'$COMPAT/vdecmd' -s '$T/other.mgmt' port/print 9"
	dhcp "$PATIENCE_S"
	result $? "$1: an address is given"
	check "$1: and it is the usual one" \
		grep -qx '10.0.2.15 10.0.2.2 10.0.2.3' "$T/given"
	ip addr add 192.0.2.1/32 dev lo
	timeout "$PATIENCE_S" socat -u TCP4-LISTEN:5001,reuseaddr \
		"OPEN:$T/got,creat,trunc" &
	listener=$!
	pids="$pids $listener"
	wait_until "grep -q ':1389 .* 0A ' /proc/net/tcp"
	in_far timeout "$PATIENCE_S" socat -u "OPEN:$T/data" \
		TCP4:192.0.2.1:5001
	wait "$listener"
	check "$1: a megabyte from there to the world" \
		cmp "$T/data" "$T/got"
	ip addr del 192.0.2.1/32 dev lo
	stop_other
	slirp=$(cat "$T/slirp.pid" 2>/dev/null)
	wait_until "[ ! -e '$T/slirp.pid' ]"
	result $? "$1: slirpvde goes with the switch"
	[ -z "$slirp" ] || kill -KILL "$slirp" 2>/dev/null
	stop "$near"
	ip link del v0
}

vdecmd() {
	"$COMPAT/vdecmd" -s "$T/other.mgmt" "$@"
}

head -c 1000000 /dev/urandom >"$T/data"
cabled 'our vde_switch' "$COMPAT/vde_switch"
plugged 'our vde_switch' "$COMPAT/vde_switch"
translated 'our vde_switch' "$COMPAT/vde_switch"
if [ -n "$REAL" ]; then
	cabled 'the real vde_switch' "$REAL"
	plugged 'the real vde_switch' "$REAL"
	translated 'the real vde_switch' "$REAL"
else
	skip 'the same with the real vde_switch' 'it is not installed'
fi

# ---- mistakes ----
check_fails 'no switch there' timeout "$PATIENCE_S" "$PLUG2TAP" -s "$T/nothing" lo
check_fails 'no interface named' timeout "$PATIENCE_S" "$PLUG2TAP" -s "$T/other"
start_other "$COMPAT/vde_switch"
check_fails 'an interface that does not exist' \
	timeout "$PATIENCE_S" "$PLUG2TAP" -s "$T/other" nothing
check_fails 'a port that does not exist' \
	timeout "$PATIENCE_S" "$PLUG2TAP" -s "$T/other[4000]" lo
stop_other
finish
