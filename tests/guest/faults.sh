#!/bin/sh
# Runs that end badly: whatever happens, the reason is told at once, the exit
# code is right, and nothing is left behind.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
need_guests

# test_file NAME SCRIPT: one machine called m, and a script
test_file() {
	cat >"$work/$1.lua" <<END
return {
	name = "$1",
	nodes = { m = { vlans = { 1 } } },
	test_script = function()
		$2
	end,
}
END
}

# start NAME: run it in the background; its pid is $pid
start() {
	"$vdelab" run --results "$work/results" "$work/$1.lua" \
		>"$work/$1.out" 2>&1 9>&- &
	pid=$!
	started="${started-} $pid"
}

# wait_log NAME PATTERN: a line of its log matches
wait_log() {
	soon 120 grep -qs "$2" "$work/results/$1/log.jsonl"
}

# The pid of the machine, or of the switch.
qemu_pid() {
	sed -n 's/.*"type":"machine.started".*"text":"\([0-9]*\)".*/\1/p' \
		"$work/results/$1/log.jsonl"
}

switch_pid() {
	for p in $(run_processes); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" = vdelab-switch ] && echo "$p"
	done
}

# ended CODE NAME TEXT...: it ends within some seconds, with this code, and
# says each of these texts
ended() {
	code=$1 name=$2
	shift 2
	wait "$pid"
	rc=$?
	show "$work/$name.out"
	[ $rc -eq "$code" ] || { echo "# exit code $rc"; return 1; }
	for text; do
		grep -q -- "$text" "$work/$name.out" || {
			echo "# it does not say: $text"
			return 1
		}
	done
}

# age NAME TYPE: seconds between the logged end of the run and an event
age() {
	grep "\"type\":\"$2\"\|\"type\":\"run.end\"" \
		"$work/results/$1/log.jsonl" |
		sed -n 's/.*"t":\([0-9.]*\).*/\1/p' |
		awk 'NR == 1 { a = $1 } { b = $1 }
			END { if (NR == 2) printf "%.2f\n", b - a; else print "no" }'
}

within() {
	echo "# $3: $1 s"
	[ "$1" != no ] && awk "BEGIN { exit !($1 <= $2) }"
}

# ---- a guest that panics
test_file panic 'm:succeed("(sleep 1; echo c >/proc/sysrq-trigger) & sleep 600")'
start panic
check 'a panic fails the step that waits, and shows its lines' \
	ended 1 panic 'panic.lua:5:' 'sysrq triggered crash' 'Kernel panic'
check 'a panic is noticed long before the step would end' \
	within "$(age panic machine.panicked)" "$patience_s" \
	'from the panic to the end'
check 'nothing is left after a panic' soon "$patience_s" nothing_left

test_file caught 'pcall(m.succeed, m, "echo c >/proc/sysrq-trigger; sleep 600")'
start caught
check 'a test that catches the error of a panic fails all the same' \
	ended 1 caught 'm: the guest panicked'

# ---- a QEMU that does not start
test_file option 'm:succeed("true")'
sed -i 's/vlans = { 1 }/qemu_options = { "-bogus" }/' "$work/option.lua"
start option
check 'a QEMU that does not start fails the step, and is quoted' \
	ended 1 option 'option.lua:5: m: it ended before .*-bogus: invalid option'

# ---- a guest that ends
test_file poweroff 'm:succeed("poweroff; sleep 600")'
start poweroff
check 'a guest that ends fails the step that waits' \
	ended 1 poweroff 'poweroff.lua:5:' 'm:'

# ---- QEMU is killed
test_file killed 'm:succeed("echo here; sleep 600")'
start killed
wait_log killed '"text":"here'
kill -9 "$(qemu_pid killed)"
check 'a QEMU that is killed fails the step that waits' \
	ended 1 killed 'killed.lua:5:' 'signal 9'
