#!/bin/sh
# What stands beside results.json, and vdelab merge: JUnit XML that a schema and
# its readers accept, the table of tests, shards and machines made one.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
need xmllint /usr/bin/python3
. "$TOP_SRCDIR/tests/integration/fake-guests.sh"

schema=$TOP_SRCDIR/tests/data/junit.xsd
readers=$TOP_SRCDIR/tests/integration/junit-readers.py

# That of the machine "fragile" starts when $T/lucky is there.
in_place_of_qemu <<'END'
case "$*" in
*guest=fragile*)
	if ! [ -e "$T/lucky" ]; then
		touch "$T/lucky"
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
a_test good m '		subtest("first", function()
			subtest("second", function() log("well") end)
		end)'
a_test bad m '		subtest("it works", function()
			m:start()
			m:wait_for_console_text("hello")
		end)
		subtest("it fails", function()
			error("as <it> should & ]]> must")
		end)'
a_test foul m '		subtest("<b>]]>&\27[31m\1\255", function()
			log("[[ATTACHMENT|/etc/passwd]]\27]0;x\7")
			error("<script>alert(1)</script>\n\0\8\255")
		end)'
a_test slow m '		sleep(100)'
a_test fragile fragile '		subtest("start", function()
			fragile:start() fragile:wait_for_console_text("hello")
		end)'
a_test deadly deadly '		nested("it dies", function() deadly:start() sleep(100) end)'

# vdelab_ends CODE ARGUMENT...: it must end so; its output is $T/out
vdelab_ends() {
	ends_want=$1
	shift
	(cd "$T" && exec timeout "$PATIENCE_S" "$vdelab" "$@") >"$T/out" 2>&1
	ends_code=$?
	[ "$ends_code" -eq "$ends_want" ] && return
	echo "exit code $ends_code, wanted $ends_want"
	return 1
}
run() { # CODE RESULTS ARGUMENT...
	run_want=$1
	run_results=$2
	shift 2
	vdelab_ends "$run_want" run --accel tcg --results "$T/$run_results" "$@"
}
said() {
	for pattern; do
		grep -Eq -- "$pattern" "$T/out" && continue
		echo "wanted: $pattern"
		return 1
	done
}
# has FILE TEXT...: a line has each
has() {
	has_file=$T/$1
	shift
	for text; do
		grep -Fq -- "$text" "$has_file" && continue
		echo "$has_file has no: $text"
		head -c 3000 "$has_file"
		return 1
	done
}
has_not() {
	! grep -Fq -- "$2" "$T/$1"
}
valid() { # FILE...
	for file; do
		xmllint --noout --schema "$schema" "$T/$file" || return 1
	done
}
# reads READER FILE LINE...: the reader shows exactly these
reads() {
	reads_reader=$1
	reads_file=$T/$2
	shift 2
	printf '%s\n' "$@" >"$T/want"
	/usr/bin/python3 "$readers" "$reads_reader" "$reads_file" >"$T/got" &&
		diff "$T/want" "$T/got"
}

# ---- a run of many ----

sure 'tests of every result' run 1 results -k --retries 1 good.lua \
	fragile.lua foul.lua deadly.lua bad.lua
sure 'leave JUnit XML that the schema allows' valid results/junit.xml \
	results/bad/1/junit.xml results/foul/2/junit.xml
sure 'GitLab shows each subtest, and what failed first' \
	reads gitlab results/junit.xml \
	'success | good | main | - |  | -' \
	'success | good | first | - |  | -' \
	'success | good | first / second | - |  | -' \
	'success | fragile | main | - |  | -' \
	'success | fragile | start | - |  | -' \
	'success | foul | main | - |  | -' \
	'failed | foul | <b>]]>&�� | - | foul.lua:7: <script>alert(1)</script> | foul/2/report.html' \
	'error | deadly | main | - | the process that ran the test was killed by signal 9 (Killed) | deadly/2/report.html' \
	'success | bad | main | - |  | -' \
	'success | bad | it works | - |  | -' \
	'failed | bad | it fails | - | bad.lua:10: as <it> should & ]]> must | bad/2/report.html'
sure 'Jenkins shows tries and files, too' sh -c \
	'/usr/bin/python3 "$1" jenkins "$2" >"$3/got" &&
	grep -F "passed | fragile | start | - | flakyFailure" "$3/got" &&
	grep -F "it fails | bad.lua:10: as <it> should & ]]> must | rerunFailure bad.lua:10" "$3/got" &&
	grep -F "passed | bad | main | - | - | bad/2/report.html, bad/2/m.serial.log, bad/2/log.jsonl" "$3/got" &&
	! grep passwd "$3/got"' sh "$readers" "$T/results/junit.xml" "$T"
