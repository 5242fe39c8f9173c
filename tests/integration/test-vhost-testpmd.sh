#!/bin/sh
# DPDK's driver for virtio, as an ordinary user and without huge pages: frames
# go round between two of its ports, through the switch.
#
#   test-vhost-testpmd.sh [--whole]    all combinations, and 100 reconnects
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/vhost.sh"

need dpdk-testpmd

# An ordinary user, where the programs can be read as such.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
	setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$SWITCH"; then
	rm -rf "$T" # it gets another
	exec setpriv --reuid=65534 --regid=65534 --clear-groups \
		env HOME=/nonexistent TMPDIR=/tmp "$0" "$@"
fi

[ "${1:-}" = --whole ] && WHOLE=yes
: "${WHOLE:=}"
ROUNDS=2
[ -z "$WHOLE" ] || ROUNDS=100
ENOUGH=5000 # frames, to say that they go

mkfifo "$T/stdin"
exec 8<>"$T/stdin"

# testpmd NAME PAIRS VDEV-OPTIONS ARG...: with ports of $T/p0 and $T/p1, which
# it connects to or, with server=1, waits at; reads commands from fd 8
testpmd() {
	testpmd_name=$1
	testpmd_pairs=$2
	testpmd_vdev=$3
	shift 3
	: >"$T/testpmd.log"
	(
		export XDG_RUNTIME_DIR="$T"
		exec dpdk-testpmd --lcores '(0,1)@0-1' --no-huge -m 256 --no-pci \
			--no-telemetry --iova-mode=va \
			--file-prefix="vdelab$$" \
			--vdev "net_virtio_user0,path=$T/p0,mac=02:00:00:00:00:01,queues=$testpmd_pairs,queue_size=256$testpmd_vdev" \
			--vdev "net_virtio_user1,path=$T/p1,mac=02:00:00:00:00:02,queues=$testpmd_pairs,queue_size=256$testpmd_vdev" \
			-- -i --nb-cores=1 --forward-mode=mac \
			--rxq="$testpmd_pairs" --txq="$testpmd_pairs" \
			--eth-peer=0,02:00:00:00:00:02 \
			--eth-peer=1,02:00:00:00:00:01 \
			--total-num-mbufs=8192 --rxd=256 --txd=256 "$@" \
			<"$T/stdin" >"$T/testpmd.log" 2>&1
	) &
	pid=$!
	pids="$pids $pid"
	testpmd_pid=$pid
}

n_frames() {
	"$CTL" -t "$T/sw" -j stats lab | grep -o '"rx":[0-9]*' | cut -d: -f2
}
n_carriers() {
	"$CTL" -t "$T/sw" -j port | grep -o '"carrier":true' | wc -l
}

# goes NAME: frames do
goes() {
	goes_end=$(($(n_frames) + ENOUGH))
	wait_until "[ \$(n_frames) -ge $goes_end ] || ! running $testpmd_pid"
	[ "$(n_frames)" -ge "$goes_end" ]
	goes_status=$?
	result $goes_status "$1"
	[ $goes_status -eq 0 ] || diag "$T/testpmd.log" "$T/switch.log"
}

# A round: two connections to the switch's listener.
round() { # NAME PAIRS VDEV-OPTIONS ARG...
	testpmd "$@"
	wait_until "grep -q 'testpmd>' '$T/testpmd.log' ||
		! running $testpmd_pid"
	wait_until "[ \$(n_carriers) -eq 2 ] || ! running $testpmd_pid"
}
# What was under way may be lost by whoever came between: it begins anew.
tx() { # TXPKTS
	echo stop >&8
	echo "set txpkts $1" >&8
	echo 'start tx_first 2' >&8
}
quit() {
	echo 'stop' >&8
	echo 'quit' >&8
	wait_until "! running $testpmd_pid"
	running "$testpmd_pid" && stop "$testpmd_pid" KILL
	wait_until '[ $(n_carriers) -eq 0 ]'
}

