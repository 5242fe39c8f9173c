#!/bin/sh
# The bridge of the Linux kernel, which speaks STP, as a neighbour by two links,
# in a namespace of our own: who is root, what is closed, and how long it takes
# when the open link is lost.
[ -z "${STP_IN_NAMESPACE:-}" ] && {
	STP_IN_NAMESPACE=1
	export STP_IN_NAMESPACE
	unshare -Urn true 2>/dev/null && exec unshare -Urn sh "$0" "$@"
	echo '1..0 # SKIP the kernel makes no user and network namespaces here'
	exit 0
}
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need ip bridge busybox nsenter
ip link add br0 type bridge stp_state 1 2>"$T/check.log" ||
	skip_all "this kernel has no bridges: $(cat "$T/check.log")"
ip link add s0 type veth peer name s1 2>"$T/check.log" ||
	skip_all "this kernel has no veth pairs: $(cat "$T/check.log")"

VDELAB_DIR=$T/sw
export VDELAB_DIR

# plug PORT DEVICE: a port on lab at DEVICE
plug() {
	"$CTL" port add lab packet name "$1" dev="$2" >"$T/check.log" 2>&1 ||
		bail "no port $1: $(cat "$T/check.log")"
}

role() { # PORT
	"$CTL" stp show lab | awk -v port="$1" '$1 == port { print $3, $4 }'
}

state() { # DEVICE: as the kernel calls it
	bridge link show dev "$1" | sed 's/.* state \([a-z]*\).*/\1/'
}

becomes() { # NAME FUNCTION ARGUMENT VALUE
	wait_until "[ \"\$($2 $3)\" = '$4' ]"
	result $? "$1"
	[ "$($2 "$3")" = "$4" ] && return
	"$CTL" stp show lab | sed 's/^/# /'
	bridge link | sed 's/^/# /'
}

# of the kernel's bridge, as `ip` shows it
kernel_has() { # NAME WORDS
	ip -d link show br0 | grep -q " $2 "
	result $? "$1"
}

station() { nsenter -t "$station_pid" -n "$@"; }

reaches() { # NAME: within what the trees need to turn round
	wait_until 'station busybox ping -c 1 -w 1 10.0.0.1 >/dev/null'
	result $? "$1"
}

# ---- what there is ----

# The shortest times that either side knows.
ip link set br0 address 12:34:56:78:9a:bc
ip link set br0 type bridge hello_time 100 max_age 600 forward_delay 400 \
	priority 4096
ip address add 10.0.0.1/24 dev br0
for i in 1 2; do
	ip link add "k$i" type veth peer name "l$i"
	ip link set "k$i" master br0
done
for dev in br0 k1 k2 l1 l2 s0; do
	ip link set "$dev" up
done
start station unshare -n sh -c "touch '$T/there'; exec sleep 1000"
station_pid=$pid
wait_until "[ -e '$T/there' ]"
ip link set s1 netns "$station_pid"
station ip address add 10.0.0.2/24 dev s1
station ip link set s1 up

start_switch --segment lab
check 'times as short as the kernel has them' "$CTL" stp set lab \
	hello-time=1 max-age=6 forward-delay=4 address=22:34:56:78:9a:bc
check 'the segment takes part' "$CTL" segment set lab stp=rstp ||
	bail 'no spanning tree'
plug station s0
plug one l1
plug two l2

# ---- the kernel is the root ----

becomes 'the first link is the way to the root' role one 'root forwarding'
becomes 'the second is closed' role two 'alternate discarding'
becomes 'the kernel forwards on the first' state k1 forwarding
becomes 'and on the second' state k2 forwarding
"$CTL" stp show lab | grep -q 'root 1000.123456789abc by one'
result $? 'it is called by its name'
kernel_has 'and knows that it is the root' 'root_port 0'
reaches 'a station behind us reaches the kernel'
"$CTL" stp show lab | awk '$1 == "one"' | grep -q 'stp$'
result $? 'we speak STP to it'

check 'the first link is cut behind our back' ip link set k1 down
becomes 'the second is the way' role two 'root forwarding'
reaches 'the station reaches the kernel by it'
check 'the first is mended' ip link set k1 up
becomes 'and is the way again' role one 'root forwarding'
becomes 'the second is closed again' role two 'alternate discarding'
becomes 'the kernel agrees' state k1 forwarding
reaches 'the station reaches the kernel'

# ---- we are the root ----

check 'we become the root' "$CTL" stp set lab priority=0
becomes 'the kernel closes the second link' state k2 blocking
becomes 'the first is its way to the root' state k1 forwarding
becomes 'we forward on both' role one 'designated forwarding'
becomes 'on the second, too' role two 'designated forwarding'
kernel_has 'it knows the way to us' 'root_port 1 root_path_cost 2'
reaches 'the station reaches the kernel'

check 'the first link is taken away' "$CTL" port del one
becomes 'the kernel opens the second' state k2 forwarding
reaches 'the station reaches the kernel by it'

# ---- nothing went round ----

# Less than a storm has in a moment: BPDUs, ARP, pings, IPv6 looking for
# neighbours.
[ "$("$CTL" stats lab | awk '$1 == "lab" { print $2 }')" -lt 3000 ]
result $? 'there was no storm'
"$CTL" stats lab | sed 's/^/# /'
stop_switch
finish