sure 'an annotation on GitHub stands where it failed' \
	reads github results/junit.xml \
	'foul.lua:7 | foul.lua:7: <script>alert(1)</script>' \
	'deadly.lua:5 | the process that ran the test was killed by signal 9 (Killed)' \
	'bad.lua:10 | bad.lua:10: as <it> should & ]]> must'
sure 'the file of one run is that of the run' \
	reads gitlab results/bad/1/junit.xml \
	'success | bad | main | - |  | -' \
	'success | bad | it works | - |  | -' \
	'failed | bad | it fails | - | bad.lua:10: as <it> should & ]]> must | report.html'
/usr/bin/python3 -c 'import junitparser' 2>/dev/null && {
	sure "a library of others reads it, too" /usr/bin/python3 -c '
import sys, junitparser
xml = junitparser.JUnitXml.fromfile(sys.argv[1])
cases = [(c.classname, c.name, [type(r).__name__ for r in c.result])
	for suite in xml for c in suite]
assert ("bad", "it fails", ["Failure"]) in cases, cases
assert ("deadly", "main", ["Error"]) in cases, cases
assert ("good", "first / second", []) in cases, cases
assert [s.tests for s in xml] == [3, 2, 2, 1, 3], [s.tests for s in xml]
' "$T/results/junit.xml"
}
sure 'the table of tests leads to their reports' \
	has results/report.html '<h1>3 of 5 tests failed</h1>' \
	'<a href="bad/1/report.html">bad</a>' \
	'<a href="good/1/report.html">good</a>' \
	'<span class="verdict warn">flaky</span>' 'href="junit.xml"'
awk -F'"' '/^<tr data-result/ { print $2 }' "$T/results/report.html" |
	tr '\n' ',' >"$T/order"
sure 'what failed comes first, then what is flaky' grep -Eq \
	'^((failed|could not be run),){3}flaky,passed,$' "$T/order"
sure 'what guests say is no part of the page' has results/report.html \
	'foul.lua:7: &lt;script&gt;alert(1)&lt;/script&gt;'
[ "$(grep -c '<script' "$T/results/report.html")" -eq 1 ]
result $? 'which has one script, its own'
# Of what stands between its tags, as browsers take it.
sure 'that its policy allows' /usr/bin/python3 -c '
import base64, hashlib, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
script = re.search("<script>(.*)</script>", page, re.S).group(1)
digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
assert f"sha256-{digest}" in page
assert not re.search("(src|href)=.(https?:|//)", page)
' "$T/results/report.html"

sure 'a test that was not run is skipped' run 1 skipped bad.lua good.lua
sure 'with its reason' reads gitlab skipped/junit.xml \
	'success | bad | main | - |  | -' \
	'success | bad | it works | - |  | -' \
	'failed | bad | it fails | - | bad.lua:10: as <it> should & ]]> must | bad/report.html' \
	'skipped | good | main | - | not run: another test has failed | -'
sure 'repetitions are suites of their own' run 0 repeated --repeat 2 good.lua
sure 'each with its name' has repeated/junit.xml 'classname="good/2"'
sure 'one test has its file and its table, too' run 0 one good.lua
sure 'with one line' has one/report.html '1 of 1 test passed'
sure 'both are valid' valid repeated/junit.xml skipped/junit.xml one/junit.xml

mkdir -p "$T/stuck/junit.xml"
sure 'a file that cannot be written' run 0 stuck good.lua
sure 'is told, and changes no result' said \
	'no report about all tests: cannot replace .*/stuck/junit.xml'
sure 'the table is there all the same' has stuck/report.html '1 of 1 test passed'

CI_PROJECT_DIR=$T
export CI_PROJECT_DIR
sure 'in a job of GitLab' run 1 gitlab bad.lua
unset CI_PROJECT_DIR
sure 'cases have their file, and links start where GitLab does' \
	reads gitlab gitlab/junit.xml \
	'success | bad | main | bad.lua |  | -' \
	'success | bad | it works | bad.lua |  | -' \
	'failed | bad | it fails | bad.lua | bad.lua:10: as <it> should & ]]> must | gitlab/bad/report.html'

# ---- vdelab report ----

cp "$T/results/junit.xml" "$T/before.xml"
rm "$T/results/junit.xml" "$T/results/report.html"
sure 'both are made anew' vdelab_ends 0 report results
sure 'and the table is named' said '^results/report.html$'
sure 'as they were' cmp "$T/before.xml" "$T/results/junit.xml"
sure 'of all tests' has results/report.html '<h1>3 of 5 tests failed</h1>'

# ---- shards ----