check 'nothing is left after that' soon "$patience_s" nothing_left
test_file other 'm:succeed("echo here; sleep 600")'
sed -i 's/nodes = {/& o = { vlans = { 1 } },/' "$work/other.lua"
sed -i 's/m:succeed/o:succeed("true"); &/' "$work/other.lua"
start other
wait_log other '"text":"here'
kill -9 "$(qemu_pid other | head -n 1)"
check 'and one that nothing waits for ends the test as well' \
	ended 1 other 'other.lua:5: o: QEMU ended: killed by signal 9'
check 'long before it would end' \
	within "$(age other 'machine.ended","machine":"o')" "$patience_s" \
	'to the end of the run'
test_file again 'pcall(m.succeed, m, "echo here; sleep 600")
m:succeed("true")'
start again
wait_log again '"text":"here'
kill -9 "$(qemu_pid again)"
check 'and is not started again behind the back of the script' \
	ended 1 again 'again.lua:6: m: it is off (QEMU ended: killed by signal 9'

# ---- the switch is killed, time and again
test_file switch 'm:succeed("echo here; sleep 600")'
start switch
wait_log switch '"text":"here'
restored() {
	[ "$(grep -c '"type":"switch.restored"' \
		"$work/results/switch/log.jsonl")" -ge "$1" ]
}
for n in 1 2 3 4 5; do
	kill -9 "$(switch_pid)"
	soon "$patience_s" restored "$n" || break
done
check 'a switch that dies is replaced' restored 5
kill -9 "$(switch_pid)"
check 'one that dies time and again ends the run as not to be run' \
	ended 4 switch 'the switch does not stay up: killed by signal 9'
check 'nothing is left after that either' soon "$patience_s" nothing_left

# ---- the driver is interrupted
test_file interrupt 'm:succeed("echo here; sleep 600")'
start interrupt
wait_log interrupt '"text":"here'
kill -INT "$pid"
check 'an interrupted run says so, and ends with 128 + 2' \
	ended 130 interrupt 'interrupt.lua:5: interrupted'
check 'its captures are whole' \
	every_capture_is_readable "$work/results/interrupt"
check 'nothing is left after an interruption' soon "$patience_s" nothing_left

test_file early 'm:succeed("true")'
start early
wait_log early '"type":"machine.started"'
kill -INT "$pid"
check 'a run that is interrupted while its guests boot ends the same way' \
	ended 130 early 'early.lua:5: interrupted'
check 'nothing is left after that interruption' soon "$patience_s" nothing_left

# ---- the driver is killed
test_file kill9 'm:succeed("echo here; sleep 600")'
start kill9
wait_log kill9 '"text":"here'
kill -9 "$pid"
check 'nothing is left after kill -9' soon "$patience_s" nothing_left
wait "$pid" 2>/dev/null
check 'its captures are whole even so' \
	every_capture_is_readable "$work/results/kill9"

# ---- mistakes in the script that only show when it runs
test_file luaerror 'm:succeed("true"); local t = nil; log(t.x)'
start luaerror
check 'a Lua error fails the test, with its line' \
	ended 1 luaerror 'luaerror.lua:5:' "local 't'"
test_file forever 'm:succeed("true"); while true do pcall(m.succeed, m, "exit 1") end'
sed -i 's/name = "forever",/name = "forever", timeout = 15,/' "$work/forever.lua"
start forever
check 'a test that does not end is ended at its time-out' \
	ended 124 forever 'did not end within'
check 'nothing is left after a time-out' soon "$patience_s" nothing_left

# ---- two runs of one test at once
test_file twice 'm:succeed("sleep 3; echo done"); assert(#vlan1:frames("icmp") == 0)'
"$vdelab" run --results "$work/results" "$work/twice.lua" >"$work/first" 2>&1 9>&- &
first=$!
started="$started $first"
start twice
check 'two runs of one test at once both pass' ended 0 twice 'twice: passed'
wait "$first"
rc=$?
show "$work/first"
result $rc 'and so does the other'
check 'each has results of its own' test -s "$work/results/twice/log.jsonl" \
	-a -s "$work/results/twice.2/log.jsonl"
finish
