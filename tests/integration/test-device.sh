#!/bin/sh
# Taps, packet sockets and a multicast network on a real switch, with the
# kernel's own stations behind them, in a user and network namespace.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need ip busybox socat unshare nsenter
in_namespaces -Urn

WITHFDS=$TOP_BUILDDIR/tests/integration/withfds
VDELAB_DIR=$T/sw
export VDELAB_DIR
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b

ip link set lo up
start_switch --segment vlan1 --segment vlan2 --segment vlan3
one=$T/sw/vlan1

# The far network, where the other end of a veth lives.
start far unshare -n sleep 1000
far=$pid
here_ns=$(readlink /proc/self/ns/net)
wait_until "[ \"\$(readlink /proc/$far/ns/net)\" != '$here_ns' ]"
in_far() {
	nsenter -t "$far" -n "$@"
}

in_far ip link set lo up
ip link add v0 type veth peer name v1
ip link set v1 netns "$far"
in_far ip link set v1 up
in_far ip addr add 10.9.0.2/24 dev v1
in_far ip -6 addr add fd09::2/64 dev v1 nodad

# near DEV: the near station, a device of this namespace
near() {
	ip link set "$1" up
	ip addr add 10.9.0.1/24 dev "$1"
	ip -6 addr add fd09::1/64 dev "$1" nodad
}

pings() { # NAME ADDRESS [SIZE]
	check "$1" busybox ping -c 5 -i 0.1 -W "$PATIENCE_S" \
		-s "${3:-56}" "$2"
}

# transfer NAME FROM TO ADDRESS: a megabyte by TCP, from FROM's side to TO's
transfer() {
	case $4 in
	*:*) to="TCP6:[$4]:5000" listen=TCP6-LISTEN:5000 ;;
	*) to=TCP4:$4:5000 listen=TCP4-LISTEN:5000 ;;
	esac
	$3 timeout "$PATIENCE_S" socat -u "$listen,reuseaddr" \
		"OPEN:$T/got,creat,trunc" &
	listener=$!
	pids="$pids $listener"
	wait_until "$3 grep -q ':1388 .* 0A ' /proc/net/tcp /proc/net/tcp6"
	$2 timeout "$PATIENCE_S" socat -u "OPEN:$T/data" "$to"
	wait "$listener"
	check "$1" cmp "$T/data" "$T/got"
}
head -c 1000000 /dev/urandom >"$T/data"

oversize="'$CTL' -j port | grep -o '\"oversize\":[1-9]'"

check 'a packet port is added' "$CTL" port add vlan1 packet name=v dev=v0
check 'it tells which device it is' sh -c "'$CTL' -j port | grep -q '\"dev\":\"v0\"'"
check_fails 'a device that is not there is refused' \
	"$CTL" port add vlan1 packet dev=v7

# ---- by hand: a VDE client, and the kernel's ARP and ping behind a veth ----
attach sniff "$RAWPEER" "v3:$one" await "$PATIENCE_S" 12 0806
sniff=$pid
in_far busybox ping -c 1 -W 1 10.9.0.77 >/dev/null
wait "$sniff"
result $? 'frames of the far side arrive'

# vlans TYPE VID NEAR FAR: an interface on each side
vlans() {
	ip link add link "$3" name "near.$2" type vlan proto "$1" id "$2"
	ip addr add "10.9.$2.1/24" dev "near.$2"
	ip link set "near.$2" up
	in_far ip link add link "$4" name "far.$2" type vlan \
		proto "$1" id "$2"
	in_far ip addr add "10.9.$2.2/24" dev "far.$2"
	in_far ip link set "far.$2" up
}

