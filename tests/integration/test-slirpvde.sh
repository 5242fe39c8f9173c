#!/bin/sh
# The ways in and out of the network of slirpvde and of vdelab-slirp, with the
# kernel's own station behind a switch, in a user and network namespace.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

[ -x "$TOP_BUILDDIR/out/libexec/vdelab/vdelab-slirp" ] ||
	skip_all 'vdelab-slirp is not built'
need ip busybox socat unshare nsenter
in_namespaces -Urnm

COMPAT=$TOP_BUILDDIR/out/libexec/vdelab/compat
SLIRPVDE=$COMPAT/slirpvde
SW=$T/switch

ip link set lo up
start far unshare -n sleep 1000
far=$pid
here_ns=$(readlink /proc/self/ns/net)
wait_until "[ \"\$(readlink /proc/$far/ns/net)\" != '$here_ns' ]"
in_far() {
	nsenter -t "$far" -n "$@"
}

# ---- the station and its switch ----

# an end of a veth in the place of a tap, whether there are taps or not
mkdir "$T/net"
[ ! -d /dev/net ] || mount --bind "$T/net" /dev/net
[ ! -e /dev/net/tun ] || skip_all 'cannot hide /dev/net/tun'

mkfifo "$T/in"
"$COMPAT/vde_switch" -s "$SW" -M "$T/mgmt" <"$T/in" >"$T/out" 2>&1 &
pids="$pids $!"
exec 7>"$T/in" # its console's, until the end
wait_until "[ -S '$SW/ctl' ]"
ip link add v0 type veth peer name v1
ip link set v1 netns "$far"
in_far ip link set lo up
in_far ip link set v1 up
start near "$COMPAT/vde_plug2tap" -s "$SW" v0
near=$pid

cat >"$T/udhcpc" <<-'END'
	#!/bin/sh
	[ "$1" = bound ] || exit 0
	ip addr flush dev "$interface" scope global
	ip addr add "$ip/24" dev "$interface"
	ip route replace default via "$router"
	echo "$ip $router $dns" >"$GIVEN"
END
chmod +x "$T/udhcpc"

# dhcp [TRIES]: of a second each
dhcp() {
	rm -f "$T/given"
	in_far env GIVEN="$T/given" timeout "$((2 * PATIENCE_S))" \
		busybox udhcpc -f -n -q -t "${1:-$PATIENCE_S}" -T 1 -i v1 -s "$T/udhcpc" >"$T/udhcpc.log" 2>&1
}

# serve NAME ADDRESS: what comes there goes to $T/NAME.got
serve() {
	start "$1" socat -u "$2" "OPEN:$T/$1.got,creat,trunc"
	listener=$pid
}

# serve_far NAME ADDRESS: the same by the station
serve_far() {
	start "$1" nsenter -t "$far" -n socat -u "$2" \
		"OPEN:$T/$1.got,creat,trunc"
	listener=$pid
}

# listens TABLE PORT [WHERE]: does somebody, by that table of /proc/net?
listens() {
	hex=$(printf '%04X' "$2")
	wait_until "${3:-} grep -q ':$hex ' /proc/net/$1"
}

# arrives NAME WHAT: all of the data has come to who serves NAME
arrives() {
	wait_until "! running $listener"
	check "$2" cmp "$T/data" "$T/$1.got"
}

head -c 100000 /dev/urandom >"$T/data"

# ---- another network, and the ways into it ----
mkdir "$T/files"
cp "$T/data" "$T/files/boot"
start slirp "$SLIRPVDE" -s "$SW" --host 192.168.55.1/24 \
	--dhcp=192.168.55.44 -N 9.9.9.9 -t "$T/files" \
	-L 5080:192.168.55.44:80 -U 5053:192.168.55.44:53 \
	-X 192.168.55.44:1.0 -x "6001:$T/service" --host-loopback --ipv6
slirp=$pid
wait_until "[ -s '$T/slirp.log' ]"
dhcp
result $? '--host, --dhcp=ADDR, --dns: an address is given'
check 'and it is of the network that was asked for' \
	grep -qx '192.168.55.44 192.168.55.1 9.9.9.9' "$T/given"

serve_far tcp TCP4-LISTEN:80,reuseaddr
listens tcp 80 in_far
timeout "$PATIENCE_S" socat -u "OPEN:$T/data" TCP4:127.0.0.1:5080
arrives tcp '-L: a TCP port of the host leads to the station'

start echo nsenter -t "$far" -n socat UDP4-LISTEN:53 SYSTEM:cat
listens udp 53 in_far
echo ask | timeout "$PATIENCE_S" socat -t 5 - UDP4:127.0.0.1:5053 \
	>"$T/udp.got"
check '-U: a UDP port too, and the answer comes back' \
	grep -qx ask "$T/udp.got"

display=$(sed -n 's/.*=192.168.55.44:1.0 is display :\([0-9]*\) here$/\1/p' \
	"$T/slirp.log")