for i in 1 2 3; do
	(cd "$T" && "$vdelab" run -k --accel tcg --shard $i/3 -o "s$i" \
		good.lua bad.lua foul.lua slow.lua --timeout 2) >"$T/out.$i" 2>&1
done
find "$T"/s[123] -type f | sort | xargs sha256sum >"$T/sums"
sure 'shards become one' vdelab_ends 1 merge -o all s3 s1 s2
find "$T"/s[123] -type f | sort | xargs sha256sum | cmp - "$T/sums"
result $? 'and stay as they were'
sure 'with each test once' sh -c \
	'sed -n "s/^ *\"test\": \"\(.*\)\",/\1/p" "$1" | sort | tr "\n" " " |
	grep -qx "bad foul good slow "' sh "$T/all/results.json"
sure 'valid' valid all/junit.xml
sure 'links lead to where they lie' sh -c \
	'cd "$1" && grep -o "href=\"\.\./[^\"]*report.html" report.html |
	cut -d\" -f2 | xargs ls' sh "$T/all"
[ "$(grep -c '^<tr data-result' "$T/all/report.html")" -eq 4 ]
result $? 'and the table has all'
sure 'with the shard of each' has all/report.html 'shard 2 of 3<br>'
sure 'the same command does it again' vdelab_ends 1 merge -o all s1 s2 s3
sure 'one of two shards' run 0 half --shard 1/2 good.lua
mv "$T/half" "$T/elsewhere"
sure 'is not enough' vdelab_ends 4 merge -o part elsewhere
sure 'the missing one is named' said 'shard 2 of 2 is missing'
sure 'in the table, too' has part/report.html \
	'<p class="note">shard 2 of 2 is missing</p>'

# ---- run again, killed, single ----

a_test turn m '		if seed < 10 then error("not yet") end'
(cd "$T" && "$vdelab" run --accel tcg --shard 1/1 --seed 5 -o t1 turn.lua
	"$vdelab" run --accel tcg --shard 1/1 --seed 15 -o t2 turn.lua) \
	>/dev/null 2>&1
sure 'the same test of two runs stands side by side' \
	vdelab_ends 1 merge -o turns t1 t2
sure 'told apart by its directory' has turns/results.json \
	'"test": "turn (t1)"' '"test": "turn (t2)"'
sure 'also in JUnit' reads jenkins turns/junit.xml \
	'failed | turn (t1) | main | turn.lua:5: not yet | - | ../t1/turn/report.html, ../t1/turn/m.serial.log, ../t1/turn/log.jsonl' \
	'passed | turn (t2) | main | - | - | ../t2/turn/report.html, ../t2/turn/m.serial.log, ../t2/turn/log.jsonl'

start killed "$vdelab" run --accel tcg -o "$T/killed" -j 2 "$T/good.lua" \
	"$T/slow.lua"
wait_until 'grep -qs step.begin "$T/killed/slow/log.jsonl" &&
	grep -qs run.end "$T/killed/good/log.jsonl" &&
	grep -q passed "$T/killed/results.json"'
stop "$pid" KILL
sure 'a run that was killed' vdelab_ends 4 merge -o dead killed
sure 'is told as such' said 'killed/results.json has not ended: it was killed'
sure 'and what ran then has an error' has dead/junit.xml \
	'<error type="could not be run" message="the run was killed'
sure 'in a valid file' valid dead/junit.xml
sure 'a report of it says so, too' vdelab_ends 0 report killed
sure 'in its table' has killed/report.html \
	'<p class="note">the run has not ended: it was killed, or goes on</p>'
sure "tests' directories are runs" vdelab_ends 1 merge -o single \
	skipped/bad one/good
sure 'with their results' has single/results.json '"from": "../skipped/bad"' \
	'"results": "../one/good"'

# ---- mistakes ----

sure 'an output is needed' vdelab_ends 2 merge s1
sure 'and told' said '--output is missing'
sure 'a run is not overwritten' vdelab_ends 2 merge -o one s1 s2 s3
sure 'and told' said 'one/results.json: is of a run, and no merge'
sure 'nor is an input' vdelab_ends 2 merge -o s1 s1 s2
mkdir "$T/empty"
sure 'a directory without results' vdelab_ends 2 merge -o x s1 empty
sure 'is named' said 'empty: holds neither results.json nor log.jsonl'
[ ! -e "$T/x" ]
result $? 'and nothing is written then'
mkfifo "$T/empty/results.json"
sure 'what is no file is not waited for' vdelab_ends 2 merge -o x empty
rm "$T/empty/results.json"
printf '{\n"schema": 1,\n"tests": [,\n' >"$T/empty/results.json"
sure 'damaged results' vdelab_ends 2 merge -o x empty
sure 'are named, with the line' said 'empty/results.json:3: '
finish
