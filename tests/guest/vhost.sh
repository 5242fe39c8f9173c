#!/bin/sh
# Two guests of vhost-user, whose long TCP segments cross whole, and one of VDE,
# which gets ordinary frames with checksums: by IPv4, by IPv6, and tagged.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
for program in socat tshark; do
	command -v $program >/dev/null ||
		{ echo "1..0 # SKIP $program is not installed"; exit 0; }
done
plain_build_only
need_guests
"$qemu" -nodefaults -machine none -display none -netdev help \
	-object memory-backend-memfd,id=m,size=1M,share=on 2>&1 |
	grep -qx vhost-user ||
	{ echo "1..0 # SKIP $qemu has no vhost-user"; exit 0; }
. "$top/tests/guest/by-hand.sh"

"$bin/vdelab-switch" --dir "$dir" --segment lab --plugin capture 9>&- &
switch=$!
started="${started-} $switch"
check 'the switch comes up' soon "$patience_s" test -S "$dir/control"
guest 1 "vhost-user=$dir/lab/vhost"
soon "$patience_s" test -n "$(ctl port)"
guest 2 "vhost-user=$dir/lab/vhost"
guest 3 "vde,sock=$dir/lab"
for n in 1 2 3; do
	soon "$patience_s" test -S "$work/shell$n"
	check "guest $n boots" soon 120 answers $n
done

# Guest N is 10.9.0.N and fd09::N, and in VLAN 5 10.9.5.N and fd09:5::N.
for n in 1 2 3; do
	check "guest $n has addresses" in_guest $n "
		set -e
		echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad
		ip link set eth0 up
		ip addr add 10.9.0.$n/24 dev eth0
		ip addr add fd09::$n/64 dev eth0 nodad
		modprobe 8021q
		ip link add link eth0 name v5 type vlan id 5
		ip link set v5 up
		ip addr add 10.9.5.$n/24 dev v5
		ip addr add fd09:5::$n/64 dev v5 nodad
		iperf3 -s -D"
done
ctl port | sed 's/^/# /'
check 'the offloads have been agreed upon' in_guest 1 '
	ethtool -k eth0 | grep -qx "tcp-segmentation-offload: on" &&
	ethtool -k v5 | grep -qx "tcp-segmentation-offload: on"'

# port_of N: what the port of guest N is called, by the address of its card
port_of() {
	ctl -j fdb show lab | tr '{' '\n' |
		sed -n "/52:54:00:00:00:0$1/s/.*\"port\":\"\([^\"]*\)\".*/\1/p" |
		sort -u
}

# count PORT MEMBER: what port show says of it
count() {
	ctl -j port show | tr '{' '\n' | grep -A1 "\"name\":\"$1\"" |
		tr ',' '\n' | sed -n "s/^\"$2\":\([0-9]*\)\$/\1/p"
}

# sends FROM TO OCTETS OPTION...: iperf3 from one to the other; -R: and back
sends() {
	from=$1 to=$2 octets=$3
	shift 3
	in_guest "$from" "for i in 1 2 3 4 5; do
		iperf3 -c $to -n $octets $* >/tmp/out 2>&1 && break
		sleep 1
	done; grep -h sender /tmp/out; grep -q receiver /tmp/out"
	sends_rc=$?
	show "$work/answer"
	return $sends_rc
}

# mean_sent N: octets a frame that guest N was sent since it was asked last
mean_sent() {
	port=$(port_of "$1")
	frames=$(count "$port" tx_frames) octets=$(count "$port" tx_bytes)
	mean=$(((octets - ${last_octets:-0}) / (frames - ${last_frames:-0} + 1)))
	last_frames=$frames last_octets=$octets
	echo "# guest $1 was sent frames of $mean octets"
}

check 'they reach each other' in_guest 1 'for to in 10.9.0.2 fd09::2 \
	10.9.5.2 fd09:5::2 10.9.0.3 fd09::3 10.9.5.3; do
	for i in 1 2 3 4 5; do
		ping -c 1 -W 2 $to && break
	done || exit
done'
mean_sent 2
for how in 'IPv4 10.9.0.2' 'IPv6 fd09::2' 'tagged IPv4 10.9.5.2' \
	'tagged IPv6 fd09:5::2'; do
	check "TCP by ${how% *}" sends 1 "${how##* }" 40M
	mean_sent 2
	result $((mean < 3000)) 'its segments cross whole'
	check "and back" sends 1 "${how##* }" 40M -R
	mean_sent 2
done
ctl port show | sed 's/^/# /'

# What a port of VDE is sent, and what comes from there.
capture=$(ctl capture start lab -w "$work/vde.pcapng" -i "$(port_of 3)")
for how in 'IPv4 10.9.0.3' 'IPv6 fd09::3' 'tagged IPv4 10.9.5.3'; do
	check "TCP by ${how% *} to a guest of VDE" sends 1 "${how##* }" 4M
	check 'and back' sends 1 "${how##* }" 4M -R
done
check 'UDP, in fragments' sends 1 10.9.0.3 1M -u -l 4000 -b 100M
ctl capture stop "$capture"

# A line each: octets, whose, VLAN, IPv4, data of TCP, how the checksums of IPv4,
# TCP and UDP are: 0 is bad, 1 is good; and the one of TCP.
tshark -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
	-o ip.check_checksum:TRUE -r "$work/vde.pcapng" -T fields -E separator=, \
	-e frame.len -e eth.src -e vlan.id -e ip.version -e tcp.len \
	-e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status \
	-e tcp.checksum >"$work/frames" 2>"$work/tshark.err"

# captured CONDITION: how many such frames, in the words of awk
captured() {
	awk -F, "$1 { n++ } END { print n + 0 }" "$work/frames"
}
data='$2 == "52:54:00:00:00:01" && $5 > 0 && $7 == 1'
check 'the capture has frames of IPv4 with good checksums' \
	test "$(captured "$data && \$4 == 4 && \$3 == \"\"")" -gt 1000
check 'and of IPv6' test "$(captured "$data && \$4 == 6")" -gt 1000
check 'and tagged ones' test "$(captured "$data && \$3 == 5")" -gt 1000
check 'and of UDP' test "$(captured '$8 == 1')" -gt 100
# A kernel that has no card to leave it to writes 0xffff for 0 in TCP, too.
own='$2 == "52:54:00:00:00:03" && $9 == "0xffff"'
check 'no checksum is bad' test "$(captured \
	"\$6 == \"0\" || (\$7 == \"0\" && !($own)) || \$8 == \"0\"")" -eq 0
check 'no frame is longer than a wire takes' test "$(captured \
	'($1 > 1514 && $3 == "") || $1 > 1518')" -eq 0
show "$work/tshark.err"

ctl stats >"$work/out"
show "$work/out"
check 'the books balance' ctl stats --check
kill "$switch"
wait "$switch"
result $? 'the switch ends in order'
finish
