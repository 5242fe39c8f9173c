#!/bin/sh
# The log of a run: what the code writes, the table and doc/results.md know the
# same types; it is whole whenever the run is killed; what never ends has limits.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/fake-guests.sh"

checklog=$TOP_BUILDDIR/tests/integration/checklog

# a_test NAME SCRIPT
a_test() {
	cat >"$T/$1.lua" <<END
return {
	name = "$1",
	nodes = {
		m = { vlans = { 1 }, kernel = "./kernel", memory = 64 },
	},
	test_script = function()
		$2
	end,
}
END
}

# run CODE NAME: its log is $log then
run() {
	log=$T/results/$2/log.jsonl
	timeout "$PATIENCE_S" "$vdelab" run --accel tcg --timeout-scale 0.5 \
		--results "$T/results" "$T/$2.lua" 2>&1 |
		cut -c1-200 >"$T/out"
	run_code=$(sed -n 's/.*"run.end".*"code":\([0-9]*\),.*/\1/p' "$log")
	[ "$run_code" -eq "$1" ] && return
	echo "# exit code $run_code, wanted $1"
	return 1
}

# has PATTERN...: the log has a line for each
has() {
	for pattern; do
		grep -Eq -- "$pattern" "$log" && continue
		echo "# wanted: $pattern"
		return 1
	done
}

# ---- types ----

"$checklog" --types >"$T/types"
cut -d' ' -f1 "$T/types" | sort >"$T/in-table"
# Those that are passed on as they are, and those of machines.
{
	cat "$TOP_SRCDIR"/driver/*.c "$TOP_SRCDIR"/driver/*/*.c | tr -s '\n\t ' ' ' |
		grep -oE '(event_log_add|write_event)\([^"]*"[a-z][a-z.-]+"' |
		sed 's/.*"\(.*\)"/\1/'
	sed -n 's/.*\[MACHINE_[A-Z_]*\] = "\(.*\)",/\1/p' \
		"$TOP_SRCDIR/driver/live.c"
} | sort -u >"$T/in-code"
sed -n '/^| type | members/,/^$/s/^| `\([a-z.-]*\)` |.*/\1/p' \
	"$TOP_SRCDIR/doc/results.md" | sort >"$T/in-doc"
check 'every type that is written is in the table, and no other' \
	diff "$T/in-code" "$T/in-table"
sure 'doc/results.md has the same' diff "$T/in-doc" "$T/in-table"
: >"$T/missing"
while read -r type members; do
	row=$(grep -F "| \`$type\` |" "$TOP_SRCDIR/doc/results.md")
	for member in $members; do
		case $row in
		*"\`${member%%:*}\`"*) ;;
		*) echo "$type: ${member%%:*}" >>"$T/missing" ;;
		esac
	done
done <"$T/types"
check 'and their members' [ ! -s "$T/missing" ]
diag "$T/missing"

# ---- a run with a bit of everything ----

a_test all '
		local function inner() sleep(0) end
		subtest("one", inner)
		m:start()
		m:wait_for_console_text("hello")
		vlan1:mark("here")
		m.eth1:netem({ delay = "1ms" })
		m:block()
		m:qmp("fake-event", { name = "RTC_CHANGE", data = { offset = 1 } })
		m:qmp("fake-serial", { text =
			"[    1.5] Out of memory: Killed process 7 (cat)\n" })
		m:wait_for_console_text("Killed process")
		pcall(retry, function() return false end, { timeout = 0.2 })
		log(("x"):rep(200000))
		vlan1:send(packet.eth{ src = "02:00:00:00:00:01", dst = m.eth1.mac }
			/ packet.ipv4{ src = m.eth1.ipv4, dst = m.eth1.ipv4 }
			/ packet.udp{ src_port = 9, dst_port = 9 } / "x")
		vlan1:expect("udp")
		error("as it should")'
sure 'a run that fails' run 1 all
check 'each line of its log is an event that is known' "$checklog" "$log"
sure 'steps have the line they come from' \
	has '"kind":"sleep".*"at":{"file":"[^"]*/all.lua","line":8}' \
	'"kind":"mark".*"line":12}'
