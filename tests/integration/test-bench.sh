#!/bin/sh
# The load generator and the comparison, for a moment each: do they measure what
# they say?  How fast anything is, is not asked here.
. "${TOP_SRCDIR:-.}/tests/plain-build.sh"
plain_build_only
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

LOAD=$TOP_BUILDDIR/bench/load
BENCH=$TOP_BUILDDIR/bench/bench
TMPDIR=$T/tmp
export TMPDIR
mkdir "$TMPDIR"

# passes NAME FUNCTION ARG...: like check, for what brings its own deadline
passes() {
	passes_name=$1
	shift
	"$@" >"$T/check.log" 2>&1
	passes_status=$?
	result "$passes_status" "$passes_name"
	[ "$passes_status" -eq 0 ] || diag "$T/check.log" "$T/switch.log"
}

# field NAME FILE: the value of a member of the generator's answer
field() {
	sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$2"
}

positive() { # FILE NAME...
	positive_file=$1
	shift
	for name; do
		awk "BEGIN { exit !($(field "$name" "$positive_file") > 0) }" ||
			return
	done
}

# What has come is whole, in order, and where it belongs.
sane() { # FILE
	cat "$1"
	positive "$1" frames fps seconds switch_ns_per_frame \
		all_ns_per_frame switch_rss_kib &&
		[ "$(field frames_in_all "$1")" -le "$(field due_in_all "$1")" ] &&
		[ "$(field cut "$1")" = 0 ] &&
		[ "$(field stray "$1")" = 0 ] &&
		[ "$(field disordered "$1")" = 0 ]
}

# load_on DIR PID ARG...: the answer in $T/answer.  On a busy machine a window may
# pass in which nobody had a turn: it says nothing.
load_on() {
	load_dir=$1
	load_pid=$2
	shift 2
	for _ in 1 2 3 4 5; do
		timeout "$PATIENCE_S" "$LOAD" --dir "$load_dir" \
			--switch-pid "$load_pid" --warmup-ms 20 \
			--window-ms 200 "$@" >"$T/answer" || return
		[ "$(field frames "$T/answer")" = 0 ] || return 0
	done
}

load() { # ARG...: on the switch's segment
	load_on "$T/sw/lan" "$switch_pid" "$@"
}

load_sane() {
	load "$@" && sane "$T/answer"
}

# ... and everything that was sent has come.
load_whole() {
	load_sane "$@" &&
		[ "$(field frames_in_all "$T/answer")" = \
			"$(field due_in_all "$T/answer")" ]
}

load_round_trips() {
	load_whole --mode pingpong "$@" && positive "$T/answer" n p50 p99.9
}

start_switch --segment lan

passes 'VDE, paced' load_whole --rate 2000
passes 'VDE, flat out, several pairs and idle ports' \
	load_sane --busy 6 --idle 4
passes 'stream, paced' load_whole --peer stream --length 1500 --rate 2000
passes 'stream, flat out' load_sane --peer stream --length 1500
passes 'from VDE to stream' load_whole --receiver stream --rate 2000
passes 'round trips' load_round_trips
passes 'round trips over streams' load_round_trips --peer stream
passes 'a frame a turn from each of many ports' \
	load_whole --mode turns --busy 20 --idle 3
passes 'one sender to all, paced' \
	load_whole --mode broadcast --busy 9 --rate 500
passes 'frames that a stream peer writes together' \
	load_sane --peer stream --burst 40 --length 1500
check 'arrive together, too' \
	awk "BEGIN { exit !($(field frames_per_recv "$T/answer") > 1) }"
passes 'a stalled receiver does not count' \
	load_whole --busy 4 --stalled 1 --rate 1000
passes 'idle ports only' load --mode idle --idle 10
check_fails 'an odd number of ports has no pairs' \
	"$LOAD" --dir "$T/sw/lan" --busy 3
check_fails 'a directory whose name is too long' \
	"$LOAD" --dir "/$(printf %0200d 0)"

