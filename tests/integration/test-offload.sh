#!/bin/sh
# What kernels and guests leave to others, checksums and the cutting of long
# frames, between taps, a packet port, vhost-user ports and cables of VDE, in a
# user and network namespace.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need ip busybox socat unshare nsenter tshark
in_namespaces -Urn
ip tuntap add probe0 mode tap 2>/dev/null ||
	skip_all '/dev/net/tun cannot be used'
ip link del probe0

VDELAB_DIR=$T/sw
export VDELAB_DIR
OCTETS=2000000 # of a transfer,
SEGMENTS=1381  # which are so many frames of 1500 octets, at least

# At home is the near tap, far away another one, at the side one end of a veth,
# and beyond a cable a third tap.
ip link set lo up
start_switch --segment lab --segment beyond --segment guests --plugin capture
here_ns=$(readlink /proc/self/ns/net)
for place in far side remote; do
	start "$place" unshare -n sleep 1000
	eval "$place=$pid"
	wait_until "[ \"\$(readlink /proc/$pid/ns/net)\" != '$here_ns' ]"
	nsenter -t "$pid" -n ip link set lo up
done
in_far() {
	nsenter -t "$far" -n "$@"
}
in_side() {
	nsenter -t "$side" -n "$@"
}
in_remote() {
	nsenter -t "$remote" -n "$@"
}

# station DEV N RUN...: 10.9.0.N and fd09::N
station() {
	station_dev=$1
	station_n=$2
	shift 2
	"$@" ip link set "$station_dev" up
	"$@" ip addr add "10.9.0.$station_n/24" dev "$station_dev"
	"$@" ip -6 addr add "fd09::$station_n/64" dev "$station_dev" nodad
}

ip link add v0 type veth peer name v1
"$CTL" port add lab tap name=near mtu=1500 >/dev/null
"$CTL" port add lab tap name=away mtu=1500 >/dev/null
"$CTL" port add lab packet name=veth dev=v0 >/dev/null
"$CTL" port add beyond tap name=gone mtu=1500 >/dev/null
"$CTL" port add beyond plug name=cable sock="$T/sw/lab" >/dev/null ||
	bail 'no cable'
ip link set away netns "$far"
ip link set v1 netns "$side"
ip link set gone netns "$remote"
station near 1
station away 2 in_far
station v1 4 in_side
station gone 3 in_remote
vde=$("$CTL" -j port show | tr '{' '\n' |
	sed -n 's/.*"name":"\([^"]*\)","segment":"lab","kind":"vde".*/\1/p')
[ -n "$vde" ] || bail 'the cable has no other end'

# of PORT MEMBER
of() {
	"$CTL" -j port | sed 's/{"id"/\n&/g' | grep "\"name\":\"$1\"" |
		sed "s/.*\"$2\":\([0-9]*\).*/\1/"
}

# csum_errors RUN...: TCP segments that a kernel has found bad, so far
csum_errors() {
	"$@" awk '/^Tcp:/ { for (i = 1; i <= NF; i++) {
		if (names != "" && i == at) print $i
		else if ($i == "InCsumErrors") at = i } names = $0 }' \
		/proc/net/snmp
}

# transfer FROM TO ADDRESS: by TCP, from FROM's side to TO's
transfer() {
	case $3 in
	*:*) to="TCP6:[$3]:5000" listen=TCP6-LISTEN:5000 ;;
	*) to=TCP4:$3:5000 listen=TCP4-LISTEN:5000 ;;
	esac
	rm -f "$T/got"
	# A busy machine answers who has an address later than kernels ask.
	to=$to,retry=1000,interval=0.1
	$2 timeout "$PATIENCE_S" socat -u "$listen,reuseaddr" \
		"OPEN:$T/got,creat,trunc" &
	listener=$!
	pids="$pids $listener"
	wait_until "$2 grep -q ':1388 .* 0A ' /proc/net/tcp /proc/net/tcp6"
	$1 timeout "$PATIENCE_S" socat -u -b 65536 "OPEN:$T/data" "$to" &&
		wait "$listener" &&
		cmp "$T/data" "$T/got"
}
head -c "$OCTETS" /dev/urandom >"$T/data"

