#!/bin/sh
# Two gigabits a second into a capture that cannot take them: a full disk, a
# reader that stands still, one that goes.  The switch forwards as ever.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
need tshark unshare

LOAD=$TOP_BUILDDIR/bench/load
FPS=27778 # frames of 9000 octets a second, 2 Gbit/s
VDELAB_DIR=$T/sw
export VDELAB_DIR
small=$T/small # a file system of 64 KiB, which only the switch sees
ring=$T/ring   # one of 1 MiB
mkdir "$small" "$ring"

# (In there, everybody else's files belong to nobody, plugins too.)
[ -O "$TOP_BUILDDIR/out/lib/vdelab" ] ||
	skip_all "the build tree is another user's"
unshare -Urm mount -t tmpfs -o size=64k none "$small" 2>"$T/out" ||
	skip_all "no mount namespace: $(head -n 1 "$T/out")"
cat >"$T/in-namespace" <<-EOF
	#!/bin/sh
	exec unshare -Urm sh -c 'mount -t tmpfs -o size=64k none "$small" &&
		mount -t tmpfs -o size=1m none "$ring" &&
		exec "\$0" "\$@"' "$SWITCH" "\$@"
EOF
chmod +x "$T/in-namespace"
SWITCH=$T/in-namespace

field() { # NAME FILE: of the generator's answer
	sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$2"
}

# load FILE: a second of it
load() {
	timeout "$PATIENCE_S" "$LOAD" --dir "$T/sw/lan" --peer stream \
		--rate "$FPS" --length 9000 --window-ms 1000 >"$1" 2>"$T/load.log" ||
		diag "$T/load.log"
}

# whole FILE: has all that was sent come?
whole() {
	[ "$(field frames_in_all "$1")" -gt 0 ] &&
		[ "$(field frames_in_all "$1")" = "$(field due_in_all "$1")" ]
}

# undisturbed NAME BEGIN END: while BEGIN has begun a capture, a load comes
# through whole, as without one.  On a busy machine it may be somebody else's fault
# when it does not: then END ends it, and BEGIN has another try.
undisturbed() {
	for undisturbed_try in 1 2 3 4 5 6 7 8; do
		$2
		load "$T/load"
		whole "$T/load" && break
		undisturbed_try=
		$3
	done
	[ -n "$undisturbed_try" ]
	result $? "$1: nothing is lost"
	[ -n "$undisturbed_try" ] || diag "$T/free" "$T/load"
}

state() { # ID
	"$CTL" -j capture show "$1" | sed -n 's/.*"state":"\([a-z]*\)".*/\1/p'
}

# sees FILE: one of the switch's file systems, read by tshark without complaint
sees() {
	tshark -n -r "/proc/$switch_pid/root$1" -T fields -e frame.len \
		>"$T/fields" 2>"$T/tshark.log" &&
		! grep -qiE 'cut short|damaged|corrupt|malformed' \
			"$T/tshark.log" &&
		[ "$(sort -u "$T/fields")" = 9000 ] && return
	diag "$T/tshark.log"
	return 1
}

start_switch --segment lan --plugin capture
for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
	load "$T/free"
	whole "$T/free" && break
	try=
done
[ -n "$try" ] || skip_all 'this machine is too busy for two gigabits a second'

# ---- a full disk ----
start monitor "$CTL" monitor capture
monitor_pid=$pid
wait_until "[ -s '$T/monitor.log' ] ||
	'$CTL' capture start lan -w /dev/full -c 1 >/dev/null"
fill() {
	id=$("$CTL" capture start lan -w "$small/full.pcapng")
}
undisturbed 'a full disk' fill :
wait_until "[ \"\$(state $id)\" = failed ]"
"$CTL" capture show "$id" | grep -q 'failed .* No space left on device'
result $? 'the capture has ended, with the reason'
wait_until "grep -q '\"capture.failed\".*\"id\":\"$id\"' '$T/monitor.log'"
result $? 'and an event'
stop "$monitor_pid" INT
grep -q "capture [0-9]* of lan to $small/full.pcapng ended early: No space" \
	"$T/switch.log"
result $? 'and a line in the log'
sees "$small/full.pcapng" && [ "$(wc -l <"$T/fields")" -ge 5 ]
result $? 'the file is whole'

# ---- a ring on a small disk ----
go_round() {
	id=$("$CTL" capture start lan -w "$ring/v.pcapng" --ring 3x256K)
}
stop_round() {
	"$CTL" capture stop "$id" >"$T/out"
}
undisturbed 'a ring' go_round stop_round
[ "$(state "$id")" = running ]
result $? 'a disk that is large enough for the ring never gets full'
stop_round
n=0
for file in "/proc/$switch_pid/root$ring"/v-*.pcapng; do
	sees "${file#"/proc/$switch_pid/root"}" || break
	n=$((n + 1))
done
[ "$n" -eq 3 ]
result $? 'and each file of it is whole'

# ---- readers ----
mkfifo "$T/fifo"
stand_still() {
	start reader sh -c "exec sleep 1000 <'$T/fifo'"
	reader_pid=$pid
	start slow sh -c "exec '$CTL' capture lan -w - >'$T/fifo'"
	slow_pid=$pid
	wait_until "'$CTL' -j capture show | grep -q running"
}
go() {
	stop "$reader_pid" KILL
	wait_until "! running $slow_pid"
	wait "$slow_pid"
}
undisturbed 'a reader that stands still' stand_still go
"$CTL" -j capture show | grep -q '"state":"running".*"dropped":[1-9]'
result $? 'it has missed frames, and that is counted'
go
result $? 'its capture ends with it, in peace'

come_and_go() {
	start goes sh -c "'$CTL' capture lan -w - | head -c 100000 >'$T/head'"
	goes_pid=$pid
	wait_until "'$CTL' -j capture show | grep -q running"
}
gone() {
	wait_until "! running $goes_pid"
}
undisturbed 'a reader that goes' come_and_go gone
gone
result $? 'its capture ends with it'
stop_switch
finish
