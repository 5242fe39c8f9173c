#!/bin/sh
# A port of kind slirp: the kernel's own station, and the host around it, by NAT,
# in user and network namespaces.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need ip busybox socat unshare nsenter
[ -x "$TOP_BUILDDIR/out/libexec/vdelab/vdelab-slirp" ] ||
	skip_all 'vdelab-slirp is not built'
if [ -z "${IN_NAMESPACE:-}" ]; then
	unshare -Urn true 2>/dev/null ||
		skip_all 'user and network namespaces are not allowed'
	exec env IN_NAMESPACE=yes unshare -Urn "$0"
fi

VDELAB_DIR=$T/sw
export VDELAB_DIR

ip link set lo up
start_switch --segment vlan1

# The station: a network of its own, behind an end of a veth.
start far unshare -n sleep 1000
far=$pid
here_ns=$(readlink /proc/self/ns/net)
wait_until "[ \"\$(readlink /proc/$far/ns/net)\" != '$here_ns' ]"
in_far() {
	nsenter -t "$far" -n "$@"
}
ip link add v0 type veth peer name v1
ip link set v1 netns "$far"
ip link set v0 up
in_far ip link set lo up
in_far ip link set v1 up
check 'the station attaches' "$CTL" port add vlan1 packet name=station dev=v0

# What the host serves: at an address of its own, and at its loopback.
ip addr add 100.64.0.1/32 dev lo
start outside socat TCP4-LISTEN:8000,bind=100.64.0.1,fork,reuseaddr \
	SYSTEM:'echo from outside'
start inside socat TCP4-LISTEN:8001,bind=127.0.0.1,fork,reuseaddr \
	SYSTEM:'echo from loopback'
wait_until "grep -q ':1F40 .* 0A ' /proc/net/tcp"
wait_until "grep -q ':1F41 .* 0A ' /proc/net/tcp"

cat >"$T/udhcpc" <<-'END'
	#!/bin/sh
	[ "$1" = bound ] || exit 0
	ip addr flush dev "$interface" scope global
	ip addr add "$ip/24" dev "$interface"
	[ -z "$router" ] || ip route replace default via "$router"
	echo "$ip $router $dns" >"$GIVEN"
END
chmod +x "$T/udhcpc"

# is_given NAME "ADDRESS ROUTER NAMESERVER"
is_given() {
	rm -f "$T/given"
	in_far env GIVEN="$T/given" timeout "$((2 * PATIENCE_S))" \
		busybox udhcpc -f -n -q -t "$PATIENCE_S" -T 1 -i v1 -s "$T/udhcpc" >"$T/udhcpc.log" 2>&1
	[ "$(cat "$T/given" 2>/dev/null)" = "$2" ]
	result $? "$1" || diag "$T/udhcpc.log" "$T/switch.log"
}

# hears NAME ADDRESS TEXT: a connection of the station brings TEXT
hears() {
	in_far timeout "$PATIENCE_S" \
		socat -u "TCP4:$2,connect-timeout=$PATIENCE_S" \
		"OPEN:$T/heard,creat,trunc" 2>"$T/socat.log"
	[ "$(cat "$T/heard" 2>/dev/null)" = "$3" ]
	result $? "$1"
	rm -f "$T/heard"
}

deaf() { # NAME ADDRESS
	in_far timeout 3 socat -u -T 2 "TCP4:$2,connect-timeout=2" - \
		>"$T/heard" 2>&1
	! grep -q '^from ' "$T/heard"
	result $? "$1"
}

shown() { # KEY
	"$CTL" -j port show | sed 's/{"id":/\n&/g' | grep '"kind":"slirp"' |
		grep -o "\"$1\":[^,}]*" | head -n 1 | sed 's/.*://; s/"//g'
}

add() { # ARG...
	"$CTL" port del nat >/dev/null 2>&1
	check "slirp $*" "$CTL" port add vlan1 slirp name=nat "$@"
	wait_until '[ "$(shown carrier)" = true ]'
}

add
is_given 'DHCP gives an address' '10.0.2.15 10.0.2.2 10.0.2.3'
hears 'NAT leads out' 100.64.0.1:8000 'from outside'
deaf "the host's loopback is closed" 10.0.2.2:8001

add host_loopback=yes network=192.168.77.0/24 dhcp_start=192.168.77.40
is_given 'another network' '192.168.77.40 192.168.77.2 192.168.77.3'
hears "the host's loopback, when it is asked for" 192.168.77.2:8001 \
	'from loopback'
[ "$(shown network)" = 192.168.77.0/24 ]
result $? 'what was asked for is shown'

add "hostfwd=unix:$T/door-:7000,tcp:127.0.0.1:7001-:7000" restrict=yes
is_given 'an address, and with everything closed nothing else' '10.0.2.15  '
in_far ip route replace default via 10.0.2.2
deaf 'restrict: nothing leads out' 100.64.0.1:8000
deaf 'restrict: nor to the host' 10.0.2.2:8001
start server nsenter -t "$far" -n socat TCP4-LISTEN:7000,fork,reuseaddr \
	SYSTEM:'echo from the station'
wait_until "in_far grep -q ':1B58 .* 0A ' /proc/net/tcp"
for door in "UNIX-CONNECT:$T/door" TCP4:127.0.0.1:7001; do
	timeout "$PATIENCE_S" socat -u "$door" "OPEN:$T/heard,creat,trunc"
	[ "$(cat "$T/heard")" = 'from the station' ]
	result $? "hostfwd leads in from ${door%%:*}"
	rm -f "$T/heard"
done
[ "$(stat -c %a "$T/door")" = 600 ]
result $? 'its socket is ours alone'

old=$(shown pid)
kill -KILL "$old"
wait_until '[ "$(shown restarts)" = 1 ] && [ "$(shown carrier)" = true ]'
result $? 'one that is killed is started again'
timeout "$PATIENCE_S" socat -u "UNIX-CONNECT:$T/door" "OPEN:$T/heard,creat,trunc"
[ "$(cat "$T/heard")" = 'from the station' ]
result $? 'and leads in again'

check 'the port goes' "$CTL" port del nat
wait_until "! [ -e '$T/door' ]"
result $? 'and its socket'
"$CTL" port add vlan1 slirp name=odd network=300.0.0.0/8 >"$T/check.log" 2>&1
wait_until "grep -q 'port odd: .*300.0.0.0' '$T/switch.log'"
result $? 'what is not possible is said'
wait_until "! '$CTL' port show | grep -q odd"
result $? 'and ends the port'
check_fails 'a path that is not absolute is refused' \
	"$CTL" port add vlan1 slirp hostfwd=unix:door-:7000
check_fails 'so is what is neither yes nor no' \
	"$CTL" port add vlan1 slirp restrict=perhaps

stop_switch
finish
