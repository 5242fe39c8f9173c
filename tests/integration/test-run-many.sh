#!/bin/sh
# vdelab run with many tests, on machines that are none: side by side, in
# parts, repeated, retried, interrupted, killed.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/fake-guests.sh"

results=$T/results

# Those of the machine "fragile" whose numbers are in
# $T/fails do not start, and "deadly" kills who starts it.
in_place_of_qemu <<'END'
case "$*" in
*guest=fragile*)
	n=$(($(cat "$T/count") + 1))
	echo $n >"$T/count"
	if grep -qx $n "$T/fails"; then
		echo 'no luck today' >&2
		exit 1
	fi ;;
*guest=deadly*)
	kill -KILL $PPID ;;
esac
END

# a_test NAME MACHINE SCRIPT
a_test() {
	cat >"$T/$1.lua" <<END
return {
	name = "$1",
	nodes = { $2 = { vlans = {}, kernel = "./kernel", memory = 64 } },
	test_script = function()
		$3
	end,
}
END
}
a_test good m 'log("all is well") sleep(0.1)'
a_test fine m 'log("as here") sleep(0.1)'
a_test bad m 'error("as it should")'
a_test slow m 'log("asleep") sleep(100)'
a_test idle m 'log("asleep") sleep(100)'
a_test busy m 'log("awake") while true do end'
a_test fragile fragile 'fragile:start() fragile:wait_for_console_text("hello")'
a_test deadly deadly 'deadly:start() sleep(100)'
# There is memory for one of these, not for two: twenty machines have three
# fifths of it.
for name in fat fatter; do
	cat >"$T/$name.lua" <<END
local nodes = {}
for i = 1, 20 do
	nodes["m" .. i] = { vlans = {}, kernel = "./kernel",
		memory = $(awk '/^MemAvailable/ { m = int($2 / 1024 * 0.03) }
			END { print (m > 64) ? m : 64 }' /proc/meminfo) }
end
return { name = "$name", nodes = nodes, test_script = function() sleep(0.4) end }
END
done

# run CODE ARGUMENT...: vdelab run must end so; its output is $T/out
run() {
	run_want=$1
	shift
	(cd "$T" && exec timeout "$PATIENCE_S" "$vdelab" run --accel tcg \
		--results "$results" "$@") >"$T/out" 2>&1
	run_code=$?
	[ "$run_code" -eq "$run_want" ] && return
	echo "exit code $run_code, wanted $run_want"
	cat "$T/out"
	return 1
}

# said PATTERN...: its output has a line for each
said() {
	for pattern; do
		grep -Eq -- "$pattern" "$T/out" && continue
		echo "wanted: $pattern"
		cat "$T/out"
		return 1
	done
}

# in_json PATTERN...: results.json has a line for each
json=$results/results.json
in_json() {
	for pattern; do
		grep -Eq -- "$pattern" "$json" && continue
		echo "wanted: $pattern"
		cat "$json"
		return 1
	done
}

# n_in_json N TEXT: so often
n_in_json() {
	n_found=$(grep -Fc -- "$2" "$json")
	[ "$n_found" -eq "$1" ] && return
	echo "$n_found times: $2"
	cat "$json"
	return 1
}

# What is left of our runs: their processes and directories.
leftovers() {
	for p in /proc/[0-9]*; do
		case $(cat "$p/comm" 2>/dev/null) in
		fake-qemu | qemu | vdelab*) ;;
		*) continue ;;
		esac
		{ tr '\0' '\n' <"$p/environ"; } 2>/dev/null |
			grep -qxF "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" &&
			echo "process ${p#/proc/}: $(tr '\0' ' ' <"$p/cmdline")"
	done
	find "$XDG_RUNTIME_DIR" -mindepth 1 -name 'run-*'
	find "$results" -name '.*' ! -name '.*.lock' ! -name .durations.json
}

nothing_left() {
	wait_until '[ -z "$(leftovers)" ]' && return
	leftovers
	return 1
}

# ---- results, one after the other ----

sure 'after a failure no other test is started' \
	run 1 good.lua bad.lua fine.lua
sure 'and the summary tells all of them' said '✓ good .* s$' \
	'✗ bad .*failed: .*as it should' '- fine .*not run' \
	'^1 failed, 1 passed, 1 not run in .*results in '
sure 'results.json, too' in_json '"code": 1,$' '"failed": 1,$' \
	'"passed": 1,$' '"not run": 1,$' '"results": "bad",$' \
	'"error": "bad.lua:5: as it should"'
