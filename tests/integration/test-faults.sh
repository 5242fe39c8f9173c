#!/bin/sh
# Clients without manners, and a machine that runs out of things: the switch
# serves the others, and counts every frame.
# shellcheck disable=SC2016 # conditions are evaluated later
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c
FOULER=$TOP_BUILDDIR/tests/integration/fouler
FAULTY=$T/fault
FAULTY_CLOCK=$T/clock
export FAULTY FAULTY_CLOCK

# Few descriptors, and every call may be made to fail.
sanitized=
grep -q __asan_init "$SWITCH" && sanitized=yes
cat >"$T/faulty-switch" <<END
#!/bin/sh
ulimit -n 64
exec env LD_PRELOAD='$TOP_BUILDDIR/tests/integration/faulty.so' \\
	ASAN_OPTIONS=verify_asan_link_order=0 '$SWITCH' "\$@"
END
chmod +x "$T/faulty-switch"
REAL_SWITCH=$SWITCH
SWITCH=$T/faulty-switch
start_switch --segment lan --plugin capture --plugin link
lan=$T/sw/lan

ctl() {
	"$CTL" -t "$T/sw" "$@"
}
balanced() {
	check "$1: the books balance" "$CTL" -t "$T/sw" stats --check
}
# good NAME: two well-behaved clients hear each other
good() {
	check "$1" "$RAWPEER" "v3:$lan" ping "$A" "$B" 50 1000
}
n_ports() {
	ctl -j port | grep -o '"kind"' | wc -l
}
# ticks: CPU time of the switch
ticks() {
	sed 's/.*) //' "/proc/$switch_pid/stat" | awk '{ print $12 + $13 }'
}
# start_again ARG...: another switch, in place of the one that was stopped
start_again() {
	rm -rf "$T/sw" "$T/ready"
	start_switch "$@"
}

attach echo "$RAWPEER" "v3:$lan" echo "$B"
echo_pid=$pid
good 'two clients hear each other'

# ---- killed in the middle ----
for part in ed fadefe cefaedfe03000000 "$(printf '%0244d' 0)"; do
	"$FOULER" "$lan/ctl" stump "$part" 2>/dev/null
done
for part in 00 0000003c 0000003c0202 0000ffff02; do
	"$FOULER" "$lan/stream" stump "$part" 2>/dev/null
done
wait_until '[ "$(n_ports)" -eq 1 ]'
result $? 'who is killed within a request or a frame leaves no port'
good 'nobody else has noticed'
balanced 'after that'

# ---- ten thousand connections, sixty-four descriptors ----
"$FOULER" "$lan/ctl" knock 10000
"$FOULER" "$lan/stream" knock 10000
good 'after ten thousand who hang up at once'
attach hold "$FOULER" "$lan/stream" hold 100
hold_pid=$pid
check 'with more clients than descriptors, those who are there are served' \
	"$CTL" -t "$T/sw" stats lan
before=$(ticks)
sleep 1
spent=$(($(ticks) - before))
[ "$spent" -le $(($(getconf CLK_TCK) / 5)) ]
result $? 'and the switch does not spin'
echo "# it spent $spent ticks in a second"
stop "$hold_pid" KILL
wait_until '[ "$(n_ports)" -eq 1 ]'
result $? 'when they are gone their ports are'
good 'and there is room again'
balanced 'after that'

# ---- each call fails once, at each of its first times ----
fired=0
for fault in accept4:24 accept4:23 accept4:105 accept4:12 accept4:103 \
	socket:24 socket:105 bind:98 connect:111 connect:11 send:105 send:11 \
	send:12 sendmsg:105 sendmmsg:105 sendmmsg:11 recv:12 recv:4 \
	recvmsg:12 recvmsg:4 epoll_ctl:12 epoll_ctl:28; do
	for n in 1 2 3 5; do
		echo "${fault%:*} ${fault#*:} $n" >"$T/fault.new"
		mv "$T/fault.new" "$FAULTY"
		# Whoever meets it may fail; nobody else may.
		timeout 3 "$RAWPEER" "v3:$lan" ping "$C" "$B" 20 1000 8 \
			>/dev/null 2>&1
		[ -e "$FAULTY" ] || fired=$((fired + 1))
		rm -f "$FAULTY"
		running "$switch_pid" || break 2
		running "$echo_pid" || {
			attach echo "$RAWPEER" "v3:$lan" echo "$B"
			echo_pid=$pid
		}
		timeout "$PATIENCE_S" "$RAWPEER" "v3:$lan" ping "$A" "$B" 5 60 \
			>"$T/check.log" 2>&1 || {
			echo "# after $fault at time $n nobody is served:"
			diag "$T/check.log"
			break 2
		}
	done
done
[ "$fault" = epoll_ctl:28 ] && [ "$n" -eq 5 ]
result $? 'a call that fails is got over, whichever and whenever'
echo "# $fired calls were made to fail"
[ "$fired" -ge 20 ]
result $? 'and they did fail'
balanced 'after that'

