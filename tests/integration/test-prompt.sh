#!/bin/sh
# vdelab shell, attach and runs: what a person types is done, on a terminal and
# from a pipe.  No guest is started.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need "$QEMU"
VDELAB=$TOP_BUILDDIR/out/bin/vdelab
PTYTALK=$TOP_BUILDDIR/tests/integration/ptytalk
XDG_RUNTIME_DIR=$T/run
XDG_STATE_HOME=$T/state
HOME=$T
export VDELAB XDG_RUNTIME_DIR XDG_STATE_HOME HOME
mkdir -m 700 "$XDG_RUNTIME_DIR"
unset CI
# The same marks everywhere.
LC_ALL=C NO_COLOR=1
export LC_ALL NO_COLOR

: >"$T/kernel" # so that no image is needed
cat >"$T/t.lua" <<'END'
return {
	name = "t",
	nodes = { client = { kernel = "./kernel" }, b = { kernel = "./kernel" } },
	test_script = function()
		local answer = 42
		subtest("one", function() log("did one") end)
		subtest("two", function()
			local inner = { 7 }
			breakpoint()
			error("two is bad")
		end)
	end,
}
END

nothing_is_left() {
	[ -z "$(find "$XDG_RUNTIME_DIR/vdelab" -name 'run-*')" ]
}

# talk STATUS NAME PROGRAM ARG...: the dialogue is on stdin
talk() {
	talk_want=$1 talk_name=$2
	shift 2
	timeout "$((4 * PATIENCE_S))" "$PTYTALK" "$@" >"$T/talk.log" 2>&1
	[ $? -eq "$talk_want" ]
	talk_status=$?
	result $talk_status "$talk_name"
	[ $talk_status -eq 0 ] || diag "$T/talk.log"
	wait_until nothing_is_left
	result $? 'nothing is left of it'
}

shell() {
	"$VDELAB" shell --accel tcg --results "$T/results" "$T/t.lua"
}

# ---- from a pipe ----

printf '%s\n' '1 + 1' 'for i = 1, 2 do' 'log("i", i)' 'end' 'subtests()' |
	shell >"$T/out" 2>"$T/err"
result $? 'lines of a pipe are done'
check 'values are shown' grep -qx 2 "$T/out"
check 'what takes several lines is put together' grep -q 'i 2$' "$T/out"
check 'subtests are listed' grep -qx '{ "one", "two" }' "$T/out"
echo 'machins' | shell >"$T/out" 2>"$T/err"
[ $? -eq 1 ]
result $? 'a line that fails makes the exit code 1'
check 'and is told' grep -q "unknown global 'machins' (did you mean 'machines'?)" \
	"$T/err"
echo 'if true then' | shell >"$T/out" 2>"$T/err"
[ $? -eq 1 ]
result $? 'text that ends in the middle of something fails'
echo 'syntax error' >"$T/bad.lua"
"$VDELAB" shell "$T/bad.lua" </dev/null >"$T/out" 2>"$T/err"
[ $? -eq 2 ]
result $? 'mistakes in the file are a usage error'

# ---- on a terminal ----

talk 0 'a person types, completes, interrupts and leaves' \
	"$VDELAB" shell --accel tcg --results "$T/results" "$T/t.lua" <<'END'
< Ctrl-D ends the machines
< t> 
> cli\t
< ent
> .eth1.ma\t
< c
> \n
< 52:54:00:12:01:02
< t> 
> 20 +\n
< ..> 
> 22\n
< 42
< t> 
> sleep(100)\n
! until "$VDELAB" runs | grep -q serving; do sleep 0.1; done; sleep 0.5
> \x03
< cancelled
< t> 
> while true do sleep(0.1) end\n
! sleep 0.5
> \x03
< cancelled
< t> 
> \x1b[A
< while true
> \x15help sleep\n
< wait by the host's clock
< t> 
> half
< half
! echo 'log("from outside")' | "$VDELAB" attach t
< from outside
< t> half
> \x15\x04
< passed after
.
END
check 'lines are remembered' grep -q 'help\\040sleep' \
	"$XDG_STATE_HOME/vdelab/history"

talk 0 'test_script is run, and stands still where it says so' \
	"$VDELAB" shell --accel tcg --results "$T/results" "$T/t.lua" <<'END'
< t> 
> test_script()\n
< stands still at 
< /t.lua:9
< continue lets it go on
< t> 
> answer * 1000 + inner[1]\n
< 42007
< t> 
> continue\n
< two is bad
< t> 
> run_subtest("one")\n
< did one
< t> 
> quit\n
< passed after
.
END

talk 1 'a test that fails opens a prompt, and ends when that is left' \
	"$VDELAB" run --accel tcg --pause-on-fail --results "$T/results" \
	"$T/t.lua" <<'END'
< stands still at 
< lets the run go on
< t> 
> inner[1] * 1111\n
< 7777
< t> 
> quit\n
< two is bad
< stands still at its failure
< lets the run go on
< t> 
> answer * 1000\n
< 42000
< t> 
> quit\n
< t: failed after
.
END

cat >"$T/two.lua" <<'END'
return {
	name = "two",
	nodes = { client = { kernel = "./kernel" } },
	test_script = function()
		parallel(function() breakpoint() breakpoint() end,
			function() breakpoint() log("second") end)
	end,
}
END
talk 0 'functions that stand still side by side are looked at in turn' \
	"$VDELAB" run --accel tcg --results "$T/results" "$T/two.lua" <<'END'
< stands still at 
< lets the run go on
< two> 
> quit\n
< goes on
< stands still at 
< lets the run go on
< two> 
> quit\n
< goes on
< stands still at 
< lets the run go on
< two> 
> quit\n
< two: passed after
.
END

# ---- elsewhere ----

start run "$VDELAB" run --accel tcg --pause-on-fail --results "$T/results" \
	"$T/t.lua"
wait_text run 'vdelab attach'
check 'without a terminal a run tells how to attach' \
	grep -q 'to look at it: vdelab attach' "$T/run.log"
"$VDELAB" runs >"$T/out"
check 'runs are listed' grep -q ' paused .* t$' "$T/out"
echo continue | "$VDELAB" attach t >"$T/out" 2>&1
result $? 'a breakpoint is left from elsewhere'
wait_text run 'its failure'
start other "$VDELAB" serve --accel tcg --results "$T/results" "$T/t.lua"
wait_until '[ "$("$VDELAB" runs | wc -l)" -eq 2 ]'
echo 1 | "$VDELAB" attach t >"$T/out" 2>&1
[ $? -eq 2 ]
result $? 'a name that may be two runs is refused'
check 'and both are told' grep -q 'which run?.*t (.*), t (' "$T/out"
stop "$pid"
echo 'answer' | "$VDELAB" attach >"$T/out" 2>&1
check 'the only run needs no name' grep -qx 42 "$T/out"
echo continue | "$VDELAB" attach t >"$T/out" 2>&1
wait_until nothing_is_left
result $? 'a run that has been looked at ends'
echo 1 | "$VDELAB" attach t >"$T/out" 2>&1
check 'a run that is not there is told' grep -q 'no run of yours' "$T/out"
CI=1 "$VDELAB" run --pause-on-fail "$T/t.lua" </dev/null >"$T/out" 2>&1
[ $? -eq 2 ]
result $? 'where nobody can come nothing stands still'
CI=1 "$VDELAB" run --accel tcg --results "$T/results" "$T/t.lua" </dev/null \
	>"$T/out" 2>&1
check 'and a breakpoint is an error' \
	grep -q 't.lua:9: breakpoint: there is no terminal, and CI is set' \
	"$T/out"
finish