start victim "$LOAD" --dir "$T/sw/lan" --window-ms $((PATIENCE_S * 1000))
victim=$pid
wait_until "'$CTL' -t '$T/sw' port | grep -q vde"
stop_switch
wait "$victim"
[ $? -eq 4 ] && grep -q 'load: ' "$T/victim.log"
result $? 'a load whose switch goes away fails, and says so'

# ---- the floor ----
relayed() { # ARG...: of the load
	load_on "$T/relay" "$relay_pid" "$@" &&
		positive "$T/answer" frames fps switch_ns_per_frame &&
		[ "$(field frames_in_all "$T/answer")" = \
			"$(field due_in_all "$T/answer")" ] &&
		[ "$(field cut "$T/answer")" = 0 ] &&
		[ "$(field disordered "$T/answer")" = 0 ]
}

relays() { # NAME ARG...: of the relay; the load's are in $loads
	relays_name=$1
	shift
	start relay "$TOP_BUILDDIR/bench/relay" --dir "$T/relay" "$@"
	relay_pid=$pid
	# shellcheck disable=SC2086
	passes "the relay: $relays_name" relayed $loads
	stop "$relay_pid"
	rm -rf "$T/relay"
}

loads='--length 1500'
relays 'datagrams, many a call, flat out' --length 1500
loads='--mode turns --busy 20 --idle 4'
relays 'datagrams, one a call' --batch 1
loads='--peer stream --length 9000'
relays 'a stream'
loads='--peer stream --burst 40 --length 1500'
relays 'a stream of many frames a write'
check_fails 'a relay without a place' "$TOP_BUILDDIR/bench/relay"

# ---- the comparison ----
bench() {
	timeout "$PATIENCE_S" "$BENCH" --no-gate --rounds 2 --window-ms 50 \
		--warmup-ms 20 --json "$T/results.json" "$@"
}

json_is_whole() {
	grep -q '"case": "vde-64-one"' "$T/results.json" || return
	command -v python3 >/dev/null || return 0
	python3 -m json.tool "$T/results.json" >/dev/null
}

passes 'the comparison runs' bench --rows 'vde-64-one,stream-64-*'
cp "$T/check.log" "$T/table"
# Disturbed: on a busy machine a window may have no turn for somebody.
verdicts='reached|missed|skipped|disturbed'
check 'it prints a verdict for each target' \
	grep -Eq "^vde-64-one +goodput .*($verdicts)" "$T/table"
check 'and how far from the floor it is' \
	grep -Eq '^vde-64-one +goodput vs floor +[0-9.]+ k/s +[0-9.]+ k/s' \
	"$T/table"
check 'and no other cases than wanted' \
	sh -c "! grep -q '^rtt' '$T/table'"
passes 'its JSON is whole' json_is_whole
passes 'it does without vde_switch' \
	bench --rows vde-64-one --vde-switch /nowhere/vde_switch
cp "$T/check.log" "$T/table"
check 'and says what it skips' \
	grep -Eq '^vde-64-one +goodput .*skipped: no vde_switch' "$T/table"
passes 'our own switch under that name does not count' \
	bench --rows vde-64-one \
	--vde-switch "$TOP_BUILDDIR/out/libexec/vdelab/compat/vde_switch"
cp "$T/check.log" "$T/table"
check 'as something to compare with' \
	grep -Eq '^vde-64-one +goodput .*skipped: no vde_switch' "$T/table"
passes 'ports in shared memory, if there is a client' bench --rows vhost-hop-pin \
	--rounds 1
cp "$T/check.log" "$T/table"
check 'and says what it takes' \
	grep -Eq '^vhost-hop-pin +hop +[0-9.]+ us|skipped: dpdk-testpmd is not' \
	"$T/table"
check_fails 'a case that is not there' "$BENCH" --rows nothing

start bench "$BENCH" --no-gate --rounds 1000 --rows vde-64-one
wait_until "[ -n \"\$(ls '$TMPDIR')\" ]"
stop "$pid"
[ -z "$(ls -A "$TMPDIR")" ]
result $? 'stopped halfway, it leaves nothing behind'
finish
