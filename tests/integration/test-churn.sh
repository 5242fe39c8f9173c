#!/bin/sh
# Sixteen ports under full traffic while plugins, ports, segments, peers,
# captures and the configuration come, change and go at random: in the end no
# frame, descriptor or octet is missing.
#
#	test-churn.sh [--minutes N | --seconds N] [--seed N] [--workers N]
#		[--verbose]
#
# Without --seed there are two runs: one of a fixed seed, and one of a new one;
# without --workers there are none in the first and two in the second.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

seconds=8
seeds="1 $(date +%s)"
first_workers=0
next_workers=2
verbose=
while [ $# -gt 0 ]; do
	case $1 in
	--minutes) seconds=$(($2 * 60)) && shift ;;
	--seconds) seconds=$2 && shift ;;
	--seed) seeds=$2 && shift ;;
	--workers) first_workers=$2 next_workers=$2 && shift ;;
	--verbose) verbose=yes ;; # each call
	*) bail "what is $1?" ;;
	esac
	shift
done

TOP_BUILDDIR=$(cd "$TOP_BUILDDIR" && pwd)
# What AddressSanitizer keeps of what was freed must not look like a leak.
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}:quarantine_size_mb=16
export ASAN_OPTIONS
# ...nor the call stacks that it remembers for ever.
slack_kb=262144
! grep -q __asan_init "$SWITCH" || slack_kb=524288
umask 077
mkdir "$T/files"

churn_through() { # SEED WORKERS
	echo "# seed $1, $seconds seconds, $2 workers"
	rm -rf "$T/sw"
	: >"$T/lab.conf"
	WORKERS=$2
	start_switch --segment base --config "$T/lab.conf"
	start churn "$TOP_BUILDDIR/tests/integration/churn/churn" \
		--dir "$T/sw" --pid "$switch_pid" --conf "$T/lab.conf" \
		--scratch "$T/files" --plugins "$TOP_BUILDDIR/out/lib/vdelab" \
		--programs "$TOP_BUILDDIR/tests/integration" \
		--seed "$1" --seconds "$seconds" --slack-kb "$slack_kb"
	wait "$pid"
	churn_status=$?
	result $churn_status "nothing is missing after seed $1"
	[ -z "$verbose" ] || sed 's/^/# /' "$T/churn.log"
	grep '^churn:' "$T/churn.log" | sed 's/^/# /'
	[ $churn_status -eq 0 ] || diag "$T/churn.log" "$T/switch.log"
	stop_switch
	! grep -E 'Sanitizer|runtime error|[Aa]ssert|[Oo]ut of memory' \
		"$T/switch.log" >"$T/blame"
	result $? 'the switch blames nothing on itself'
	diag "$T/blame"
	return $churn_status
}

workers=$first_workers
for seed in $seeds; do
	churn_through "$seed" "$workers" || break
	workers=$next_workers
done
finish
