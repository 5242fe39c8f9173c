# lib.sh: for the tests that boot guests; sourced.  TAP on stdout.
# shellcheck shell=sh

top=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${TOP_BUILDDIR:-$top/build}
vdelab=$build/out/bin/vdelab
. "$top/tests/plain-build.sh"
n_tests=0
n_failed=0
patience_s=60 # for anything that should take a moment

# Called before anything else: may this test run here?
need_guests() {
	qemu=${QEMU:-qemu-system-x86_64}
	command -v "$qemu" >/dev/null ||
		{ echo "1..0 # SKIP $qemu is not installed"; exit 0; }
	work=$(mktemp -d "${TMPDIR:-/tmp}/vdelab-test.XXXXXX") || exit 99
	trap cleanup EXIT
	trap 'exit 143' TERM INT HUP
	need_image
	# Guests are heavy: one such test at a time, however many make runs.
	exec 9>"$build/.guests.lock"
	flock 9
	# A place for run-time directories that nobody else uses, so that what
	# is left there is ours.
	XDG_RUNTIME_DIR=$work/run
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	export XDG_RUNTIME_DIR
}

# need_image ARGUMENT...: one of vdelab image build, more than the usual one
need_image() {
	"$vdelab" image build "$@" >"$work/image" 2>"$work/image.err" && return
	show "$work/image.err"
	# Where all tests are meant to run, that is a failure.
	[ -n "${CI-}" ] && echo 'Bail out! no guest image' && exit 99
	echo '1..0 # SKIP there is no guest image and none can be made'
	exit 0
}

# own_states: saved states of machines are ours, as no other's are; images are
# those that there are
own_states() {
	images=$(sed -n 's|^kernel  *\(.*\)/images/.*|\1|p' "$work/image")
	mkdir -p "$work/cache/vdelab"
	for part in images packages; do
		[ ! -d "$images/$part" ] ||
			ln -s "$images/$part" "$work/cache/vdelab/"
	done
	XDG_CACHE_HOME=$work/cache
	export XDG_CACHE_HOME
}

cleanup() {
	rc=$?
	for pid in ${started-}; do
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$work"
	exit $rc
}

# result STATUS NAME: one test's result; 0 is success
result() {
	n_tests=$((n_tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n_tests - $2"
	else
		echo "not ok $n_tests - $2"
		n_failed=$((n_failed + 1))
	fi
}

# check NAME COMMAND...: the command must succeed
check() {
	check_name=$1
	shift
	"$@"
	result $? "$check_name"
}

show() {
	sed 's/^/# /' "$@"
}

finish() {
	echo "1..$n_tests"
	[ "$n_failed" -eq 0 ]
	exit
}

# soon SECONDS COMMAND...: the command succeeds within that time
soon() {
	soon_end=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@"; do
		[ "$(date +%s%N)" -lt "$soon_end" ] || return 1
		sleep 0.05
	done
}

# The processes of our runs: they were started with our run-time directory.
run_processes() {
	for p in /proc/[0-9]*; do
		case $(cat "$p/comm" 2>/dev/null) in
		qemu-system* | vdelab*) ;;
		*) continue ;;
		esac
		{ tr '\0' '\n' <"$p/environ"; } 2>/dev/null |
			grep -qxF "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" &&
			echo "${p#/proc/}"
	done
}

# Nothing is left of any run: no process and no directory.
nothing_left() {
	[ -z "$(run_processes)" ] &&
		[ -z "$(find "$XDG_RUNTIME_DIR" -mindepth 1 -name 'run-*')" ]
}

# every_log_is_known DIR: the log there has events that are documented, in order
every_log_is_known() {
	"$build/tests/integration/checklog" "$1/log.jsonl" 2>"$work/checklog" ||
		{ show "$work/checklog" && return 1; }
}

# every_capture_is_readable DIR
every_capture_is_readable() {
	if ! command -v tshark >/dev/null; then
		echo '# tshark is not installed: captures are not read'
		return 0
	fi
	for capture in "$1"/*.pcapng; do
		tshark -r "$capture" >"$work/tshark" 2>"$work/tshark.err" &&
			! grep -q 'cut short' "$work/tshark.err" &&
			[ -s "$work/tshark" ] || {
			echo "# $capture:"
			show "$work/tshark.err"
			return 1
		}
	done
}

# names_in CAPTURE NAME...: does tshark show these in place of IPv4 addresses?
names_in() {
	if ! command -v tshark >/dev/null; then
		echo '# tshark is not installed: captures are not read'
		return 0
	fi
	tshark -N n -r "$1" -T fields -e ip.src_host >"$work/tshark" \
		2>"$work/tshark.err"
	shift
	for name; do
		grep -qx "$name" "$work/tshark" || return
	done
}

# try_example NAME: examples/NAME.lua; its results are in $work/results/NAME
try_example() {
	need_guests
	"$vdelab" run --results "$work/results" "$top/examples/$1.lua" \
		>"$work/out" 2>&1
	rc=$?
	show "$work/out"
	result $rc "examples/$1.lua passes"
	check 'every capture is readable' \
		every_capture_is_readable "$work/results/$1"
	check 'its log is whole, and each event known' \
		every_log_is_known "$work/results/$1"
	check 'nothing is left of the run' soon "$patience_s" nothing_left
}

# run_example NAME: the same as a test of its own
run_example() {
	try_example "$1"
	finish
}
