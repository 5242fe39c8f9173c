#!/bin/sh
# Real stream peers on a real switch: by hand, QEMU as a cable and as a guest's
# network card.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c

start_switch --segment vlan1 --segment vlan2 --plugin capture
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

check 'the socket is for its owner only' \
	test "$(stat -c %a "$one/stream")" = 600

# ---- by hand ----
attach other "$RAWPEER" "stream:$two/stream" first "$((4 * PATIENCE_S))" "$C"
other=$pid
attach echo "$RAWPEER" "stream:$one/stream" echo "$B"
echo_pid=$pid
ping_sizes 'stream to stream' '18 60 1514 9000 65550' \
	"$RAWPEER" "stream:$one/stream"
ping_sizes 'VDE to stream' '18 60 1514 9000 65550' "$RAWPEER" "v3:$one"
stop "$echo_pid"
"$RAWPEER" "stream:$two/stream" say "$C" >/dev/null
wait "$other"
result $? 'segments are apart'

# ---- as a client, of another switch that is killed ----
serve_other() {
	start other "$SWITCH" --dir "$T/other" --segment lab
	other=$pid
	wait_until "[ -S '$T/other/lab/stream' ] && [ -S '$T/other/lab/ctl' ]"
}
check 'a port may wait for its peer' "$CTL" -t "$T/sw" port add vlan1 stream \
	name=uplink path="$T/other/lab/stream" reconnect=50
"$CTL" -t "$T/sw" port | grep '^uplink ' | grep -q 'no carrier'
result $? 'and has no carrier then'
for round in first next; do
	serve_other
	attach echo "$RAWPEER" "v3:$T/other/lab" echo "$B"
	echo_pid=$pid
	wait_until "'$CTL' -t '$T/sw' -j port |
		grep -q '\"name\":\"uplink\".*\"carrier\":true'"
	check "through it to the $round switch" \
		"$RAWPEER" "stream:$one/stream" ping "$A" "$B" 100 1514 8
	stop "$other" KILL
	stop "$echo_pid"
	rm -rf "$T/other"
done
check 'the port goes' "$CTL" -t "$T/sw" port del uplink

# ---- QEMU ----
qemu_has_stream() {
	command -v "$QEMU" >/dev/null &&
		"$QEMU" -M none -netdev help 2>&1 | grep -qx stream
}

netdev() { # PATH
	echo "stream,server=off,addr.type=unix,addr.path=$1"
}

if qemu_has_stream; then
	start cable "$QEMU" -M none -nodefaults -display none -monitor none \
		-serial none -netdev "$(netdev "$one/stream")",id=a \
		-netdev "$(netdev "$two/stream")",id=b \
		-netdev hubport,id=ha,hubid=0,netdev=a \
		-netdev hubport,id=hb,hubid=0,netdev=b
	cable=$pid
	attach far "$RAWPEER" "stream:$two/stream" echo "$B"
	far=$pid
	wait_until "timeout 2 '$RAWPEER' 'stream:$one/stream' \
		ping $A $B 1 60 >/dev/null 2>&1"
	# One at a time: when a socket takes only a part of a frame, QEMU 7.2
	# behind a hub sends the rest of another one after it.
	window=1
	ping_sizes 'QEMU as a cable' '60 1514 9000 65550' \
		"$RAWPEER" "stream:$one/stream"
	stop "$far"
	stop "$cable"

	record vlan1
	attach sniff "$RAWPEER" "stream:$one/stream" \
		await "$PATIENCE_S" 34 00440043 # DHCP: UDP 68 to 67
	sniff=$pid
	start guest "$QEMU" -M pc -accel tcg -m 64 -nodefaults -display none \
		-monitor none -serial none -boot n \
		-netdev "$(netdev "$one/stream")",id=n \
		-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:07
	guest=$pid
	wait "$sniff"
	result $? "a guest's frames arrive"
	check_recorded "a guest's frames are on record" vlan1 \
		'dhcp.option.dhcp == 1 && eth.src == 52:54:00:00:00:07'
	stop "$guest"
else
	skip 'QEMU' "$QEMU is not there, or does without stream"
fi

stop_switch
finish
