#!/bin/sh
# Real VDE clients on a real switch: hand-made handshakes, libvdeplug, vde_plug,
# slirpvde, QEMU as a cable and as a guest's network card.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c

start_switch --segment vlan1 --segment vlan2 --plugin capture
one=$T/sw/vlan1
two=$T/sw/vlan2

# ping_sizes NAME SIZES CMD...: frames of each size go to B and come back
ping_sizes() {
	name=$1
	sizes=$2
	shift 2
	for size in $sizes; do
		check "$name: frames of $size octets both ways" \
			"$@" ping "$A" "$B" 200 "$size" 8
	done
}

mode_of() {
	stat -c %a "$1"
}

check 'the control socket is for its owner only' \
	test "$(mode_of "$one/ctl")" = 600

# ---- hand-made handshakes ----
attach other "$RAWPEER" "v3:$two" first "$((4 * PATIENCE_S))" "$C"
other=$pid
attach echo "$RAWPEER" "v3:$one" echo "$B"
ping_sizes 'wire version 1' '18 60 1514 9000 65550' "$RAWPEER" "v1:$one"
ping_sizes 'wire version 3' '18 60 1514 9000 65550' "$RAWPEER" "v3:$one"
stop "$pid"
"$RAWPEER" "v3:$two" say "$C" >/dev/null
wait "$other"
result $? 'segments are apart'

attach first "$RAWPEER" "v3:$one@5" echo "$B"
first=$pid
attach second "$RAWPEER" "v3:$one@5" await "$PATIENCE_S" 12 88b5
second=$pid
check 'a shared port: one of its clients answers' \
	"$RAWPEER" "v3:$one" ping "$A" "$B" 10 100
wait "$second"
result $? 'a shared port: the other one sees the frames, too'
stop "$first"

# ---- libvdeplug ----
if [ -x "$VDECLIENT" ]; then
	attach plug "$VDECLIENT" "vde://$one" echo "$B"
	ping_sizes 'libvdeplug' '18 60 1514 9000' "$VDECLIENT" "vde://$one"
	check 'libvdeplug: a port by number' \
		env VDE_PORT=7 "$VDECLIENT" "vde://$one" ping "$A" "$B" 10 60
	check 'libvdeplug: port 0 is any' \
		env VDE_PORT=-1 "$VDECLIENT" "vde://$one" ping "$A" "$B" 10 60
	check 'libvdeplug: a relative path' sh -c "cd '$T/sw' &&
		'$VDECLIENT' vde://vlan1 ping $A $B 10 60"
	stop "$pid"
	if [ "$(id -u)" -ne 0 ]; then
		check_fails 'libvdeplug: mode 0000 is refused' \
			env VDE_MODE=0 "$VDECLIENT" "vde://$one" stay
		check 'libvdeplug: and the log says what to do' \
			grep -q 'mode 0000.*vde_open' "$T/switch.log"
	else
		skip 'libvdeplug: mode 0000 is refused' 'root may all the same'
	fi
else
	skip 'libvdeplug' 'built without libvdeplug'
fi

# cable NAME SIZES: what joins vlan1 and vlan2 has been started as $pid
cable() {
	cable_pid=$pid
	attach far "$RAWPEER" "v3:$two" echo "$B"
	far_pid=$pid
	# the cable's ends attach when they like
	wait_until "timeout 2 '$RAWPEER' 'v3:$one' ping $A $B 1 60 >/dev/null 2>&1"
	ping_sizes "$1" "$2" "$RAWPEER" "v3:$one"
	stop "$far_pid"
	stop "$cable_pid"
}

# ---- vde_plug ----
if command -v vde_plug >/dev/null; then
	start cable vde_plug "vde://$one" "vde://$two"
	cable 'vde_plug as a cable' '60 1514 9000'
else
	skip 'vde_plug as a cable' 'vde_plug is not installed'
fi

# ---- QEMU ----
qemu_has_vde() {
	command -v "$QEMU" >/dev/null &&
		"$QEMU" -M none -netdev help 2>&1 | grep -qx vde
}

# guest MAC NETDEV: a PC without a disk whose network card's firmware looks for
# a boot server
guest() {
	start guest "$QEMU" -M pc -accel tcg -m 64 -nodefaults -display none \
		-monitor none -serial none -boot n -netdev "$2",id=n \
		-device virtio-net-pci,netdev=n,mac="$1"
}

if qemu_has_vde; then
	start cable "$QEMU" -M none -nodefaults -display none -monitor none \
		-serial none -netdev vde,id=a,sock="$one" \
		-netdev vde,id=b,sock="$two" \
		-netdev hubport,id=ha,hubid=0,netdev=a \
		-netdev hubport,id=hb,hubid=0,netdev=b
	cable 'QEMU as a cable' '60 1514 9000 65550'

	# A guest's own DHCP request (UDP 68 to 67), first on a segment alone,
	# then with somebody who answers: a second kind of request (DHCP message
	# type 3) shows that the answer got into the guest.
	record vlan1
	attach sniff "$RAWPEER" "v3:$one" await "$PATIENCE_S" 34 00440043
	sniff=$pid
	guest 52:54:00:00:00:07 "vde,sock=$one"
	guest=$pid
	wait "$sniff"
	result $? "a guest's frames arrive"
	check_recorded "a guest's frames are on record" vlan1 \
		'dhcp.option.dhcp == 1 && eth.src == 52:54:00:00:00:07'
	stop "$guest"
	if command -v slirpvde >/dev/null; then
		start slirp slirpvde --dhcp -s "$one"
		slirp=$pid
		attach sniff "$RAWPEER" "v3:$one" await "$PATIENCE_S" 282 350103
		sniff=$pid
		guest 52:54:00:00:00:08 "vde,sock=$one"
		guest=$pid
		wait "$sniff"
		status=$?
		result $status 'a guest gets an answer of slirpvde'
		[ $status -eq 0 ] || diag "$T/slirp.log" "$T/sniff.log"
		check_recorded 'and the lease is on record' vlan1 \
			'dhcp.option.dhcp == 5 && dhcp.hw.mac_addr == 52:54:00:00:00:08'
		stop "$guest"
		stop "$slirp"
	else
		skip 'a guest gets an answer of slirpvde' 'no slirpvde'
	fi
else
	skip 'QEMU' "$QEMU is not there, or does without vde"
fi

stop_switch
finish
