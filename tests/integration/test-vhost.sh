#!/bin/sh
# vhost-user ports: guests' rings of all sorts, between each other and to other
# kinds of ports, whole segments and cut ones; and front-ends that come and go.
#
#   test-vhost.sh [--whole]    more of everything
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/vhost.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
ROUNDS=100
FRAMES=100
[ "${1:-}" = --whole ] && FRAMES=5000

start_switch --segment vlan1
one=$T/sw/vlan1
vhost=$one/vhost

check 'the socket is for its owner only' test "$(stat -c %a "$vhost")" = 600

# both_ways NAME SIZES STATION...: STATION pings the echo that there is
both_ways() {
	name=$1
	sizes=$2
	shift 2
	for size in $sizes; do
		check "$name: frames of $size octets both ways" \
			"$@" ping "$A" "$B" "$FRAMES" "$size" 8
	done
}

# ---- rings of all sorts, to each other ----
while read -r words; do
	attach echo "$VHOSTFRONT" -o "$words" "$vhost" echo "$B"
	both_ways "$words" '18 1514 9000' "$VHOSTFRONT" -o "$words" "$vhost"
	stop "$pid"
done <<'END'
size=256
packed
mergeable
packed,mergeable,size=100
indirect,event-idx,mergeable,buffer=300
packed,indirect,event-idx,mergeable,buffer=300
packed,event-idx,piece=1000
legacy
legacy,mergeable,event-idx
segments,mergeable,indirect
checksum,packed
header-apart,mergeable,size=512
regions=6,adjoin,mergeable,buffer=3000
regions=7,slots,no-ack
poll,mergeable,size=1024
pairs=4,mergeable
pairs=4,packed,event-idx
inflight,mergeable
inflight,packed,event-idx
END

# ---- and to other kinds ----
attach echo "$VHOSTFRONT" -o mergeable,event-idx "$vhost" echo "$B"
echo_pid=$pid
both_ways 'VDE to vhost-user' '18 60 1514 9000 65550' "$RAWPEER" "v3:$one"
both_ways 'a stream to vhost-user' '18 60 1514 9000 65550' \
	"$RAWPEER" "stream:$one/stream"
stop "$echo_pid"
attach echo "$VHOSTFRONT" -o packed,indirect,segments "$vhost" echo "$B"
echo_pid=$pid
both_ways 'a stream to packed rings with offloads' '18 60 1514 9000 65550' \
	"$RAWPEER" "stream:$one/stream"
stop "$echo_pid"

# ---- segments: whole to who can, cut to others ----
collects() { # NAME FAMILY whole|cut STATION...
	name=$1
	family=$2
	how=$3
	shift 3
	attach collect "$@" collect "$PATIENCE_S" "$family" "$B" 600000 "$how"
	collector=$pid
	attach segments "$VHOSTFRONT" -o segments "$vhost" \
		segments "$family" "$A" "$B" 10 60000
	sender=$pid
	wait "$collector"
	collected=$?
	result $collected "$name"
	[ $collected -eq 0 ] || diag "$T/collect.log"
	stop "$sender"
}
for family in 4 6 4t 6t; do
	collects "segments ($family) stay whole" $family whole \
		"$VHOSTFRONT" -o segments,mergeable "$vhost"
	collects "they are cut for guests without ($family)" $family cut \
		"$VHOSTFRONT" -o mergeable "$vhost"
	collects "and for a stream ($family)" $family cut \
		"$RAWPEER" "stream:$one/stream"
	collects "and for VDE ($family)" $family cut "$RAWPEER" "v3:$one"
done

# ---- the switch connects ----
start front "$VHOSTFRONT" -o server,mergeable "$T/front" echo "$B"
front=$pid
wait_until "[ -S '$T/front' ]"
check 'a port connects to a front-end' "$CTL" -t "$T/sw" port add vlan1 \
	vhost-user name=guest path="$T/front" reconnect=50
wait_text front '^attached' || bail 'no guest behind it'
both_ways 'through it' '60 1514' "$VHOSTFRONT" "$vhost"
stop "$front" KILL
start front "$VHOSTFRONT" -o server,packed "$T/front" echo "$B"
front=$pid
wait_text front '^attached'
result $? 'and to the next one'
both_ways 'through that' '60 1514' "$VHOSTFRONT" "$vhost"
stop "$front" KILL
check 'the port goes' "$CTL" -t "$T/sw" port del guest

# ---- front-ends come and go ----
attach echo "$VHOSTFRONT" "$vhost" echo "$B"
echo_pid=$pid
"$VHOSTFRONT" "$vhost" again anew 20 "$A" "$B" >"$T/warm.log" 2>&1
result $? 'front-ends come again, anew'
keep_in_mind 1
check "$ROUNDS of them" "$VHOSTFRONT" "$vhost" again anew $ROUNDS "$A" "$B"
check_kept "after $ROUNDS"
while read -r words; do
	check "$words: rings stop and start" \
		"$VHOSTFRONT" -o "$words" "$vhost" again pause 20 "$A" "$B"
	check "$words: rings live longer than connections" \
		"$VHOSTFRONT" -o "$words" "$vhost" again reconnect 20 "$A" "$B"
done <<'END'
mergeable,event-idx
packed,event-idx
pairs=2,inflight
END
check_kept 'after pauses and reconnects'

# ---- a front-end is killed in the middle ----
n_frames() { # that have come in
	"$CTL" -t "$T/sw" -j stats vlan1 | grep -o '"rx":[0-9]*' | cut -d: -f2
}
for words in segments,mergeable packed,segments,indirect; do
	attach noise "$VHOSTFRONT" -o "$words" "$vhost" noise 7
	noise=$pid
	before=$(n_frames)
	wait_until "[ \$(n_frames) -gt $((before + 1000)) ]"
	stop "$noise" KILL
	both_ways "$words: another one was killed in mid-traffic" 1514 \
		"$VHOSTFRONT" "$vhost"
done
check_kept 'after some were killed'
stop "$echo_pid"
check 'the books balance' "$CTL" -t "$T/sw" stats --check

stop_switch
finish
