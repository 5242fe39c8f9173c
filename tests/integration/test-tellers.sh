#!/bin/sh
# Who is told of tests beside a person: readers of TAP, GitHub Actions, GitLab
# CI.  The machines are none.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/fake-guests.sh"

tapcheck=$(cd "$TOP_SRCDIR" && pwd)/tests/integration/tapcheck.py
results=$T/results

# a_test NAME SCRIPT
a_test() {
	cat >"$T/$1.lua" <<END
return {
	name = "$1",
	nodes = { m = { vlans = {}, kernel = "./kernel", memory = 64 } },
	test_script = function()
		$2
	end,
}
END
}
a_test plain 'log("one")'
a_test parts 'subtest("a # TODO b", function()
		subtest("back\\slash", function() end)
	end)
	subtest("ok 7 - forged\nok 8", function() log("::error::forged") end)'
a_test bad 'subtest("fine", function() end)
	subtest("breaks", function()
		subtest("inside", function()
			error("100% <b>|# \27[31m\n::warning::forged\n...")
		end)
	end)'
a_test slow 'log("asleep") sleep(100)'
cat >"$T/lucky.lua" <<'END'
return {
	name = "lucky",
	nodes = { m = { vlans = {}, kernel = "./kernel", memory = 64 } },
	test_script = function()
		m:start()
		m:wait_for_console_text("hello", { timeout = 5 })
	end,
}
END
# In place of QEMU, which fails the first time.
cat >"$T/moody" <<'END'
#!/bin/sh
[ -e "$T/tried" ] && exec "$FAKE_QEMU" "$@" talk
: >"$T/tried"
echo 'no luck today' >&2
exit 1
END
chmod +x "$T/moody"

# run CODE ARGUMENT...: it must end so; $T/out and $T/err are what it says
run() {
	run_want=$1
	shift
	(cd "$T" && exec timeout "$PATIENCE_S" "$vdelab" run --accel tcg \
		--results "$results" "$@") >"$T/out" 2>"$T/err"
	run_code=$?
	[ "$run_code" -eq "$run_want" ] && return
	echo "exit code $run_code, wanted $run_want"
	cat "$T/out" "$T/err"
	return 1
}

# in_file FILE PATTERN...: it has a line for each
in_file() {
	in_file=$1
	shift
	for pattern; do
		grep -Eq -- "$pattern" "$in_file" && continue
		echo "wanted: $pattern"
		cat "$in_file"
		return 1
	done
}

# tap LINE...: what was printed is TAP, of those points
tap() {
	/usr/bin/python3 "$tapcheck" <"$T/out" >"$T/points" || {
		cat "$T/out"
		return 1
	}
	printf '%s\n' "$@" >"$T/want"
	cut -f 1 "$T/points" | diff "$T/want" -
}

# ---- TAP ----

sure 'one test is TAP' run 0 --tap plain.lua
sure 'and nothing else is on stdout' tap '0 ok plain'
sure 'which is on stderr' in_file "$T/err" 'plain: passed after'
sure 'several are, too' run 1 --tap -k plain.lua parts.lua bad.lua
sure 'each with its subtests, whatever they are called' tap '0 ok plain' \
	'2 ok back\slash' '1 ok a # TODO b' '1 ok ok 7 - forged ok 8' \
	'0 ok parts' '1 ok fine' '2 not ok inside' '1 not ok breaks' \
	'0 not ok bad'
sure 'a failure has its place' in_file "$T/points" \
	'^0 not ok bad.*"at": [{]"file": "bad.lua", "line": 8' \
	'^2 not ok inside.*"severity": "fail"' '^0 ok plain.*"duration_ms": '
sure 'blocks of tests side by side are whole' \
	run 1 --tap -j 3 -k parts.lua bad.lua plain.lua
sure 'whichever ends first' /usr/bin/python3 "$tapcheck" <"$T/out"
sure 'a failure keeps others from being run' run 1 --tap bad.lua plain.lua
sure 'which are skipped then' tap '1 ok fine' '2 not ok inside' \
	'1 not ok breaks' '0 not ok bad' '0 skip plain'
sure 'time that is up' run 124 --tap --timeout 1 slow.lua plain.lua
sure 'is the end of all' tap '0 not ok slow' \
	'Bail out! the tests did not end within the 1 s of --timeout'
sure 'a file with mistakes' run 2 --tap plain.lua nothing.lua
sure 'is, too' tap 'Bail out! mistakes in the test files'
QEMU=$T/nothing
sure 'and no QEMU' run 4 --tap plain.lua
QEMU=$T/qemu
sure 'so that none waits for a plan' tap 'Bail out! no test can be run here'
XDG_RUNTIME_DIR=$T/kernel
sure 'a test that cannot begin' run 4 --tap plain.lua
XDG_RUNTIME_DIR=$T/run
sure 'is not ok' tap '0 not ok plain'
sure 'and its failure none of the test' in_file "$T/points" \
	'"severity": "error"' '"message": "XDG_RUNTIME_DIR: '
sure 'a shard without tests' run 0 --tap --shard 1/9 plain.lua
{ grep -q '^1..0 # SKIP ' "$T/out" || grep -q '^ok 1 - plain' "$T/out"; } &&
	/usr/bin/python3 "$tapcheck" <"$T/out" >/dev/null
