#!/bin/sh
# vdelab://: the system's libvdeplug, vde_plug and what else speaks VDE attach
# through our module.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

[ -r "$TOP_BUILDDIR/out/lib/vdeplug/libvdeplug_vdelab.so" ] ||
	skip_all 'libvdeplug_mod.h (libvdeplug-dev) was not there to build it'
[ -x "$VDECLIENT" ] || skip_all 'libvdeplug is not installed'

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
# where libvdeplug looks beside its own folder; its other modules stay
LD_LIBRARY_PATH=$TOP_BUILDDIR/out/lib
XDG_RUNTIME_DIR=$T/run
export LD_LIBRARY_PATH XDG_RUNTIME_DIR
mkdir -p -m 700 "$T/run/vdelab"
VDELAB_DIR=$T/sw
export VDELAB_DIR

start_switch --segment vlan1
ln -s "$T/sw" "$T/run/vdelab/lab"

attach echo "$VDECLIENT" "vdelab://lab/vlan1[port=server]" echo "$B"
echo_pid=$pid
"$CTL" port show vlan1 | grep -q '^server .*vdeclient'
result $? 'a client attaches, and its port has the name and says who it is'
check 'frames cross, whole' "$VDECLIENT" vdelab://lab/vlan1 \
	ping "$A" "$B" 20 1514 4
check 'large ones, too' "$VDECLIENT" "vdelab://$T/sw/vlan1" \
	ping "$A" "$B" 5 9230 1
gone() {
	[ "$("$CTL" -j port show vlan1 | grep -o '"name"' | wc -l)" -eq "$1" ]
}
wait_until 'gone 1'
result $? 'a client that ends takes its port along'
stop "$echo_pid" KILL
wait_until 'gone 0'
result $? 'one that is killed as well'

# ---- VLANs ----
"$CTL" segment set vlan1 mode 8021q
attach echo "$VDECLIENT" "vdelab://lab/vlan1[port=server,vid=7]" echo "$B"
echo_pid=$pid
check 'a client in the same VLAN' "$VDECLIENT" "vdelab://lab/vlan1[vid=7]" \
	ping "$A" "$B" 5 100
start lost "$VDECLIENT" "vdelab://lab/vlan1[vid=8]" ping "$A" "$B" 1 100
wait_until "'$CTL' stats show vlan1 | grep -q 'no-destination'"
result $? 'one in another reaches nobody'
stop "$pid" KILL
"$CTL" -j vlan | grep -q '"port":"server".*"pvid":7,.*"vlans":\[{"vid":7,[^}]*}\]'
result $? 'and it is in no other VLAN, not even the one a port begins in'
stop "$echo_pid" KILL

# ---- vde_plug ----
if command -v vde_plug >/dev/null && command -v dpipe >/dev/null; then
	"$CTL" segment set vlan1 mode bridge
	attach echo "$RAWPEER" "stream:$T/sw/vlan1/stream" echo "$B"
	# a cable between two segments
	"$CTL" segment add far
	start cable vde_plug "vdelab://lab/vlan1[port=near_end]" \
		"vdelab://lab/far[port=far_end]"
	wait_until "'$CTL' port show far | grep -q far_end"
	check 'vde_plug joins two segments' "$RAWPEER" \
		"stream:$T/sw/far/stream" ping "$A" "$B" 20 1000 4
else
	skip 'vde_plug joins two segments' 'vde_plug is not installed'
fi

# ---- networks of libvdeplug as ports of ours ----
if command -v vde_plug >/dev/null; then
	"$CTL" segment add east
	"$CTL" segment add west
	attach west_station "$RAWPEER" "stream:$T/sw/west/stream" echo "$B"
	check 'a port of kind vdeplug' "$CTL" port add east vdeplug name=ve \
		"vnl=vdelab://lab/west"
	wait_until "[ \"\$('$CTL' -j port show west | grep -o '\"name\"' | wc -l)\" -eq 2 ]"
	result $? 'its network is attached'
	check 'it carries frames' "$RAWPEER" "stream:$T/sw/east/stream" \
		ping "$A" "$B" 20 1514 4
	start giant "$RAWPEER" "stream:$T/sw/east/stream" ping "$A" "$B" 1 9235
	wait_until "'$CTL' -s port show east | grep -q oversize ||
		'$CTL' stats show east | grep -q oversize"
	result $? 'a frame that vde_plug would cut is dropped and counted'
	stop "$pid" KILL
	"$CTL" -j port show | grep -q '"vnl":"vdelab://lab/west"'
	result $? 'it is shown what it opens'
	check_fails 'what is no name of a network is refused' \
		"$CTL" port add east vdeplug vnl=--help
	check 'it can be removed' "$CTL" port del ve
fi

# In a namespace of its own, two switches on one distributed network.
if command -v vde_plug >/dev/null && unshare -Urn true 2>/dev/null; then
	cat >"$T/vxvde.sh" <<'IN'
ip link set lo up && ip link set lo multicast on &&
	ip route add 239.0.0.0/8 dev lo || exit 1
for i in 1 2; do
	mkdir -m 700 "$T/vx$i"
	"$SWITCH" --dir "$T/vx$i" --segment lab &
	eval "switch$i=\$!"
	until [ -S "$T/vx$i/control" ]; do sleep 0.05; done
	"$CTL" -t "$T/vx$i" port add lab vdeplug vnl=vxvde://239.1.2.3 || exit 1
done
# what is sent before both are in the group is lost
until grep -q '030201EF *2' /proc/net/igmp; do sleep 0.05; done
"$RAWPEER" "stream:$T/vx2/lab/stream" echo 52:54:00:00:00:0b &
echo=$!
until "$CTL" -t "$T/vx2" -j port show | grep -q '"kind":"stream"'; do
	sleep 0.05
done
"$RAWPEER" "stream:$T/vx1/lab/stream" \
	ping 52:54:00:00:00:0a 52:54:00:00:00:0b 20 1000 1
status=$?
kill $echo $switch1 $switch2
wait
exit $status
IN
	T=$T SWITCH=$SWITCH CTL=$CTL RAWPEER=$RAWPEER
	export T SWITCH CTL RAWPEER
	check 'vxvde:// joins two switches' sh -c \
		"timeout $PATIENCE_S unshare -Urn sh '$T/vxvde.sh'"
else
	skip 'vxvde:// joins two switches' \
		'no vde_plug, or no network namespaces here'
fi

# ---- mistakes ----
refused() { # NAME VNL TEXT
	timeout "$PATIENCE_S" "$VDECLIENT" "$2" stay >"$T/refused.log" 2>&1
	[ $? -eq 1 ] && grep -q -- "$3" "$T/refused.log"
	check_status=$?
	result $check_status "$1"
	[ $check_status -eq 0 ] || diag "$T/refused.log"
}
refused 'an unknown segment is named' vdelab://lab/vlan11 'vlan11'
refused 'a switch that is not there is named' vdelab://nobody/vlan1 'nobody'
refused 'a mistake in an option is named' 'vdelab://lab/vlan1[vip=7]' "'vip'"
refused 'a VLAN where there are none is refused' \
	'vdelab://lab/vlan1[vid=7]' '8021q'
[ "$("$CTL" -j port show vlan1 | grep -o '"name"' | wc -l)" -le 2 ]
result $? 'who is refused leaves no port behind'

check 'the books balance' "$CTL" stats --check
stop_switch
finish
