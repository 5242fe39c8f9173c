#!/bin/sh
# The walker of rings on those of DPDK's driver, which runs as an ordinary user
# and without huge pages: frames go round between two of its ports.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need dpdk-testpmd

HUB=$TOP_BUILDDIR/tests/integration/vhostback
ENOUGH=5000 # frames, to say that they go round

# An ordinary user, where the programs can be read as such.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && setpriv \
	--reuid=65534 --regid=65534 --clear-groups test -x "$HUB" -a -x "$0"; then
	rm -rf "$T" # it gets another
	exec setpriv --reuid=65534 --regid=65534 --clear-groups \
		env HOME=/nonexistent TMPDIR=/tmp "$0" "$@"
fi

start hub "$HUB" "$T/hub"
hub=$pid
wait_text hub '^ready'
# Each port has a path of its own, which is how DPDK tells them apart.
ln -s "$T/hub" "$T/p0"
ln -s "$T/hub" "$T/p1"
mkfifo "$T/stdin"
exec 8<>"$T/stdin"

vdev() { # NUMBER PAIRS OPTIONS
	echo "net_virtio_user$1,path=$T/p$1,mac=02:00:00:00:00:0$1,queues=$2,queue_size=256,$3"
}

# testpmd PAIRS OPTIONS ARG...: it reads commands from descriptor 8
testpmd() {
	testpmd_pairs=$1
	testpmd_options=$2
	shift 2
	start testpmd env XDG_RUNTIME_DIR="$T" sh -c 'exec "$@" <&8' - \
		dpdk-testpmd --lcores '(0,1)@0-1' --no-huge -m 256 --no-pci \
		--no-telemetry --iova-mode=va --file-prefix="vdelab$$" \
		--vdev "$(vdev 0 "$testpmd_pairs" "$testpmd_options")" \
		--vdev "$(vdev 1 "$testpmd_pairs" "$testpmd_options")" \
		-- -i --nb-cores=1 --forward-mode=mac \
		--rxq="$testpmd_pairs" --txq="$testpmd_pairs" \
		--eth-peer=0,02:00:00:00:00:01 --eth-peer=1,02:00:00:00:00:00 \
		--total-num-mbufs=8192 --rxd=256 --txd=256 "$@"
	wait_text testpmd 'testpmd>'
}

# How many frames the port that has received least has, as was said last.
n_received() {
	echo 'show port stats all' >&8
	grep -o 'RX-packets: [0-9]*' "$T/testpmd.log" | tail -n 2 |
		cut -d' ' -f2 | sort -n | head -n 1 | grep . || echo 0
}

# goes_round FRAME PAIRS OPTIONS ARG...: FRAME is octets of each of its pieces
goes_round() {
	frame=$1
	shift
	testpmd "$@"
	echo "set txpkts $frame" >&8
	echo 'start tx_first 2' >&8
	wait_until "[ \$(n_received) -ge $ENOUGH ] || ! running $pid"
	[ "$(n_received)" -ge $ENOUGH ]
	goes_status=$?
	result $goes_status "$1 pair(s), $2, frames of $frame go round"
	[ $goes_status -eq 0 ] || diag "$T/testpmd.log" "$T/hub.log"
	echo 'stop' >&8
	echo 'quit' >&8
	wait_until "! running $pid" || stop "$pid" KILL
}

several=--tx-offloads=0x8000 # pieces of a frame; then tables are in use
goes_round 64 1 mrg_rxbuf=1
goes_round 64 4 packed_vq=1,mrg_rxbuf=0
goes_round 64 2 mrg_rxbuf=0,in_order=1
goes_round 500,500,500 2 packed_vq=1,mrg_rxbuf=1 $several
goes_round 500,500,500 1 mrg_rxbuf=0 $several

# ---- it is killed in mid-traffic, and comes again ----
testpmd 1 mrg_rxbuf=1
echo 'start tx_first 2' >&8
wait_until "[ \$(n_received) -ge $ENOUGH ] || ! running $pid"
stop "$pid" KILL
goes_round 64 1 packed_vq=1,mrg_rxbuf=1,in_order=1
running "$hub"
result $? 'the hub lives'
stop "$hub"
check_fails 'and has let nobody go' grep 'let go' "$T/hub.log"

finish