start_switch --segment lab
ln -s "$T/sw/lab/vhost" "$T/p0"
ln -s "$T/sw/lab/vhost" "$T/p1"
keep_in_mind 0

combination() { # PAIRS VDEV TXPKTS ARG...
	combination_name="$1 pair(s)$2, txpkts $3"
	combination_pairs=$1
	combination_vdev=$2
	combination_tx=$3
	shift 3
	round one "$combination_pairs" "$combination_vdev" "$@"
	tx "$combination_tx"
	goes "$combination_name: frames go round"
	quit
	check "$combination_name: the books balance" \
		"$CTL" -t "$T/sw" stats --check
}

if [ -z "$WHOLE" ]; then
	combination 4 ',packed_vq=1,mrg_rxbuf=0' 64
else
	for packed in 0 1; do
		for mergeable in 0 1; do
			for pairs in 1 4; do
				combination $pairs \
					",packed_vq=$packed,mrg_rxbuf=$mergeable" 64
				# tables of descriptors
				combination $pairs \
					",packed_vq=$packed,mrg_rxbuf=$mergeable" \
					500,500,500 --tx-offloads=0x8000
				combination $pairs \
					",packed_vq=$packed,mrg_rxbuf=$mergeable,in_order=1" \
					64
			done
		done
	done
	combination 1 ',mrg_rxbuf=1' 15000,15000,15000,15000 \
		--tx-offloads=0x8000 --burst=8 --mbuf-size=16384 \
		--total-num-mbufs=2000 --enable-scatter
fi

# ---- killed in mid-traffic ----
round killed 1 ',mrg_rxbuf=1'
tx 1500
goes 'before testpmd is killed'
kill -KILL "$testpmd_pid"
wait_until '[ $(n_carriers) -eq 0 ]'
result $? 'its ports go with it'
check_kept 'after it was killed'
check 'the books balance' "$CTL" -t "$T/sw" stats --check

# ---- it waits, and the switch connects ----
rm -f "$T/p0" "$T/p1"
connect() {
	for k in 0 1; do
		"$CTL" -t "$T/sw" port add lab vhost-user name="p$k" \
			path="$T/p$k" reconnect=10 >/dev/null || return 1
	done
}
# It has no mercy with whoever goes before it is ready.
connected() {
	n_connected=$((n_connected + 2))
	wait_until "[ \$(grep -c 'reconnection succeeds' '$T/testpmd.log') \
		-ge $n_connected ] || ! running $testpmd_pid" &&
		wait_until '[ $(n_carriers) -eq 2 ]' && running $testpmd_pid
}
n_connected=0
testpmd server 2 ',server=1,mrg_rxbuf=1'
# It waits at its second path when somebody has come to the first one.
connect
result $? 'the switch is to connect to testpmd'
wait_until "grep -q 'testpmd>' '$T/testpmd.log' || ! running $testpmd_pid"
wait_until '[ $(n_carriers) -eq 2 ]'
tx 64
goes 'frames go round'
keep_in_mind 2
i=0
while [ $i -lt $ROUNDS ]; do
	i=$((i + 1))
	"$CTL" -t "$T/sw" port del p0 >/dev/null
	"$CTL" -t "$T/sw" port del p1 >/dev/null
	connect || break
	connected || break
done
[ $i -eq $ROUNDS ]
result $? "it connects again $ROUNDS times"
check_kept 'after that'
tx 64
goes 'and frames go round after that'
check 'the books balance' "$CTL" -t "$T/sw" stats --check

# ---- the switch is killed ----
kill -KILL "$switch_pid"
wait_until "! running $switch_pid"
rm -rf "$T/sw"
start_switch --segment lab
connect
connected
result $? 'the next switch connects'
tx 64
goes 'and frames go round through it'
"$CTL" -t "$T/sw" port del p0 >/dev/null
"$CTL" -t "$T/sw" port del p1 >/dev/null
stop "$testpmd_pid" KILL

stop_switch
finish
