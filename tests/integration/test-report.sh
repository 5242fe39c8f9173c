#!/bin/sh
# The reports of runs, on machines that are none: of runs that pass, fail, and
# are killed; made anew.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/fake-guests.sh"

results=$T/results

# a_test NAME SCRIPT
a_test() {
	cat >"$T/$1.lua" <<END2
return {
	name = "$1",
	nodes = { m = { vlans = { 1 }, kernel = "./kernel", memory = 64 } },
	test_script = function()
		$2
	end,
}
END2
}
a_test good 'm:start() m:wait_for_console_text("hello") log("all is well")'
a_test bad 'log("</script><b>") subtest("the second part", function()
		error("as it should") end)'
a_test slow 'm:start() m:wait_for_console_text("hello")
		subtest("it takes long", function() log("asleep") sleep(100) end)'

# run CODE NAME...: vdelab run must end so; its output is $T/out
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

# report CODE DIR...: vdelab report must end so
report() {
	report_want=$1
	shift
	timeout "$PATIENCE_S" "$vdelab" report "$@" >"$T/out" 2>&1
	report_code=$?
	[ "$report_code" -eq "$report_want" ] && return
	echo "exit code $report_code, wanted $report_want"
	cat "$T/out"
	return 1
}

# in_report DIR TEXT...: the report of the run in DIR has it
in_report() {
	report_file=$results/$1/report.html
	shift
	[ -s "$report_file" ] || { echo "no $report_file"; return 1; }
	for text; do
		grep -qF -- "$text" "$report_file" && continue
		echo "wanted: $text"
		grep -a '"schema":1' "$report_file" | head -c 3000
		return 1
	done
}

# not_in_report DIR TEXT
not_in_report() {
	[ -s "$results/$1/report.html" ] &&
		! grep -qF -- "$2" "$results/$1/report.html"
}

# nothing_else DIR: no half of a file is left there
nothing_else() {
	[ -z "$(find "$results" -name '.report*')" ]
}

# ---- runs that end ----

sure 'a test passes' run 0 good.lua
sure 'its report is there' in_report good '<title>good: passed</title>' \
	'"complete":true' '"all is well"' '"file":"good.lua"' \
	'"capture":"vlan1.pcapng"' '"error":null'
check 'with its JUnit file' test -s "$results/good/junit.xml"

sure 'a test fails' run 1 bad.lua
sure 'its report says where' in_report bad '<title>bad: failed</title>' \
	'"the second part"' 'as it should' '"failure":{"step":0,' '"line":6'
sure 'what it logged is text' in_report bad \
	'\u003c/script\u003e\u003cb\u003e'
sure 'and nothing else' not_in_report bad '</script><b>'

# ---- a run that is killed ----

# asleep: the slow test has come so far
asleep() {
	grep -qs '"asleep"' "$results/slow/log.jsonl"
}

# kill_it: in the middle, with no chance to say so
kill_it() {
	(cd "$T" && exec "$vdelab" run --accel tcg --results "$results" \
		slow.lua) >"$T/out" 2>&1 &
	pid=$!
	pids="$pids $pid"
	wait_until asleep || return 1
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	asleep
}
sure 'a run is killed' kill_it
check 'it has no report' test ! -e "$results/slow/report.html"
sure 'until it is asked for' report 0 "$results/slow"
sure 'which says that it was killed' in_report slow \
	'<title>slow: killed</title>' '"complete":false' '"result":"killed"' \
	'the run was killed, or is still running: its log ends at'
sure 'and has all up to then' in_report slow '"asleep"' '"it takes long"' \
	'hello' '"file":"slow.lua"'
check 'and a JUnit file' test -s "$results/slow/junit.xml"

# torn: the last line lacks its end, as after a loss of power
torn() {
	printf '{"n":999,"t":99,"type":"log","text":"torn-away' \
		>>"$results/slow/log.jsonl"
	report 0 "$results/slow/" && in_report slow '"asleep"' \
		'"complete":false' && not_in_report slow torn-away
}
sure 'a line that was torn is left out' torn

# ---- all of them ----

rm -f "$results"/*/report.html "$results"/*/junit.xml
sure 'all reports are made anew' report 0 "$results"
sure 'that of the one that passed' in_report good '"complete":true'
sure 'that of the one that failed' in_report bad '"complete":true'
sure 'that of the one that was killed' in_report slow '"complete":false'
sure 'and nothing is left' nothing_else

# none: a directory without results
none() {
	mkdir "$T/empty"
	report 2 "$T/empty" && grep -qF "$T/empty: no results" "$T/out"
}
sure 'where there are none, it says so' none
# damaged: what is no log
damaged() {
	mkdir "$T/damaged"
	echo 'no log' >"$T/damaged/log.jsonl"
	report 4 "$T/damaged" && grep -qF 'no log of a run' "$T/out"
}
sure 'what is no log is refused' damaged
# moved: reports do without what is not there any more
moved() {
	rm "$results/good/vlan1.pcapng"
	report 0 "$results/good" &&
		in_report good 'its capture vlan1.pcapng is not there'
}
sure 'a capture that was moved away is told' moved

finish