# crosses NAME IN OUT long|short FROM TO ADDRESS: a transfer arrives, and the
# frames are long, or cut, at the ports by which they enter and leave
crosses() {
	crosses_in=$(of "$2" rx_frames)
	crosses_out=$(of "$3" tx_frames)
	transfer "$5" "$6" "$7" >"$T/check.log" 2>&1
	crosses_status=$?
	result $crosses_status "$1"
	[ $crosses_status -eq 0 ] || diag "$T/check.log" "$T/switch.log"
	crosses_in=$(($(of "$2" rx_frames) - crosses_in))
	crosses_out=$(($(of "$3" tx_frames) - crosses_out))
	case $4 in
	long) [ "$crosses_in" -lt "$SEGMENTS" ] &&
		[ "$crosses_out" -lt "$SEGMENTS" ] ;;
	cut) [ "$crosses_in" -lt "$SEGMENTS" ] &&
		[ "$crosses_out" -ge "$SEGMENTS" ] ;;
	short) [ "$crosses_in" -ge "$SEGMENTS" ] &&
		[ "$crosses_out" -ge "$SEGMENTS" ] ;;
	esac
	result $? "$1: $4 frames ($crosses_in in, $crosses_out out)"
}

"$CTL" -j port | grep -q '"offloads":\["checksum","tcp4","tcp6","ecn"'
result $? 'a tap tells what it has agreed upon with the kernel'

crosses 'tap to tap' near away long '' in_far 10.9.0.2
crosses 'and back' away near long in_far '' 10.9.0.1
crosses 'by IPv6' near away long '' in_far fd09::2
crosses 'tap to veth' near veth long '' in_side 10.9.0.4
crosses 'veth to tap' veth near long in_side '' 10.9.0.1

# ---- over VDE they are as on a wire ----
record_both() { # PORT FILE
	"$CTL" capture start lab -i "$1" -d both -w "$2"
}
id=$(record_both "$vde" "$T/vde.pcapng") || bail 'no capture'
crosses 'tap to tap over VDE' near "$vde" cut '' in_remote 10.9.0.3
crosses 'and back over VDE' "$vde" near short in_remote '' 10.9.0.1
crosses 'by IPv6 over VDE' near "$vde" cut '' in_remote fd09::3
check 'the capture ends' "$CTL" capture stop "$id"

# on_wire FILE: a line a frame: its length, and what tshark says of checksums
on_wire() {
	tshark -n -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -T fields -e frame.len \
		-e ip.checksum.status -e tcp.checksum.status \
		-e udp.checksum.status -e tcp.len 2>"$T/tshark.log"
}
# no_bad FILE: has no checksum status 0 (bad); prints how many octets TCP had
no_bad() {
	on_wire "$1" >"$T/fields" || return 1
	awk -F '\t' '$2 == "0" || $3 == "0" || $4 == "0" { bad = 1; print "# " $0 }
		{ octets += $5 } END { print octets; exit bad }' "$T/fields"
}
octets=$(no_bad "$T/vde.pcapng")
result $? 'no checksum on the cable is bad'
[ "$octets" -ge $((3 * OCTETS)) ]
result $? "all of it was looked at: $octets octets"
[ "$(sort -n "$T/fields" | tail -n 1 | cut -f1)" -eq 1514 ]
result $? 'the longest frame there is one of 1514 octets'

# datagrams NAME PORT ADDRESS RUN...: fifty that the kernel is given as one leave
# by PORT and are fifty for RUN's side
datagrams() {
	datagrams_name=$1
	datagrams_port=$2
	datagrams_to=$3
	shift 3
	start receive "$@" timeout "$PATIENCE_S" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5001))
print("bound", flush=True)
for i in range(50):
    octets = s.recv(65535)
    assert octets == bytes([i]) * 1200, (i, len(octets))
'
	datagrams_pid=$pid
	wait_text receive '^bound'
	wait_until "busybox ping -c 1 -W 1 $datagrams_to >/dev/null"
	datagrams_in=$(of near rx_frames)
	datagrams_out=$(of "$datagrams_port" tx_frames)
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1200) # UDP_SEGMENT
s.sendto(b"".join(bytes([i]) * 1200 for i in range(50)), (sys.argv[1], 5001))
' "$datagrams_to" >"$T/check.log" 2>&1
	wait "$datagrams_pid"
	datagrams_status=$?
	result $datagrams_status "$datagrams_name"
	[ $datagrams_status -eq 0 ] || diag "$T/check.log" "$T/receive.log"
	datagrams_in=$(($(of near rx_frames) - datagrams_in))
	datagrams_out=$(($(of "$datagrams_port" tx_frames) - datagrams_out))
}

