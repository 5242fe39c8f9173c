#!/bin/sh
# The walker of rings on those of other processes: drivers that run at the same
# time, as they do in guests, and some that do what no driver may.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VHOSTFRONT=$TOP_BUILDDIR/tests/integration/vhostfront/vhostfront
hub=$T/hub

start hub "$TOP_BUILDDIR/tests/integration/vhostback" "$hub"
hub_pid=$pid
wait_text hub '^ready'

# ---- rings of all sorts ----
while read -r words; do
	attach echo "$VHOSTFRONT" -o "$words" "$hub" echo "$B"
	# A hub has no place for what a guest has no room for.
	for size in 18 1514 65550; do
		check "$words: frames of $size octets both ways" \
			"$VHOSTFRONT" -o "$words" "$hub" ping "$A" "$B" 200 \
			"$size" $((size == 65550 ? 1 : 8))
	done
	stop "$pid"
done <<'END'
size=256
packed
mergeable
packed,mergeable,size=100
indirect,event-idx,mergeable,buffer=700
packed,indirect,event-idx,mergeable,buffer=700
packed,event-idx,piece=1000,size=1024
event-idx,piece=1000,size=1024
legacy
legacy,mergeable,event-idx,header-apart
in-order,indirect
packed,in-order,event-idx,mergeable
regions=6,adjoin,mergeable,buffer=3000
regions=8,packed,indirect
poll,mergeable,size=1024
pairs=4,mergeable,event-idx
pairs=4,packed
END

# ---- rings that stop and go on ----
attach echo "$VHOSTFRONT" -o mergeable "$hub" echo "$B"
echo_pid=$pid
for words in size=256 packed mergeable,event-idx packed,event-idx; do
	check "$words: rings stop and start" \
		"$VHOSTFRONT" -o "$words" "$hub" again pause 20 "$A" "$B"
	check "$words: drivers come and go" \
		"$VHOSTFRONT" -o "$words" "$hub" again anew 10 "$A" "$B"
done

# ---- what no driver may do, and what it may although few do ----
let_go() {
	grep -c '^a guest is let go: .' "$T/hub.log"
}
attack() { # NAME OUTCOME
	n_before=$(let_go)
	check "$1: $2" "$VHOSTFRONT" --attack "$1" "$hub" "$A" "$B" ||
		return
	[ "$2" != closed ] || [ "$(let_go)" -gt "$n_before" ] ||
		result 1 "$1: it says why"
}
of_rings='desc-loop|next-|head-|avail-index|buffer|table-(of|in|goes|loop|next'
of_rings="$of_rings|nowhere|wraps|over|buffer|unasked)|packed-|receive-"
of_rings="$of_rings|header-(of|alone|oct|in)|frame-of|kick-storm|used-overw"
of_rings="$of_rings|used-event|driver-event|no-buffers|call-is-full"
"$VHOSTFRONT" --list | grep -E "^($of_rings)" >"$T/attacks"
while read -r name outcome; do
	attack "$name" "$outcome"
done <"$T/attacks"
[ "$(wc -l <"$T/attacks")" -gt 60 ]
result $? 'these were all'
check 'others have not noticed' \
	"$VHOSTFRONT" "$hub" ping "$A" "$B" 200 1514 8
stop "$echo_pid"
running "$hub_pid"
result $? 'the hub lives'
stop "$hub_pid"

finish
