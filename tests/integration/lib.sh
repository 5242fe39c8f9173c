# shellcheck shell=sh disable=SC2034 # used by those who source it
# lib: what integration tests share.  Source it first:
#
#	. "$TOP_SRCDIR/tests/integration/lib.sh"
#
# A test gets a directory of its own, $T, and speaks TAP: check NAME CMD...
# for each result, finish at the end.  Whatever it starts by `start` is killed
# and $T removed however it ends.  Nothing here sleeps for luck: it waits for
# something, with a deadline.
set -u

: "${TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${TOP_BUILDDIR:=$PWD}"
SWITCH=$TOP_BUILDDIR/out/bin/vdelab-switch
CTL=$TOP_BUILDDIR/out/bin/vdelabctl
RAWPEER=$TOP_BUILDDIR/tests/integration/rawpeer
VDECLIENT=$TOP_BUILDDIR/tests/integration/vdeclient
: "${QEMU:=qemu-system-x86_64}"
: "${PATIENCE_S:=60}" # for anything that should take a moment

T=
n_tests=0
n_failed=0
pids= # of what is running
pid=  # what was started last

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# need PROGRAM...: without them the test cannot run
need() {
	for program; do
		command -v "$program" >/dev/null ||
			skip_all "$program is not installed"
	done
}

cleanup() {
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	[ -z "$T" ] || rm -rf "$T"
}

T=$(mktemp -d "${TMPDIR:-/tmp}/vdelab-it.XXXXXX") || exit 99
trap cleanup EXIT
trap 'exit 99' HUP INT TERM

# in_namespaces FLAGS: the whole test runs in new ones, a user namespace among
# them
in_namespaces() {
	[ -z "${IN_NAMESPACE:-}" ] || return 0
	unshare "$1" true 2>/dev/null ||
		skip_all 'user and network namespaces are not allowed'
	rm -rf "$T" # it gets another
	exec env IN_NAMESPACE=yes unshare "$1" "$0"
}

# diag FILE...: their ends, as comments
diag() {
	for file; do
		[ -s "$file" ] || continue
		echo "# ${file##*/}:"
		tail -n 30 "$file" | sed 's/^/#   /'
	done
}

result() { # STATUS NAME
	n_tests=$((n_tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n_tests - $2"
	else
		echo "not ok $n_tests - $2"
		n_failed=$((n_failed + 1))
	fi
}

# check NAME CMD...: the test NAME passes when CMD succeeds
check() {
	check_name=$1
	shift
	timeout "$((2 * PATIENCE_S))" "$@" >"$T/check.log" 2>&1
	check_status=$?
	result "$check_status" "$check_name"
	[ "$check_status" -eq 0 ] && return 0
	echo "# status $check_status from: $*"
	diag "$T/check.log" "$T/switch.log"
	return 1
}

# check_fails NAME CMD...: it passes when CMD fails, and not by the clock
check_fails() {
	check_name=$1
	shift
	timeout "$((2 * PATIENCE_S))" "$@" >"$T/check.log" 2>&1
	check_status=$?
	if [ "$check_status" -eq 0 ] || [ "$check_status" -ge 124 ]; then
		result 1 "$check_name"
		echo "# status $check_status from: $*"
		diag "$T/check.log" "$T/switch.log"
		return 1
	fi
	result 0 "$check_name"
}

skip() { # NAME REASON
	n_tests=$((n_tests + 1))
	echo "ok $n_tests - $1 # SKIP $2"
}

# start LABEL CMD...: in the background, output in $T/LABEL.log; sets $pid
start() {
	start_label=$1
	shift
	: >"$T/$start_label.log" # who waits for a text may be faster
	"$@" </dev/null >"$T/$start_label.log" 2>&1 &
	pid=$!
	pids="$pids $pid"
}

# stop PID [SIGNAL]: Return: its exit status
stop() {
	kill -"${2:-TERM}" "$1" 2>/dev/null
	wait_until "! running $1" || kill -KILL "$1"
	wait "$1"
	stop_status=$?
	stop_rest=
	for stop_pid in $pids; do
		[ "$stop_pid" = "$1" ] || stop_rest="$stop_rest $stop_pid"
	done
	pids=$stop_rest
	return $stop_status
}

# running PID: is it there, and not a zombie?
running() {
	[ -r "/proc/$1/stat" ] &&
		! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# wait_until SHELL-CONDITION: Return: 1 when it does not come true in time
wait_until() {
	wait_end=$(($(date +%s) + PATIENCE_S))
	until eval "$1"; do
		[ "$(date +%s)" -lt "$wait_end" ] || return 1
		sleep 0.02
	done
}

# wait_text LABEL TEXT: until what was started last, as LABEL, has said TEXT
wait_text() {
	wait_until "grep -q -- '$2' '$T/$1.log' || ! running $pid"
	grep -q -- "$2" "$T/$1.log" && return 0
	echo "# $1 never said: $2"
	diag "$T/$1.log" "$T/switch.log"
	return 1
}

# attach LABEL CMD...: a station, started and attached
attach() {
	start "$@"
	wait_text "$1" '^attached' || bail "$1 cannot attach"
}

bail() {
	diag "$T/switch.log"
	echo "Bail out! $*"
	exit 99
}

# start_switch ARG...: on $T/sw; sets $switch_pid.  With WORKERS in the
# environment it has so many, for whoever wants to see a test pass with them.
start_switch() {
	[ -x "$SWITCH" ] || bail "$SWITCH is not built"
	mkdir "$T/sw" && chmod 700 "$T/sw"
	: >"$T/ready"
	start switch "$SWITCH" --dir "$T/sw" --ready-fd 9 \
		${WORKERS:+--workers "$WORKERS"} "$@" 9>"$T/ready"
	switch_pid=$pid
	wait_until "[ -s '$T/ready' ] || ! running $switch_pid"
	[ -s "$T/ready" ] || bail 'the switch does not start'
}

# record SEGMENT: every frame that enters it, into $T/SEGMENT.pcapng
record() {
	"$CTL" -t "$T/sw" capture start "$1" -w "$T/$1.pcapng" >"$T/check.log" \
		2>&1 || bail "no capture: $(cat "$T/check.log")"
}

# check_recorded NAME SEGMENT FILTER: tshark finds such a frame in it
check_recorded() {
	if ! command -v tshark >/dev/null; then
		skip "$1" 'tshark is not installed'
		return
	fi
	wait_until "tshark -r '$T/$2.pcapng' -Y '$3' 2>'$T/check.log' |
		grep -q ."
	check_status=$?
	result "$check_status" "$1"
	[ "$check_status" -eq 0 ] || diag "$T/check.log"
}

# stop_switch: it must end in order, and leave neither socket nor directory
stop_switch() {
	check 'the books balance' "$CTL" -t "$T/sw" stats --check
	stop "$switch_pid"
	stop_switch_status=$?
	result "$stop_switch_status" 'the switch ends in order'
	[ "$stop_switch_status" -eq 0 ] || diag "$T/switch.log"
	find "$T/sw" -mindepth 1 >"$T/left" 2>/dev/null
	[ ! -s "$T/left" ]
	result $? 'the switch leaves nothing behind'
	diag "$T/left"
}

finish() {
	echo "1..$n_tests"
	[ "$n_failed" -eq 0 ]
	exit
}