serve_far x TCP4-LISTEN:6001,reuseaddr
listens tcp 6001 in_far
timeout "$PATIENCE_S" socat -u "OPEN:$T/data" \
	"TCP4:127.0.0.1:$((6000 + ${display:-0}))"
arrives x "-X: so does the display that it names (${display:-none})"

serve service "UNIX-LISTEN:$T/service"
wait_until "[ -S '$T/service' ]"
in_far timeout "$PATIENCE_S" socat -u "OPEN:$T/data" TCP4:192.168.55.1:6001
arrives service "-x: a port of ours leads to a socket of the host"

(cd "$T" && in_far timeout "$PATIENCE_S" busybox tftp -g -r boot \
	-l "$T/tftp.got" 192.168.55.1)
check '-t: a file is read by TFTP' cmp "$T/data" "$T/tftp.got"

serve lo TCP4-LISTEN:5001,bind=127.0.0.1
listens tcp 5001
in_far timeout "$PATIENCE_S" socat -u "OPEN:$T/data" TCP4:192.168.55.1:5001
arrives lo '--host-loopback: our address leads to 127.0.0.1'

if ip addr add 2001:db8::1/128 dev lo nodad 2>/dev/null; then
	wait_until 'in_far ip -6 route | grep -q ^default' &&
		wait_until "in_far ip -6 addr show dev v1 |
			grep 'inet6 fec0:' | grep -qv tentative"
	result $? '--ipv6: the station makes itself an address'
	serve v6 TCP6-LISTEN:5006
	listens tcp6 5006
	in_far timeout "$PATIENCE_S" socat -u "OPEN:$T/data" \
		'TCP6:[2001:db8::1]:5006'
	arrives v6 '--ipv6: and reaches the world'
else
	skip '--ipv6' 'the system has none'
fi
stop "$slirp"
result $? 'slirpvde ends in order'

# ---- on stdin and stdout ----
if command -v dpipe >/dev/null && command -v vde_plug >/dev/null; then
	start plugged dpipe vde_plug "$SW" = "$SLIRPVDE" -D -q -s -
	plugged=$pid
	dhcp
	result $? '-: the frames of a plug are served'
	check 'in the usual network' \
		grep -qx '10.0.2.15 10.0.2.2 10.0.2.3' "$T/given"
	stop "$plugged"
else
	skip '-: as a plug' 'no dpipe and vde_plug'
fi

# ---- the same program as a station on a segment of ours ----
stop "$near"
start_switch --segment lab
check 'vdelab-slirp is the program of a port' "$CTL" -t "$T/sw" port add lab \
	exec name=way-out -- "$TOP_BUILDDIR/out/libexec/vdelab/vdelab-slirp" \
	--fd 3 --network 10.7.0.0/16 --hostfwd tcp::5080-:80
check 'a station is there, too' "$CTL" -t "$T/sw" port add lab packet dev=v0
dhcp
result $? 'and gets an address'
check 'of the network that was asked for' \
	grep -qx '10.7.0.15 10.7.0.2 10.7.0.3' "$T/given"
serve_far lab TCP4-LISTEN:80,reuseaddr
listens tcp 80 in_far
timeout "$PATIENCE_S" socat -u "OPEN:$T/data" TCP4:127.0.0.1:5080
arrives lab 'a port of the host leads to it'
stop_switch

# ---- mistakes ----

# refused TEXT OPTION...: with a message that says TEXT
refused() {
	text=$1
	shift
	timeout "$PATIENCE_S" "$SLIRPVDE" -s "$SW" -d -p "$T/pid" "$@" >"$T/said" 2>&1
	status=$?
	check "$* is refused" test "$status" -eq 1
	check "$*: and it says why" grep -qF -- "$text" "$T/said" ||
		diag "$T/said"
	[ ! -s "$T/pid" ] || kill "$(cat "$T/pid")" 2>/dev/null
}

refused 'no ADDRESS or' -H 10.1.0.0/33
refused 'no ADDRESS or' -n somewhere
refused '"127.0.0.0/8"' -H 127.0.0.1/8
refused 'PORT:ADDRESS:PORT' -L 22
refused '0.0.0.0:0' -L 0:10.0.2.15:22
refused "no guest's address" -L 2222:10.9.0.1:22
refused 'PORT:ADDRESS:PORT' -U 53:host:53
refused 'ADDRESS:DISPLAY.SCREEN' -X 10.0.2.15:x
refused 'PORT:PATH' -x /tmp/socket
refused 'No such' -t "$T/missing"
refused '"x"' -N x
refused '"10.0.9.1"' -D --dhcp=10.0.9.1
refused '"9"' --mtu 9
start occupied socat -u TCP4-LISTEN:5080 /dev/null
listens tcp 5080
refused 'tcp:0.0.0.0:5080' -L 5080:10.0.2.15:80
exec 7>&-
finish