sure 'every file is checked before the first test runs' \
	run 2 good.lua nothing.lua
[ "$(grep -c good "$T/out")" -eq 0 ]
result $? 'which then does not'
sure '--keep-going starts the others' run 1 -k good.lua bad.lua fine.lua
sure 'and they pass' in_json '"passed": 2,$' '"not run": 0,$'
sure 'one test makes a results.json, too' run 0 good.lua
sure 'of one' n_in_json 1 '"test": '
check 'the next run knows how long they took' \
	grep -q '"fine"' "$results/.durations.json"

XDG_RUNTIME_DIR=$T/kernel
sure 'a test that cannot begin could not be run' run 4 good.lua
XDG_RUNTIME_DIR=$T/run
sure 'and why is on record' in_json '"error": "XDG_RUNTIME_DIR: '

# ---- side by side ----

sure 'tests run side by side' run 1 -j 4 -k good.lua bad.lua fine.lua
# From its first line to its last, nothing of another test.
awk -F: '
	/: 1 machine,/ { if (name) exit bad = 1; name = $1 }
	/: (passed|failed) after/ { if (name != $1) exit bad = 1; name = "" }
	END { exit bad }' "$T/out"
result $? 'and their output does not mix'
sure 'with -v each line has a name' run 0 -v -j auto good.lua fine.lua
sure 'that of its test' said '^good \| .*all is well' '^fine \| .*as here'
sure 'a test whose process dies harms no other' \
	run 4 -j 3 -k good.lua deadly.lua fine.lua
sure 'and how it died is told' said \
	'✗ deadly .*could not be run: .*killed by signal 9' '✓ good' '✓ fine'
sure 'nothing is left of it' nothing_left
sure 'tests for which there is not memory enough together run' \
	run 0 -j 2 fat.lua fatter.lua
alone() { # 0.8 s and more
	grep -Eq '^  "duration_s": ([1-9]|0\.[89])' "$json" && return
	cat "$json"
	return 1
}
sure 'each of them alone' alone

# ---- repeated and retried ----

echo 0 >"$T/count"
echo 3 >"$T/fails"
sure 'a test is repeated, and fails once' run 1 --repeat 4 fragile.lua
sure 'how often, and where its log differs, is told' said \
	'✗ fragile +passed 3 of 4; ' '^ +3 failed after .*it is off' \
	'in no run that passed: line [0-9]+, .*no luck today'
sure 'as in results.json' in_json '"passed": 3,$' '"runs": 4,$' \
	'"results": "fragile/3"' '"difference": [{]' '"median_s": '
check 'each run has its results' test -s "$results/fragile/4/log.jsonl"
check 'and knows its number' \
	grep -q '"run.begin".*"attempt":4' "$results/fragile/4/log.jsonl"
[ "$(grep -ho '"seed":[0-9]*' "$results"/fragile/*/log.jsonl | sort -u |
	wc -l)" -eq 1 ]
result $? 'all of them have one seed'
echo 0 >"$T/count"
sure 'repetitions may end with the first failure' \
	run 1 --repeat 5 --fail-fast fragile.lua
sure 'what was not run is told' said 'passed 2 of 3 \(2 not run\)'
echo 0 >"$T/count"
printf '%s\n' 1 2 >"$T/fails"
sure 'a test that passes when retried passes' \
	run 0 --retries 2 fragile.lua good.lua
sure 'loudly' said '^fragile: failed at attempt 1, is run again' \
	'^fragile: FLAKY: passed at attempt 3' \
	'~ fragile .*FLAKY: passed at attempt 3' '^ +2 failed after' \
	'^1 flaky, 1 passed in '
sure 'and on record' in_json '"result": "flaky",$' '"flaky": 1,$' \
	'"results": "fragile/1"' '"results": "good/1"'
echo 0 >"$T/count"
sure 'or fails, where that is asked for' \
	run 1 --retries 2 --fail-flaky fragile.lua
echo 0 >"$T/count"
sure 'retries have an end' run 1 --retries 1 fragile.lua
sure 'a plain run removes what was repeated' run 1 bad.lua fragile.lua
sure '--repeat and --retries exclude each other' \
	run 2 --repeat 2 --retries 2 good.lua
