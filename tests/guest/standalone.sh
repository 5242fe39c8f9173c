#!/bin/sh
# The switch without the driver, as README's section tells it: two QEMUs
# started by hand, one on the VDE socket and one on the stream socket, and
# vde_plug; watched and cut by vdelabctl.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
command -v socat >/dev/null ||
	{ echo '1..0 # SKIP socat is not installed'; exit 0; }
plain_build_only
need_guests
. "$top/tests/guest/by-hand.sh"

XDG_RUNTIME_DIR=$work/run "$bin/vdelab-switch" --dir "$dir" --segment lab \
	--plugin capture --plugin link 9>&- &
switch=$!
started="${started-} $switch"
check 'the switch comes up' soon 10 test -S "$dir/control"

guest 1 "vde,sock=$dir/lab"
guest 2 "stream,addr.type=unix,addr.path=$dir/lab/stream"
soon 20 test -S "$work/shell1"
soon 20 test -S "$work/shell2"
for n in 1 2; do
	check "guest $n boots" soon 120 answers $n
	check "guest $n takes an address" in_guest $n \
		"ip link set eth0 up; ip addr add 10.9.9.$n/24 dev eth0"
done
check 'they reach each other' in_guest 1 \
	'for i in 1 2 3 4 5; do ping -c 1 -W 2 10.9.9.2 && break; done'
show "$work/answer"
ctl port >"$work/out"
show "$work/out"
check 'vdelabctl shows both ports' grep -q 'vde.*lab\|lab.*vde' "$work/out"
check 'and their addresses' sh -c "'$bin/vdelabctl' -t '$dir' fdb |
	grep -c '52:54:00:00:00:0[12]' | grep -qx 2"
port=$(ctl -j port | grep -o '"name": *"vde[0-9]*"' | grep -o 'vde[0-9]*')
check 'a cable is cut' ctl link set "$port" block
in_guest 1 'ping -c 1 -W 2 10.9.9.2'
result $(($? == 0)) 'and then nothing comes through'
check 'and joined again' ctl link set "$port" unblock
check 'and then it does' in_guest 1 \
	'for i in 1 2 3 4 5; do ping -c 1 -W 2 10.9.9.2 && break; done'

if command -v vde_plug >/dev/null && command -v dpipe >/dev/null; then
	# A second switch, joined by a wire of vde2's.
	"$bin/vdelab-switch" --dir "$work/net2" --segment far 9>&- &
	far=$!
	started="$started $far"
	soon 10 test -S "$work/net2/control"
	dpipe vde_plug "vde://$dir/lab" = vde_plug "vde://$work/net2/far" 9>&- &
	started="$started $!"
	check 'vde_plug attaches' soon 10 sh -c \
		"'$bin/vdelabctl' -t '$work/net2' port | grep -q vde"
	in_guest 1 'arping -c 1 -w 2 -I eth0 10.9.9.77 || ping -c 1 -W 2 10.9.9.77'
	check 'frames get to the far switch' sh -c \
		"'$bin/vdelabctl' -t '$work/net2' fdb | grep -q 52:54:00:00:00:01"
	kill "$far"
	wait "$far"
	result $? 'the far switch ends in order'
fi

if command -v tshark >/dev/null; then
	"$bin/vdelabctl" -t "$dir" capture lab -w - >"$work/stream.pcapng" 9>&- &
	capture=$!
	started="$started $capture"
	soon 10 sh -c "'$bin/vdelabctl' -t '$dir' capture show | grep -q lab"
	in_guest 1 'ping -c 3 -i 0.2 10.9.9.2' || true
	kill -INT "$capture"
	wait "$capture"
	result $? 'vdelabctl capture -w - ends in order'
	tshark -r "$work/stream.pcapng" -Y icmp >"$work/out" 2>&1
	show "$work/out"
	check 'what it wrote has the pings' test "$(grep -c 'Echo (ping)' "$work/out")" -ge 6
fi
check 'the books balance' ctl stats --check
kill "$switch"
wait "$switch"
result $? 'the switch ends in order'
check 'and leaves nothing behind' test ! -e "$dir/control"
finish