if command -v python3 >/dev/null && "$CTL" -j port | grep -q '"ecn","udp"'; then
	datagrams 'datagrams, tap to tap' away 10.9.0.2 in_far
	[ "$datagrams_in" -lt 50 ] && [ "$datagrams_out" -lt 50 ]
	result $? "they are one frame ($datagrams_in in, $datagrams_out out)"
	id=$(record_both "$vde" "$T/udp.pcapng") || bail 'no capture'
	datagrams 'datagrams, tap to tap over VDE' "$vde" 10.9.0.3 in_remote
	[ "$datagrams_in" -lt 50 ] && [ "$datagrams_out" -ge 50 ]
	result $? "they are cut ($datagrams_in in, $datagrams_out out)"
	check 'their capture ends' "$CTL" capture stop "$id"
	no_bad "$T/udp.pcapng" >"$T/check.log" &&
		[ "$(awk -F '\t' '$1 == 1242 && $4 == "1"' "$T/fields" |
			wc -l)" -eq 50 ]
	result $? 'each with a checksum of its own'
else
	skip 'datagrams in segments' \
		'this kernel does not leave them to others, or no python3'
fi

# ---- a capture shows what crosses, and changes nothing ----
id=$(record_both near "$T/near.pcapng") || bail 'no capture'
crosses 'tap to tap, recorded' near away long '' in_far 10.9.0.2
crosses 'and by IPv6, recorded' away near long in_far '' fd09::1
check 'this capture ends, too' "$CTL" capture stop "$id"
octets=$(no_bad "$T/near.pcapng")
result $? 'no checksum of a long frame is bad'
[ "$octets" -ge $((2 * OCTETS)) ]
result $? "all of it was recorded: $octets octets"
tshark -n -r "$T/near.pcapng" -Y 'tcp.len > 1460' -T fields \
	-e frame.comment >"$T/comments" 2>"$T/tshark.log"
[ -s "$T/comments" ] &&
	! grep -vqE '^for [0-9]+ TCP segments of 14[0-9][0-9] octets$' \
		"$T/comments"
result $? 'each long frame tells how it would be cut'

# ---- without ----
"$CTL" port del away
"$CTL" port add lab tap name=plain mtu=1500 offloads=false >/dev/null
"$CTL" -j port | grep -q '"dev":"plain","offloads":\[\]'
result $? 'a tap can be told to leave nothing to others'
ip link set plain netns "$far"
station plain 5 in_far
crosses 'whole in, finished out' near plain cut '' in_far 10.9.0.5
crosses 'and back, finished' plain near short in_far '' 10.9.0.1

# ---- guests ----
VHOSTFRONT=$TOP_BUILDDIR/tests/integration/vhostfront/vhostfront
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
id=$("$CTL" capture start guests -d both -w "$T/guests.pcapng") ||
	bail 'no capture'
for family in 4 6 4t 6t; do
	attach collect "$RAWPEER" "v3:$T/sw/guests" \
		collect "$PATIENCE_S" "$family" "$B" 300000 cut
	collector=$pid
	attach segments "$VHOSTFRONT" -o segments "$T/sw/guests/vhost" \
		segments "$family" "$A" "$B" 5 60000
	sender=$pid
	wait "$collector"
	result $? "segments of a guest ($family) are recorded on their way to VDE"
	stop "$sender"
done
check 'the capture of guests ends' "$CTL" capture stop "$id"
octets=$(no_bad "$T/guests.pcapng")
result $? 'no checksum of theirs is bad'
[ "$octets" -ge $((2 * 4 * 300000)) ]
result $? "whole where they enter, cut where they leave: $octets octets"
tshark -n -r "$T/guests.pcapng" -T fields -e frame.packet_flags_direction \
	-e frame.len >"$T/lengths" 2>"$T/tshark.log"
[ "$(awk '$1 ~ /1$/ && $2 > 60000' "$T/lengths" | wc -l)" -eq 20 ]
result $? 'twenty long frames come in'
[ "$(awk '$1 ~ /2$/ && $2 > 1518' "$T/lengths" | wc -l)" -eq 0 ]
result $? 'none goes out'

for place in '' in_far in_side in_remote; do
	[ "$(csum_errors $place)" = 0 ] || bail "bad checksums ($place)"
done
result 0 'no kernel has found a checksum bad'
"$CTL" -j stats | grep -q '"bad-offload":[1-9]'
[ $? -eq 1 ]
result $? 'the switch none that does not fit its frame'

stop_switch
finish
