#!/bin/sh
# Commands in the background, conditions, and options of commands, on a real
# guest.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
"$vdelab" run --results "$work/results" "$top/tests/guest/commands.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'commands in the background do what they should'
log=$work/results/commands/log.jsonl
# The first two of them ran at once.
check 'output in the log says which command wrote it' \
	test "$(grep -c '"type":"output".*"command":1,' "$log")" -ge 1 -a \
	"$(grep -c '"type":"output".*"command":2,' "$log")" -ge 1
check 'the end of a command is in the log' \
	grep -q '"type":"command.end".*"command":2,.*"status":3' "$log"
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