# ---- the clock on the wall jumps ----
record lan
good 'before the clock is set'
for seconds in 86400 -86400 0; do
	echo $seconds >"$FAULTY_CLOCK"
	sleep 1.1 # the switch looks once a second
	good "the clock is wrong by $seconds s"
	ctl -j fdb | grep -q "$B"
	result $? 'and no address is forgotten for that'
done
before=$(ticks)
sleep 1
spent=$(($(ticks) - before))
[ "$spent" -le $(($(getconf CLK_TCK) / 5)) ]
result $? 'no timer runs wild'
if command -v tshark >/dev/null; then
	# A day on, and a day back.
	wait_until "[ \"\$(tshark -r '$T/lan.pcapng' -T fields \\
		-e frame.time_epoch 2>'$T/check.log' | cut -c1-6 |
		sort -u | wc -l)\" -ge 3 ]"
	result $? 'the capture has the times that the clock told'
else
	skip 'the capture has the times that the clock told' \
		'tshark is not installed'
fi
stop "$echo_pid"
stop_switch

# ---- a switch as it is ----
SWITCH=$REAL_SWITCH
start_again --segment lan --plugin capture
attach echo "$RAWPEER" "v3:$lan" echo "$B"
good 'a pair is at work'
attach first "$RAWPEER" "v3:$lan" first "$((4 * PATIENCE_S))" "$C"
first=$pid

# ---- a million stations ----
rss() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$switch_pid/status"
}
"$FOULER" "$lan/stream" invent 20000
before=$(rss)
"$FOULER" "$lan/stream" invent 1000000
good 'a pair is still at work after a million invented stations'
check 'its books are' "$CTL" -t "$T/sw" stats --check
entries=$(ctl -j segment | sed -n 's/.*"fdb_count": *\([0-9]*\).*/\1/p')
[ "${entries:-99999}" -le 8192 ]
result $? 'the table is no larger than it may be'
if [ -z "$sanitized" ]; then
	[ $(($(rss) - before)) -le 1024 ]
	result $? 'and takes no more memory'
	echo "# $before KiB before, $(rss) KiB after"
else
	skip 'and takes no more memory' 'the sanitizer has memory of its own'
fi
"$RAWPEER" "v3:$lan" say "$C" >/dev/null
wait "$first"
result $? 'the pair was alone: who listens heard none of its frames'

# ---- a storm ----
attach storm "$FOULER" "$lan/stream" storm
storm_pid=$pid
worst=0
for n in 1 2 3 4 5 6 7 8 9 10; do
	begin=$(date +%s%N)
	ctl stats lan >/dev/null || worst=99999
	took=$((($(date +%s%N) - begin) / 1000000))
	[ "$took" -le "$worst" ] || worst=$took
done
echo "# under a storm of broadcasts an answer took $worst ms at most"
[ "$worst" -le 2000 ]
result $? 'control answers under a storm of broadcasts'
stop "$storm_pid" KILL
good 'and a pair is at work when it is over'
balanced 'after that'

# ---- a circle of two cables ----
ctl segment add there >/dev/null
start monitor "$CTL" -t "$T/sw" monitor
monitor_pid=$pid
for cable in one two; do
	check "the segments are joined by cable $cable" "$CTL" -t "$T/sw" \
		port add lan stream name=$cable path="$T/sw/there/stream"
done
"$RAWPEER" "v3:$lan" say "$C" >/dev/null
wait_until "grep -q loop-suspected '$T/monitor.log'"
result $? 'a frame that goes round and round is told of'
check 'and control answers' "$CTL" -t "$T/sw" stats
check 'a cable is pulled' "$CTL" -t "$T/sw" port del two
check 'and quiet returns' "$CTL" -t "$T/sw" stats --check
stop "$monitor_pid"

# ---- nobody reads what it says ----
stop_switch
mkfifo "$T/unread"
exec 8<>"$T/unread"
mkdir "$T/sw2" && chmod 700 "$T/sw2"
start quiet sh -c "exec '$SWITCH' -v --dir '$T/sw2' --segment lan 2>&8"
quiet_pid=$pid
wait_until "[ -S '$T/sw2/lan/ctl' ]"
lan=$T/sw2/lan
"$FOULER" "$lan/ctl" knock 3000
attach echo "$RAWPEER" "v3:$lan" echo "$B"
good 'a switch whose log nobody reads goes on'
stop "$quiet_pid"
result $? 'and ends in order'
check 'so does one whose log is on a full disk' sh -c "
	'$SWITCH' -v --dir '$T/sw2' --segment lan 2>/dev/full &
	pid=\$!
	until [ -S '$lan/ctl' ]; do sleep 0.02; done
	kill \$pid && wait \$pid"
finish
