#!/bin/sh
# Three tests on real guests, each in Lua, in Python and for pytest: their logs
# have the same events.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
python=/usr/bin/python3
"$python" -c 'import pytest' 2>/dev/null ||
	{ echo '1..0 # SKIP pytest is not installed'; exit 0; }
need_guests
own_states
files=$top/tests/guest/languages
results=$work/results
PYTHONPATH=$build/out/share/vdelab
VDELAB=$vdelab
export PYTHONPATH VDELAB PYTHONDONTWRITEBYTECODE=1

# The first run of each machine saves its state: others go on from there.
"$vdelab" run -k -j auto --snapshot auto --results "$results" \
	"$files/nat.lua" "$files/wait.lua" >"$work/out" 2>&1
[ $? -eq 1 ]
result $? 'in Lua, one passes and one fails'
"$vdelab" run -k -j auto --snapshot auto --results "$results" \
	"$files/panic.lua" "$files"/*-python.lua >>"$work/out" 2>&1
[ $? -eq 1 ]
result $? 'in Python, too'
"$python" -m pytest -q -p pytest_vdelab -p no:cacheprovider \
	--rootdir "$files" --vdelab-snapshot auto \
	--vdelab-results "$results" "$files" >>"$work/out" 2>&1
[ $? -eq 1 ]
result $? 'and for pytest'
show "$work/out"
for test in nat wait panic; do
	check "$test: the same events in Lua, Python and pytest" "$python" \
		"$files/compare.py" "$results/$test" "$results/$test-python" \
		"$results/test_$test/$test"
done
"$python" "$files/compare.py" "$results/nat" "$results/wait" >/dev/null
[ $? -eq 1 ]
result $? 'others have others'
check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
