#!/bin/sh
# What programs count on machines whose guests are shells of this host: when it is
# taken, what becomes of it, and that no test ends otherwise for it.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
need gcc gcov unshare
. "$TOP_SRCDIR/tests/integration/fake-guests.sh"

# A guest has a /run, an /etc, a name and a network of its own.
cat >"$T/guest" <<'END'
#!/bin/sh
name=/proc/sys/kernel/hostname
mount -t tmpfs none /run && mount -t tmpfs none /etc &&
	touch /run/hostname && mount --bind /run/hostname $name &&
	echo guest >$name && exec "$@"
END
cat >"$T/qemu" <<'END'
#!/bin/sh
case "$*" in
*guest=m*) echo $$ >"$QEMU.pid" ;;
esac
exec unshare -rmun "${QEMU%/*}/guest" "$FAKE_QEMU" "$@" talk
END
chmod +x "$T/guest" "$T/qemu"
unshare -rmun "$T/guest" true 2>/dev/null ||
	skip_all 'namespaces are not allowed'

# A program that runs the line of its argument.
mkdir "$T/src" "$T/work"
cat >"$T/src/prog.c" <<'END'
int
main(int argc, char **argv)
{
	switch (argc > 1 ? argv[1][0] : 0) {
	case 'a':
		return 0;
	case 'b':
		return 0;
	case 'c':
		return 0;
	}
	return 0;
}
END
(cd "$T/work" && gcc --coverage -O0 -o prog ../src/prog.c) || exit 99
prog=$T/work/prog

# a_test NAME COVERAGE SCRIPT
a_test() {
	cat >"$T/$1.lua" <<END
local function boot()
	m:start()
	m:qmp("fake-boot")
end
return {
	name = "$1",
	coverage = { source = "./src", build = "./work", $2 },
	nodes = {
		m = { vlans = {}, kernel = "./kernel", memory = 64 },
		other = { vlans = {}, kernel = "./kernel", memory = 64 },
	},
	test_script = function()
		boot()
		$3
	end,
}
END
}

# run CODE NAME [ARGUMENT...]: its log is $log then
run() {
	run_want=$1
	run_name=$2
	shift 2
	log=$T/results/$run_name/log.jsonl
	(cd "$T" && timeout "$PATIENCE_S" env "PATH=$path" "$vdelab" run --accel tcg \
		--timeout-scale 0.5 --results results "$@" "$run_name.lua") \
		>"$T/out" 2>&1
	run_code=$?
	[ "$run_code" -eq "$run_want" ] && return
	echo "exit code $run_code, wanted $run_want"
	return 1
}

# ran LETTERS: the report says that of the lines of a, b and c these ran
ran() {
	ran_lines=
	for letter in a b c; do
		n=$(($(grep -n "case '$letter'" "$T/src/prog.c" |
			cut -d: -f1) + 1))
		tr '{' '\n' <"$T/results/coverage/trace.json" |
			grep -q "\"count\":[1-9].*\"line_number\":$n}" &&
			ran_lines=$ran_lines$letter
	done
	[ "$ran_lines" = "$1" ] && return
	echo "ran $ran_lines, not $1"
	return 1
}

# has PATTERN...: the log has a line for each
has() {
	for pattern; do
		grep -Eq -- "$pattern" "$log" && continue
		echo "wanted: $pattern"
		grep coverage "$log"
		return 1
	done
}

said() {
	grep -Eq -- "$1" "$T/out" && return
	echo "wanted: $1"
	return 1
}

# Without gcovr, which takes longer than all the rest.
mkdir "$T/bin"
for program in awk base64 cat chmod cut dd env gcc gcov grep head hostname id ip \
	ls mkdir mkfifo mount mv od ln rm setsid sh sleep stat stty tail tar \
	find touch tr uname unshare systemctl; do
	there=$(command -v $program) && ln -s "$there" "$T/bin/$program"
done
path=$T/bin

a_test passes '' "m:succeed('$prog a', 'GCOV_PREFIX= $prog b || true')"
sure 'a test passes' run 0 passes
sure 'what its machine has run is reported' ran ab
sure 'taking it is a step of the log, and an event' has \
	'step.begin.*"kind":"collect_coverage","machine":"m"' \
	'"coverage","machine":"m","path":"coverage/m.1.tar".*"error":null'
sure 'without gcovr a warning says what is missing' \
	said 'gcovr is not installed'