# ---- a tap as the near station ----
has_tun() {
	ip tuntap add probe0 mode tap 2>/dev/null && ip link del probe0
}
if has_tun; then
	check 'a tap port is added' "$CTL" port add vlan1 tap name=tap0 mtu=1500
	near tap0
	pings 'tap to veth' 10.9.0.2
	check 'its MTU is changed' "$CTL" port set tap0 mtu 1400
	check 'with that of the interface' \
		sh -c 'ip link show tap0 | grep -q "mtu 1400"'
	"$CTL" port set tap0 mtu 1500
	pings 'tap to veth, IPv6' fd09::2
	pings 'tap to veth, a full frame' 10.9.0.2 1472
	pings 'tap to veth, fragments' 10.9.0.2 9000
	transfer 'TCP from the tap to the veth' '' in_far 10.9.0.2
	transfer 'TCP from the veth to the tap: checksums and long frames' \
		in_far '' 10.9.0.1
	transfer 'the same by IPv6' in_far '' fd09::1
	check_fails 'no frame was too long' sh -c "$oversize"

	if ip link add link tap0 name probe0 type vlan id 9 2>/dev/null; then
		ip link del probe0
		for tag in '802.1Q 5' '802.1ad 6'; do
			vlans "${tag% *}" "${tag#* }" tap0 v1
			pings "tags of $tag pass" "10.9.${tag#* }.2" 1400
			transfer "TCP under tags of $tag" \
				in_far '' "10.9.${tag#* }.1"
		done
		vlans 802.1Q 7 near.6 far.6
		pings 'two tags pass' 10.9.7.2 1400
	else
		skip 'tags' 'this kernel has no VLAN interfaces'
	fi

	ip link set tap0 down
	"$RAWPEER" "v3:$one" say "$A" >/dev/null
	wait_until "'$CTL' port | grep '^tap0 ' | grep -q 'no carrier'"
	result $? 'a tap that is set down has no carrier'
	ip link set tap0 up
	pings 'and carries on when it is up again' 10.9.0.2
	check_fails 'a tap in use is refused' \
		"$CTL" port add vlan1 tap name=x dev=tap0
	check_fails 'so is an interface that is no tap' \
		"$CTL" port add vlan1 tap name=x dev=v0
	ip link del tap0
	wait_until "! '$CTL' port | grep -q '^tap0 '"
	result $? 'the port goes with its interface'

	# of somebody else's making, with a header in front of each frame
	"$WITHFDS" --tap tap5 "$CTL" port add vlan1 tap name=t --fd 7 >/dev/null
	near tap5
	pings 'a tap by descriptor' 10.9.0.2 1472
	transfer 'TCP by it' in_far '' 10.9.0.1
	check 'it goes with the port' "$CTL" port del t
	check_fails 'and the interface with it' ip link show tap5
else
	skip 'taps' '/dev/net/tun cannot be used'
fi

# ---- a veth as the near station, too ----
ip link add w0 type veth peer name w1
"$WITHFDS" --packet w0 "$CTL" port add vlan1 packet name=w --fd 8 >/dev/null
ip link set w0 up
near w1
pings 'veth to veth, one by descriptor' 10.9.0.2 1472
transfer 'TCP between them' in_far '' 10.9.0.1
transfer 'and back' '' in_far 10.9.0.2
check_fails 'no frame was too long for anybody' sh -c "$oversize"
ip link set w0 down
wait_until "'$CTL' port | grep '^w ' | grep -q 'no carrier'"
result $? 'a device that is set down has no carrier'
ip link set w0 up
pings 'and carries on when it is up again' 10.9.0.2
ip link del w0
wait_until "! '$CTL' port | grep -q '^w '"
result $? 'the port goes with its device'

# ---- multicast ----
"$CTL" port add vlan2 mcast name=m addr=230.0.0.1:1234 local=127.0.0.1 \
	>/dev/null
"$CTL" port add vlan3 mcast name=n addr=230.0.0.1:1234 local=127.0.0.1 \
	>/dev/null
attach echo "$RAWPEER" "v3:$T/sw/vlan3" echo "$B"
echo_pid=$pid
for size in 60 1514 9000 65507; do
	check "between two segments by multicast: $size octets" \
		"$RAWPEER" "v3:$T/sw/vlan2" ping "$A" "$B" 100 "$size" 4
done
"$CTL" port del n
stop "$echo_pid"

if command -v "$QEMU" >/dev/null; then
	start cable "$QEMU" -M none -nodefaults -display none -monitor none \
		-serial none -netdev \
		socket,id=a,mcast=230.0.0.1:1234,localaddr=127.0.0.1 \
		-netdev "vde,id=b,sock=$T/sw/vlan3" \
		-netdev hubport,id=ha,hubid=0,netdev=a \
		-netdev hubport,id=hb,hubid=0,netdev=b
	cable=$pid
	# QEMU hears itself, so nothing can answer through it: each way alone
	for way in '2 3' '3 2'; do
		attach sniff "$RAWPEER" "v3:$T/sw/vlan${way#* }" \
			await "$PATIENCE_S" 6 52540000000a
		sniff=$pid
		wait_until "'$RAWPEER' 'v3:$T/sw/vlan${way% *}' say $A \
			>/dev/null; ! running $sniff"
		wait "$sniff"
		result $? "by multicast and QEMU, vlan${way% *} to vlan${way#* }"
	done
	stop "$cable"
else
	skip 'QEMU by multicast' "$QEMU is not there"
fi

stop_switch
finish