sure 'the failure has its place' has '"run.end".*"at":{.*"line":25}'
sure 'the text of the test is there' has '"source".*m:start.*"cut":false'
sure 'a time-out is told from other errors' \
	has '"step.end".*not within.*"timed_out":true'
sure 'why a wait goes on' has '"attempt".*"attempt":1.*"returned false"'
sure 'marks, wires, the kernel'"'"'s complaints, events of QEMU and switch' \
	has '"mark","segment":"vlan1","text":"here"' \
	'"wire","method":"netem.set".*"port":"m.eth1"' \
	'"wire","method":"link.set".*"text":"link.set.* state=block' \
	'"machine.trouble".*"text":"Out of memory: Killed process 7' \
	'"qmp".*"RTC_CHANGE".*"data":{"offset":1}' \
	'"switch.event","text":"port.added"' \
	'"capture","segment":"vlan1","path":"vlan1.pcapng","frames":1,"octets":43,"dropped":1'
sure 'a frame that was looked for' \
	has '"frame","segment":"vlan1","step":[0-9]*,"number":2,.*"text":"IP'
sure 'of a long text the middle is left out' \
	has '"log".*x.n\[\.\.\. 134464 octets are left out \.\.\.\].nx'

# ---- limits ----

a_test late 'subtest("for ever", function() sleep(100) end)'
sed -i 's/name = /timeout = 1, name = /' "$T/late.lua"
sure 'a test whose time is up' run 124 late
sure 'says so' has '"time-out","text":"the test did not end' \
	'"step.end".*"timed_out":true'
check 'in a log that is known' "$checklog" "$log"

# Twelve megabytes in lines, and one line of ten, with octets of all kinds.
a_test flood '
		local octets = {}
		for i = 1, 255 do octets[i] = utf8.char(i) end
		octets = table.concat(octets):gsub("\n", "") .. "\n"
		local line = ("abc "):rep(1000) .. "\n"
		m:start()
		for i = 1, 40 do
			m:qmp("fake-serial", { text = octets .. line:rep(75) })
		end
		m:qmp("fake-serial", { text = "\nend of lines\n" })
		m:wait_for_console_text("end of lines")
		for i = 1, 35 do
			m:qmp("fake-serial", { text = ("y"):rep(300000) })
		end
		m:qmp("fake-serial", { text = "\nend of all\n" })
		m:wait_for_console_text("end of all")
		pcall(error, "x")
		sleep(0.01)'
sure 'a guest that prints without end' run 0 flood
check 'leaves a log that is known' "$checklog" "$log"
is_small() {
	[ "$(stat -c %s "$log")" -lt 6000000 ]
}
sure 'and not large' is_small
sure 'which says what is not there, and where it is' \
	has '"left-out","of":"serial","machine":"m","count":[1-9].*"m.serial.log"' \
	'"left-out".*end of all.n","path"'
console_size=$(stat -c %s "$T/results/flood/m.serial.log")
sure 'the console'"'"'s own file has all' [ "$console_size" -gt 22000000 ]

# ---- kill -9 ----

a_test busy '
		m:start()
		parallel(function()
			while true do
				subtest("a", function() log(("z"):rep(3000)) sleep(0) end)
			end
		end, function()
			while true do
				m:qmp("fake-serial", { text = ("w"):rep(5000) .. "\n" })
			end
		end)'
log=$T/results/busy/log.jsonl
is_busy() {
	[ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -gt "$1" ]
}
rm -f "$T/bad"
for size in 0 1 5000 30000 100000 250000 400000 1000000; do
	rm -rf "$T/results/busy"
	start busy "$vdelab" run --accel tcg --results "$T/results" \
		"$T/busy.lua"
	wait_until "is_busy $size || ! running $pid"
	stop "$pid" KILL
	"$checklog" --killed "$log" >>"$T/bad" 2>&1 || echo "at $size" >>"$T/bad"
done
sure 'a run that is killed leaves whole lines' [ ! -s "$T/bad" ]
diag "$T/bad"
finish
