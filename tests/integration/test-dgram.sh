#!/bin/sh
# Real datagram peers on a real switch: by path and by descriptor, by hand and
# QEMU; and a switch that is killed under them.
[ -n "${WITHFDS:-}" ] ||
	exec env WITHFDS=yes \
		"${TOP_BUILDDIR:-.}/tests/integration/withfds" "$0"
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
# Descriptors 5 and 6 are a socketpair: the peer's end and the switch's.

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b

VDELAB_DIR=$T/sw
export VDELAB_DIR

start_switch --segment vlan1 --segment vlan2 5>&- 6>&-
one=$T/sw/vlan1
two=$T/sw/vlan2

window=8 # frames under way
ping_sizes() { # NAME SIZES CMD...
	name=$1
	sizes=$2
	shift 2
	for size in $sizes; do
		check "$name: frames of $size octets both ways" \
			"$@" ping "$A" "$B" 200 "$size" "$window"
	done
}

# ---- by path ----
check 'a port by path is added' \
	"$CTL" port add vlan1 dgram name=p path="$T/p" remote="$T/peer"
attach echo "$RAWPEER" "dgram:$T/peer:$T/p" echo "$B"
echo_pid=$pid
wait_until "grep -q 'connected to $T/peer' '$T/switch.log'"
result $? 'it finds a peer that comes later'
ping_sizes 'stream to dgram' '18 60 1514 9000 65550' \
	"$RAWPEER" "stream:$one/stream"
stop "$echo_pid" KILL
attach echo "$RAWPEER" "dgram:$T/peer:$T/p" echo "$B"
echo_pid=$pid
wait_until "[ \$(grep -c 'connected to $T/peer' '$T/switch.log') = 2 ] ||
	timeout 2 '$RAWPEER' stream:$one/stream ping $A $B 1 60 >/dev/null 2>&1"
check 'a peer that was killed and started again is back' \
	"$RAWPEER" "stream:$one/stream" ping "$A" "$B" 10 100
stop "$echo_pid"
check 'the port goes' "$CTL" port del p
check_fails 'and its socket' test -e "$T/p"

# ---- by descriptor: the switch may be killed ----
start echo "$RAWPEER" fd:5 echo "$B" 6>&-
echo_pid=$pid
check 'a port by descriptor is added' \
	"$CTL" port add vlan1 dgram name=q --fd 6
ping_sizes 'stream to socketpair' '18 60 1514 9000 65550' \
	"$RAWPEER" "stream:$one/stream"
stop "$switch_pid" KILL
rm -f "$T/ready" && mv "$T/sw" "$T/killed"
start_switch --segment vlan1 --segment vlan2 5>&- 6>&-
check 'the next switch takes the same descriptor' \
	"$CTL" port add vlan1 dgram name=q --fd 6
check 'and the peer has noticed nothing' \
	"$RAWPEER" "stream:$one/stream" ping "$A" "$B" 10 100
stop "$echo_pid"
check 'the port goes' "$CTL" port del q
check_fails 'a descriptor that is not open is a usage error' \
	"$CTL" port add vlan1 dgram --fd 77

# ---- QEMU ----
qemu_has_dgram() {
	command -v "$QEMU" >/dev/null &&
		"$QEMU" -M none -netdev help 2>&1 | grep -qx dgram
}

# cable NETDEV: QEMU between NETDEV, on vlan1, and a stream on vlan2
cable() {
	start cable "$QEMU" -M none -nodefaults -display none -monitor none \
		-serial none -netdev "dgram,id=a,$1" -netdev \
		"stream,server=off,addr.type=unix,addr.path=$two/stream,id=b" \
		-netdev hubport,id=ha,hubid=0,netdev=a \
		-netdev hubport,id=hb,hubid=0,netdev=b
	cable=$pid
}

if qemu_has_dgram; then
	# One at a time: when a socket takes only a part of a frame, QEMU 7.2
	# behind a hub sends the rest of another one after it.
	window=1
	attach far "$RAWPEER" "v3:$two" echo "$B" 5>&- 6>&-
	check 'a port for QEMU' \
		"$CTL" port add vlan1 dgram path="$T/sw/p" remote="$T/qemu"
	paths="local.type=unix,local.path=$T/qemu"
	paths="$paths,remote.type=unix,remote.path=$T/sw/p"
	cable "$paths"
	wait_until "timeout 2 '$RAWPEER' 'v3:$one' ping $A $B 1 60 \
		>/dev/null 2>&1"
	ping_sizes 'QEMU by path' '60 1514 9000 65550' "$RAWPEER" "v3:$one"
	stop "$cable" KILL
	"$RAWPEER" "v3:$one" say "$A" >/dev/null
	wait_until "'$CTL' port | grep -q 'no carrier'"
	result $? 'a QEMU that was killed is missed'
	cable "$paths"
	wait_until "timeout 2 '$RAWPEER' 'v3:$one' ping $A $B 1 60 \
		>/dev/null 2>&1"
	check 'another QEMU by the same path' \
		"$RAWPEER" "v3:$one" ping "$A" "$B" 10 100
	stop "$cable"

	cable local.type=fd,local.str=5 6>&-
	check 'a port for QEMU by descriptor' \
		"$CTL" port add vlan1 dgram name=q --fd 6
	wait_until "timeout 2 '$RAWPEER' 'v3:$one' ping $A $B 1 60 \
		>/dev/null 2>&1"
	ping_sizes 'QEMU by descriptor' '60 1514 9000 65550' \
		"$RAWPEER" "v3:$one"
	stop "$cable"
	exec 5>&- # the last copy of the peer's end
	"$RAWPEER" "v3:$one" say "$A" >/dev/null
	wait_until "! '$CTL' port | grep -q '^q '"
	result $? 'the port goes with its peer'
else
	skip 'QEMU' "$QEMU is not there, or does without dgram"
fi

stop_switch
finish
