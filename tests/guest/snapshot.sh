#!/bin/sh
# Machines that go on from the saved state of one that has booted.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests

own_states
store=$work/cache/vdelab/snapshots

# run FILE
run() {
	"$vdelab" run --snapshot auto --results "$work/results" "$1" \
		>"$work/out" 2>&1
	rc=$?
	show "$work/out"
	log=$work/results/snapshot/log.jsonl
	sed -n '/"type": *"machine.snapshot"/s/.*"text": *"/# log: /p' "$log"
	return $rc
}

# said COUNT WORDS: so many machines, says the log
said() {
	[ "$(grep '"type": *"machine.snapshot"' "$log" | grep -c "$2")" = "$1" ]
}

none_boots() {
	said 3 'goes on' && said 0 'boots'
}

test=$top/tests/guest/snapshot.lua
check 'one machine boots, and three go on from there' run "$test"
check 'the log tells so' none_boots
check 'one state is kept for the three' \
	test "$(find "$store" -name ram | wc -l)" = 1
check 'nobody else can read it' \
	test -z "$(find "$store" -perm /077 ! -name '*.lock')"
check 'vdelab image list shows it' \
	sh -c '"$1" image list | grep "MiB" | grep -q "$2"' - "$vdelab" \
	"$(find "$store" -name ram | sed 's|.*/\([0-9a-f]*\)/ram|\1|')"

check 'the next run boots none' run "$test"
check 'its log tells so' none_boots
awk -F '"t": *' '/"type": *"machine.ready"/ && n++ < 3 {
	split($2, a, ","); t = a[1] }
	END { print "# all three were there after " t " s" }' "$log"
grep -q '"type": *"snapshot"' "$log" && rc=1 || rc=0
result $rc 'and no state is made'

for state in "$store"/*/state; do
	echo 'no state at all' >"$state"
done
# The same machines; they have been looked at closely by now.
cat >"$work/short.lua" <<EOF
local node = { vlans = { 1 } }
return {
	name = "snapshot",
	nodes = { alice = node, bob = node, carol = node },
	test_script = function()
		start_all()
		for _, machine in ipairs(machines) do
			machine:succeed("hostname")
		end
		alice:succeed("ping -c 1 bob", "ping -c 1 carol")
	end,
}
EOF
check 'with a state that is damaged, machines boot' run "$work/short.lua"
check 'and the log tells why' said 3 'boots'
check 'the state is gone' test -z "$(find "$store" -name ram)"

check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