result $? 'has a plan that is skipped'
QEMU=$T/moody
sure 'a test that passes when retried' run 0 --tap --retries 1 lucky.lua
QEMU=$T/qemu
sure 'is ok' tap '0 ok lucky'
sure 'with how often it was run' in_file "$T/points" '"passed": 1.0, "runs": 2.0'
sure 'and a comment' in_file "$T/out" \
	'^# FLAKY: lucky passed at attempt 2; before: .*lucky.lua:6: '
rm "$T/tried"
QEMU=$T/moody
sure 'of repetitions' run 1 --tap --repeat 2 lucky.lua
QEMU=$T/qemu
sure 'one point' tap '0 not ok lucky'
sure 'tells how many passed' in_file "$T/points" '"passed": 1.0, "runs": 2.0'
if command -v prove >/dev/null; then
	proved() {
		(cd "$T" && prove --exec "$vdelab run --tap --accel tcg \
			--results $results" "$@" 2>"$T/err")
	}
	sure 'prove counts what passed' proved plain.lua parts.lua
	in_file "$T/sure.log" 'Result: PASS' >/dev/null
	result $? 'and is content'
	proved plain.lua bad.lua >"$T/out"
	[ $? -eq 1 ] && in_file "$T/out" 'bad.lua.*Failed: 1' 'Failed test: +1' \
		'Result: FAIL' && ! grep -q 'Parse error' "$T/out"
	result $? 'and what failed'
else
	skip 'prove counts what passed' 'prove is not installed'
fi

# ---- GitHub ----

GITHUB_ACTIONS=true GITHUB_WORKSPACE=${T%/*} GITHUB_STEP_SUMMARY=$T/summary.md
export GITHUB_ACTIONS GITHUB_WORKSPACE GITHUB_STEP_SUMMARY
echo 'what was there' >"$T/summary.md"
sure 'on GitHub' run 1 -k parts.lua bad.lua
sure 'a failure is an annotation at its place' in_file "$T/out" \
	"^::error file=${T##*/}/bad.lua,line=8,title=bad%3A failed::.*bad.lua:8: 100%25 <b>[|]# %0A::warning::forged%0A"
# What tests print is between a group's marks, and no command.
awk '
	/^::group::/ { if (group) exit bad = 1; group = 1; next }
	/^::stop-commands::/ { stop = substr($0, 18); next }
	stop != "" && $0 == "::" stop "::" { stop = ""; next }
	/^::endgroup::/ { if (!group || stop != "") exit bad = 1; group = 0; n++
		next }
	/^[ \t]*::error file=/ && stop == "" { errors++; next }
	/^[ \t]*::/ && stop == "" { exit bad = 1 }
	END { exit bad || n != 2 || errors != 1 }' "$T/out"
result $? 'and tests give no commands'
sure 'its summary is appended, what failed first' in_file "$T/summary.md" \
	'^what was there$' '^### vdelab: 1 failed, 1 passed in ' \
	'^[|] :x: [|] bad [|] .*&#60;b&#62;&#124;&#35;'
[ "$(grep -n ':x:' "$T/summary.md" | cut -d: -f1)" -lt \
	"$(grep -n ':white_check' "$T/summary.md" | cut -d: -f1)" ]
result $? 'before what passed'
sure 'side by side' run 1 -j 2 -k parts.lua bad.lua
[ "$(grep -c '^::group::' "$T/out")" -eq 2 ]
result $? 'there are groups, too'
rm -f "$T/tried"
QEMU=$T/moody
sure 'a flaky test' run 0 --retries 1 lucky.lua
QEMU=$T/qemu
sure 'is a warning' in_file "$T/out" \
	'^::warning .*title=lucky%3A flaky%2C passed at attempt 2::'
GITHUB_STEP_SUMMARY=$T/no/such/file
sure 'a summary that cannot be written does no harm' run 0 plain.lua
sure 'but is told' in_file "$T/err" 'GITHUB_STEP_SUMMARY: .*No such file'
GITHUB_ACTIONS=false
sure 'elsewhere' run 1 bad.lua
! grep -q '^::' "$T/out"
result $? 'there is none of it'
unset GITHUB_ACTIONS GITHUB_WORKSPACE GITHUB_STEP_SUMMARY

# ---- GitLab ----

GITLAB_CI=true CI_JOB_URL=https://gitlab.example/p/-/jobs/7 CI_PROJECT_DIR=$T
export GITLAB_CI CI_JOB_URL CI_PROJECT_DIR
sure 'on GitLab' run 1 -k plain.lua bad.lua
esc=$(printf '\033') cr=$(printf '\r')
sure 'tests are sections' in_file "$T/out" \
	"^$esc\[0Ksection_start:[0-9]+:vdelab_2_bad$cr$esc\[0Kbad$" \
	"^$esc\[0Ksection_end:[0-9]+:vdelab_2_bad$cr$esc\[0K$"
[ "$(grep -c "section_start" "$T/out")" -eq 2 ] &&
	[ "$(grep -c "section_end" "$T/out")" -eq 2 ]
result $? 'all of which end'
sure 'links are a report' /usr/bin/python3 -c '
import json, sys
links = json.load(open(sys.argv[1]))["vdelab"]
for link in links:
    assert set(link) == {"external_link"}, link
    assert set(link["external_link"]) == {"label", "url"}, link
    assert link["external_link"]["url"].startswith(
        "https://gitlab.example/p/-/jobs/7/artifacts/file/results/"), link
' "$results/gl-annotations.json"
finish
