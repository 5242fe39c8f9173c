#!/bin/sh
# Access and trunk ports, as doc/vlans.md sets them up: one guest with four
# cards, each in a network of its own, on a segment in 8021q mode.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
for program in socat tshark; do
	command -v $program >/dev/null ||
		{ echo "1..0 # SKIP $program is not installed"; exit 0; }
done
plain_build_only
need_guests
. "$top/tests/guest/by-hand.sh"

"$bin/vdelab-switch" --dir "$dir" --segment lab --plugin capture 9>&- &
switch=$!
started="${started-} $switch"
check 'the switch comes up' soon 10 test -S "$dir/control"
guest 1 "vde,sock=$dir/lab" "vde,sock=$dir/lab" "vde,sock=$dir/lab" \
	"vde,sock=$dir/lab"
soon 20 test -S "$work/shell1"
check 'the guest boots' soon 120 answers 1
ctl port | sed 's/^/# /'

# vde0, vde1: VLAN 10.  vde2: VLAN 20.  vde3: both, with tags.
check 'the segment gets VLANs' ctl segment set lab mode=8021q pvid=4095
check 'vde0 is in VLAN 10' ctl vlan add vde0 vid 10 pvid untagged
check 'vde1 too' ctl vlan add vde1 vid 10 pvid untagged
check 'vde2 is in VLAN 20' ctl vlan add vde2 vid 20 pvid untagged
check 'vde3 is a trunk' ctl vlan add vde3 vid 10-20
ctl vlan | sed 's/^/# /'

in_guest 1 'modprobe 8021q && modprobe veth' || {
	# A kernel from elsewhere.
	echo "1..$n_tests # the guest's kernel has no 802.1Q"
	exit 0
}
check 'each card is in a network of its own' in_guest 1 '
	set -e
	i=0
	for net in a b c t; do
		ip netns add $net
		ip link set eth$i netns $net
		ip -n $net link set eth$i up
		i=$((i + 1))
	done
	for vid in 10 20; do
		ip netns add t$vid
		ip -n t link add link eth3 name v$vid type vlan id $vid
		ip -n t link set v$vid netns t$vid
		ip -n t$vid link set v$vid up
	done
	ip -n a addr add 10.9.9.1/24 dev eth0
	ip -n b addr add 10.9.9.2/24 dev eth1
	ip -n c addr add 10.9.9.3/24 dev eth2
	ip -n t10 addr add 10.9.9.4/24 dev v10
	ip -n t20 addr add 10.9.9.5/24 dev v20'

# reaches NET ADDRESS; reaches_not
reaches() {
	in_guest 1 "for i in 1 2 3 4 5; do
		ip netns exec $1 ping -c 1 -W 1 $2 && break
	done"
}
reaches_not() {
	in_guest 1 "! ip netns exec $1 ping -c 2 -i 0.2 -W 1 $2"
}
# captured CARD FILTER: how many such frames went over vdeN, both ways
captured() {
	tshark -r "$work/lab$1.pcapng" -Y "$2" 2>/dev/null | wc -l
}

for n in 0 1 2 3; do
	ctl capture start lab -w "$work/lab$n.pcapng" -i vde$n >/dev/null
done
check 'in a VLAN, access ports reach each other' reaches a 10.9.9.2
check 'and the trunk' reaches a 10.9.9.4
check 'the trunk reaches them' reaches t10 10.9.9.2
check 'so it is in the other VLAN' reaches c 10.9.9.5
check 'and from there' reaches t20 10.9.9.3
check 'not between VLANs' reaches_not a 10.9.9.3
check 'nor back' reaches_not c 10.9.9.1
check 'nor to the other one on the trunk' reaches_not a 10.9.9.5
check 'nor from there' reaches_not t20 10.9.9.2
for id in $(ctl -j capture show | tr ',{' '\n\n' | sed -n 's/^"id":"\(.*\)"$/\1/p'); do
	ctl capture stop "$id" >/dev/null
done
check 'frames on access ports have no tag' sh -c "
	test $(captured 0 icmp) -gt 0 && test $(captured 2 icmp) -gt 0 &&
	test $(captured 0 vlan) -eq 0 && test $(captured 1 vlan) -eq 0 &&
	test $(captured 2 vlan) -eq 0"
check 'those on the trunk have' sh -c "
	test $(captured 3 'vlan.id == 10 && icmp') -gt 0 &&
	test $(captured 3 'vlan.id == 20 && icmp') -gt 0 &&
	test $(captured 3 '!vlan && (icmp || arp)') -eq 0"
check 'a station of VLAN 20 is never seen on a port of VLAN 10' sh -c "
	test $(captured 0 'eth.addr == 52:54:00:00:02:01') -eq 0 &&
	test $(captured 1 'eth.addr == 52:54:00:00:02:01') -eq 0"
check 'nor the other way' \
	test "$(captured 2 'eth.addr == 52:54:00:00:00:01')" -eq 0

check 'a port changes its VLAN' ctl vlan del vde1 vid 10
check 'at once' ctl vlan add vde1 vid 20 pvid untagged
check 'and is in the new one' reaches b 10.9.9.3
check 'and no more in the old one' reaches_not b 10.9.9.1

in_guest 1 'set -e; n=1; for net in b c; do
	ip -n $net link add link eth$n name v5 type vlan id 5
	ip -n $net addr add 10.9.5.$n/24 dev v5
	ip -n $net link set v5 up
	n=$((n + 1))
done'
check 'tags of their own do not pass an access port' reaches_not b 10.9.5.2
ctl trace lab vde1 ffffffffffff525400000101810000050806 >"$work/out"
show "$work/out"
check 'a trace tells why' grep -q 'refused: the port is not in that VLAN' \
	"$work/out"
check 'but in a service VLAN they do' \
	ctl segment set lab protocol=802.1ad
check 'from end to end' reaches b 10.9.5.2

ctl stats >"$work/out"
show "$work/out"
check 'the books balance' ctl stats --check
kill "$switch"
wait "$switch"
result $? 'the switch ends in order'
finish