sure 'so do --keep-going and --fail-fast' run 2 -k --fail-fast good.lua
sure '--fail-flaky is nothing without --retries' run 2 --fail-flaky good.lua
for option in '-j 0' '-j many' '--repeat 0' '--repeat 1.5' '--retries -1' \
	'--timeout 0' '--shard 3/2' '--shard first'; do
	# shellcheck disable=SC2086 # two words
	sure "$option is refused" run 2 $option good.lua
done

# ---- parts ----

for n in 1 2 3; do
	sure "shard $n of 3 has its tests, or none" \
		run 0 -k --shard $n/3 good.lua fine.lua
done
[ "$(sed -n 's/^ *"test": //p' "$results"/results.?-of-3.json | sort)" = \
	'"fine",
"good",' ]
result $? 'together they have each test once'
export CI_NODE_INDEX=2 CI_NODE_TOTAL=2
sure 'GitLab tells which shard this is' run 0 --shard auto good.lua fine.lua
sure 'and it is named' said '^shard 2 of 2 \(CI_NODE_INDEX\): 1 of 2 tests'
CI_NODE_INDEX=3
sure 'a wrong variable is named' run 2 --shard auto good.lua
sure 'in one line' said 'CI_NODE_INDEX=3'
sure 'unasked, it is not used' run 0 good.lua fine.lua
sure 'but told' said 'CI_NODE_INDEX is set.*--shard auto'
sure '--shard off runs all' run 0 --shard off good.lua
! grep -q CI_NODE "$T/out"
result $? 'and then it is not'
unset CI_NODE_INDEX CI_NODE_TOTAL
export TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=2 TEST_SHARD_STATUS_FILE="$T/status"
sure 'Bazel is obeyed' run 0 good.lua fine.lua
unset TEST_SHARD_INDEX TEST_TOTAL_SHARDS TEST_SHARD_STATUS_FILE
sure 'its shard is run' said '^shard 1 of 2 \(TEST_SHARD_INDEX\): 1 of 2'
check 'and told so' test -e "$T/status"

# ---- early ends ----

sure 'the time of all tests has an end' \
	run 124 --timeout 1 -j 2 good.lua slow.lua idle.lua fine.lua
sure 'with its reason' said 'the tests did not end within the 1 s'
sure 'in results.json, too' in_json '"reason": "the tests did not end within' \
	'"timed out": 2,$'
sure 'nothing is left' nothing_left

begin() { # LABEL ARGUMENT...
	rm -rf "$results"
	begin_label=$1
	shift
	start "$begin_label" "$vdelab" run --accel tcg --results "$results" "$@"
}
# n_logged N TEXT: with the quotes of a value, or the test's own text is meant, too
n_logged() {
	[ "$(cat "$results"/*/log.jsonl 2>/dev/null | grep -c "$2")" -ge "$1" ]
}
begin interrupted -j 3 "$T/slow.lua" "$T/idle.lua" "$T/good.lua"
wait_until 'n_logged 2 "\"asleep\"" && n_logged 1 "\"run.end\""'
result $? 'three run at once'
stop "$pid" INT
[ $? -eq 130 ]
result $? 'SIGINT ends them in order'
sure 'as each of them says' in_json '"interrupted": 2$' '"passed": 1,$' \
	'"code": 130,$' '"error": "[^"]*interrupted by Interrupt'
n_logged 3 '"run.end"'
result $? 'in its log'
sure 'nothing is left of them' nothing_left
[ -z "$(find "$results" -name '*.lock')" ]
result $? 'and no lock'

begin twice -j 2 "$T/busy.lua" "$T/idle.lua"
wait_until 'n_logged 1 "\"awake\"" && n_logged 1 "\"asleep\""'
kill -INT "$pid"
# The idle one has ended and told of it; the busy one has not heard of it.
wait_until 'n_logged 1 "\"run.end\"" && [ -e "$results/idle/report.html" ]'
stop "$pid" INT
[ $? -eq 130 ]
result $? 'a second SIGINT ends at once what did not'
sure 'and says so' in_json 'it was killed: interrupted twice' \
	'"interrupted": 2$'
sure 'nothing is left of it, either' nothing_left

begin killed -j 3 "$T/slow.lua" "$T/idle.lua" "$T/busy.lua"
wait_until 'n_logged 2 "\"asleep\"" && n_logged 1 "\"awake\""'
stop "$pid" KILL
sure 'nothing is left of a run that is killed' nothing_left
sure 'but its results so far' in_json '"code": null,$'
finish
