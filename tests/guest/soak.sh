#!/bin/sh
# The NAT test on three guests, many times side by side: it never fails.  Then
# again, and each time a process of it is killed, at random: what was killed
# decides how the test ends, none takes longer than it may, and nothing is left.
#
#	RUNS=50 JOBS=4 make soak
#
# No part of `make check`: it takes half an hour on two cores.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
: "${RUNS:=50}"
: "${JOBS:=$(nproc)}"    # at a time
: "${KILL_WITHIN_S:=15}" # after the beginning of a test
: "${DEADLINE_S:=300}"   # for one run that somebody is killed in
need_guests

# children PID: and theirs, and so on
children() {
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		echo "$child"
		children "$child"
	done
}

# summary_of FILE: its last lines, as comments
summary_of() {
	sed -n '/^  [^ ]* nat /,$p' "$1" | sed 's/^/# /'
}

batch() { # LABEL
	"$vdelab" run --results "$work/$1" -j "$JOBS" --repeat "$RUNS" \
		"$top/examples/nat.lua" >"$work/$1.out" 2>&1 9>&-
}

# ---- undisturbed ----

began=$(date +%s)
batch plain
result $? "$RUNS runs, $JOBS at a time, all pass"
echo "# $(($(date +%s) - began)) s"
summary_of "$work/plain.out"
check 'nothing is left of them' soon "$patience_s" nothing_left

# ---- killed ----

# part_of PID: which run of the test is that process?
part_of() {
	{ tr '\0' '\n' <"/proc/$1/cmdline"; } 2>/dev/null |
		sed -n 's/.*"number":\([0-9]*\),.*/\1/p'
}

# Kill somebody of run number $2, which process $1 is, some time soon.
kill_somebody() {
	sleep "$(shuf -i 0-"$KILL_WITHIN_S"0 -n 1 | sed 's/.$/.&/; s/^\./0./')"
	victim=$({
		echo "$1"
		children "$1"
	} | shuf -n 1)
	name=$(cat "/proc/$victim/comm" 2>/dev/null) || return
	kill -KILL "$victim" 2>/dev/null &&
		echo "$2 $name" >>"$work/victims"
}

began=$(date +%s)
: >"$work/victims"
batch killed &
batch=$!
started="${started-} $batch"
seen=' '
while kill -0 "$batch" 2>/dev/null; do
	for run in $(children "$batch"); do
		number=$(part_of "$run")
		# A janitor is a fork of the run, and comes behind it.
		case $seen$number in *' ' | *" $number "*) continue ;; esac
		seen="$seen$number "
		kill_somebody "$run" "$number" &
	done
	sleep 0.1
done
wait "$batch"
killed_code=$?
wait
[ $killed_code -le 4 ]
result $? "$RUNS runs in which somebody is killed come to an end"
echo "# $(($(date +%s) - began)) s"
summary_of "$work/killed.out"
check 'nothing is left of them, either' soon "$patience_s" nothing_left

# One line an attempt: its number, its result, how long it took, and its error.
sed -n '/"attempts": \[/,/\]/ {
	/"attempt":/ { s/[^0-9]//g; h }
	/"result":/ { s/.*: "\(.*\)",/\1/; s/ /_/g; H }
	/"duration_s":/ { s/[^0-9.]//g; H }
	/"error":/ { s/.*: //; H; g; s/\n/ /g; p }
}' "$work/killed/results.json" >"$work/ends"
[ "$(grep -c . "$work/ends")" -eq "$RUNS" ]
result $? 'the end of each is on record'
awk -v max="$DEADLINE_S" '$3 > max { print "# too long: " $0; bad = 1 }
	END { exit bad }' "$work/ends"
result $? "none took longer than $DEADLINE_S s"

# told NAME RESULT TEXT: of the runs whose NAME was killed each that did not
# pass ended with RESULT, and an error with TEXT
told() {
	awk -v name="$1" '$2 == name { print $1 }' "$work/victims" |
		sort >"$work/numbers"
	sort "$work/ends" | join "$work/numbers" - >"$work/told"
	echo "# $1 was killed $(grep -c . "$work/told") times:" \
		"$(cut -d' ' -f2 "$work/told" | sort | uniq -c | tr '\n' ' ')"
	grep -v '^[0-9]* passed ' "$work/told" |
		grep -Ev "^[0-9]* ($2) .*($3)" >"$work/other"
	[ ! -s "$work/other" ] || {
		show "$work/other"
		return 1
	}
}
# A QEMU dies, or the command that the script waits for does for want of it.
check 'a test whose QEMU dies fails, and says so' told qemu-system-x86 failed .
check 'a run that dies could not be run' \
	told vdelab could_not_be_run 'killed by signal 9'
# Another switch takes its place; what was on the wire then is lost.
check 'a switch that dies is replaced' told vdelab-switch failed .
# One that dies before it knows of the run's directory is missed at once.
check 'nobody else misses a janitor' told vdelab-janitor could_not_be_run janitor
finish