rm -f "$T"/work/*.gcda

a_test fails '' "m:succeed('$prog c') error('as it should')"
sure 'a test fails' run 1 fails
sure 'what was run until then is reported' ran c

a_test crashes '' "m:succeed('$prog a') m:crash() boot()
		m:succeed('$prog b') m:crash()"
sure 'a machine crashes twice' run 0 crashes
sure 'before it does, its counters are taken' ran ab
sure 'each time those of that time' test -s "$T/results/crashes/coverage/m.1.tar" \
	-a -s "$T/results/crashes/coverage/m.2.tar"

a_test asks '' "m:succeed('$prog a')
		assert(not pcall(m.copy_from_machine, m, '/etc/hosts',
			{ dir = 'coverage' }))
		assert(pcall(m.copy_from_machine, m, '/etc/hosts',
			{ dir = 'coverages' }))
		assert(m:collect_coverage() == true)
		pcall(m.qmp, m, 'fake-exit', { status = 1 })"
sure 'a machine is lost' run 0 asks
sure 'what the script had taken is not' ran a

# What has to be told before it writes.
a_test flushes "flush = '$prog b; echo >>$T/flushed'" \
	"m:succeed('$prog a') m:collect_coverage()"
sure 'a test has something flushed' run 0 flushes
sure 'it counts' ran ab
sure 'it is flushed each time' test "$(grep -c ^ "$T/flushed")" = 2
a_test flushbad "flush = 'echo no luck >&2; false'" "m:succeed('$prog a')"
sure 'a flush that fails is no failure' run 0 flushbad
sure 'but an error of the log' has '"error":"flush failed.* 1: no luck'
sure 'and counters are taken all the same' ran a

# The guest's shell is the child of what stands for QEMU.
a_test silent '' "m:succeed('$prog a') m:collect_coverage()
		m:execute([[
			read -r qemu <$T/qemu.pid
			for stat in /proc/[0-9]*/stat; do
				read -r pid name state parent rest <\$stat
				[ \"\$parent\" != \"\$qemu\" ] || kill -STOP \$pid
			done
			touch $T/stopped]], { check_output = false })
		other:start() other:qmp('fake-boot')
		other:wait_for_file('$T/stopped')"
sure 'a guest does not answer any more' run 0 silent
sure 'that is an error of the log' has \
	'"coverage",.*"error":"its shell does not answer any more"'
sure 'what was taken before is there' ran a

a_test half 'fail_under = 30' "m:succeed('$prog a')"
sure 'enough was run' run 0 half
a_test most 'fail_under = 99' "m:succeed('$prog a')"
sure 'not enough was run' run 1 most
sure 'that is said' said '% of lines is less than the 99 % that is asked for'
sure 'a shard is not measured' run 0 most --shard 1/1
sure 'it has a report of its own' test -s "$T/results/coverage.1-of-1/summary.txt"
a_test nothing 'fail_under = 1' ''
sure 'a test that runs nothing has not run enough' run 1 nothing

a_test one '' "m:succeed('$prog a')"
a_test two '' "m:succeed('$prog b')"
sure 'two tests make one report' run 0 one "$T/two.lua"
sure 'of what both have run' ran ab
sure 'which tells them apart' grep -q '^  two  ' "$T/results/coverage/summary.txt"


# As if they had run elsewhere: without what was built, and in other places.
rm -rf "$T/results"
run 0 one && mv "$T/results" "$T/here" && run 0 two && mv "$T/results" "$T/there"
mv "$T/work" "$T/gone"
sure 'results of two hosts are merged where nothing was built' \
	env "PATH=$path" "$vdelab" merge -o "$T/results" "$T/here" "$T/there"
sure 'their reports, too' ran ab
mv "$T/gone" "$T/work"
rm -rf "$T/results"

rm "$T/bin/gcov"
a_test blind '' "m:succeed('$prog a')"
sure 'without gcov a test passes, too' run 0 blind
sure 'a warning says so' said 'coverage: .*gcov'
sure 'and what was counted is kept' test -s "$T/results/blind/coverage/m.1.tar"

path=$PATH
cat >"$T/none.lua" <<END
return {
	name = "none",
	nodes = { m = { vlans = {}, kernel = "./kernel", memory = 64 } },
	test_script = function()
		m:start()
		m:collect_coverage()
	end,
}
END
sure 'a test without coverage cannot collect it' run 1 none
sure 'and is told' said 'm: the test has no .coverage. that it takes part in'
sure 'it has none' test ! -e "$T/results/none/coverage"
finish
