#!/bin/sh
# The switch under the name of vde_switch: the same dialogue with the real one
# and with ours, the real one's own tools, and how other projects start it.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

COMPAT=$TOP_BUILDDIR/out/libexec/vdelab/compat
FACE=$COMPAT/vde_switch
TALK=$TOP_BUILDDIR/tests/integration/consoletalk
HERE=$TOP_SRCDIR/tests/integration
MGMTCLIENT=$TOP_BUILDDIR/tests/integration/mgmtclient
REAL=$(command -v vde_switch)
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
export RAWPEER

# start_face LABEL OPTION...: its standard input is descriptor 3; sets
# $face_pid
start_face() {
	face_label=$1
	shift
	mkfifo "$T/$face_label.in"
	"$FACE" "$@" <"$T/$face_label.in" >"$T/$face_label.out" \
		2>"$T/$face_label.err" &
	face_pid=$!
	pids="$pids $face_pid"
	exec 3>"$T/$face_label.in"
}

# end_face: by the end of its standard input; Return: its status
end_face() {
	exec 3>&-
	wait_until "! running $face_pid" || kill -KILL "$face_pid"
	wait "$face_pid"
}

# says FILE TEXT: some time
says() {
	wait_until "grep -q -- '$2' '$1'"
	result $? "$3"
}

# ---- the same dialogue with both ----

# mask DIR: what differs from one run to the next
mask() {
	sed -e "s#$1#DIR#g" \
		-e 's/^pid [0-9]* MAC [0-9a-f:]* uptime [0-9]*$/pid P MAC M uptime U/' \
		-e 's/ FD *[0-9]*/ FD N/' \
		-e 's/endpoint ID [0-9]*/endpoint ID N/' \
		-e 's/^Hash: [0-9]* /Hash: N /' \
		-e 's/  age [0-9]* secs/  age N secs/' \
		-e 's/ age [0-9]* bonus/ age N bonus/' \
		-e 's/\(root\|designated\) [0-9a-f:]*$/\1 R/' \
		-e 's/-> [0-9a-f:]*$/-> R/' \
		-e 's/^MAC [0-9a-f:]* Priority/MAC M Priority/' \
		-e 's/^(C) Virtual Square Team .*/WHOSE/' \
		-e 's/^vdelab-switch .* in the manner of vde_switch/WHOSE/'
}

# talk NAME PROGRAM: the dialogue with it, in $T/NAME.told
talk() {
	D=$T/d-$1
	export D
	mkdir "$D"
	mkfifo "$D/stdin"
	(cd "$D" && exec "$2" -s "$D/s" -M "$D/m" <"$D/stdin" \
		>"$T/$1.out" 2>"$T/$1.err") &
	pid=$!
	pids="$pids $pid"
	exec 4>"$D/stdin"
	wait_until "[ -S '$D/m' ]" || return 1
	(cd "$D" && timeout 120 "$TALK" "$D/m" <"$HERE/vde-face.dialogue") |
		mask "$D" >"$T/$1.told"
	exec 4>&-
	wait "$pid"
}

# Each command and its answer as a line: newlines become \n.
lines() {
	awk '
		/^> / { if (NR > 1) printf "\n"; printf "%s\t", substr($0, 3)
			next }
		{ printf "%s\\n", $0 }
		END { printf "\n" }' "$1"
}

# differences REAL OURS TABLE: those that the table does not know, and rows of
# the table that are none
differences() {
	lines "$1" >"$T/real.lines"
	lines "$2" >"$T/ours.lines"
	awk -F '\t' -v table="$3" -v ours="$T/ours.lines" '
		BEGIN {
			while ((getline row <table) > 0) {
				if (row ~ /^(#|$)/)
					continue
				split(row, field, / \| /)
				n_rows++
				command[n_rows] = field[1]
				theirs_has[n_rows] = field[2]
				ours_has[n_rows] = field[3]
			}
		}
		function known(cmd, a, b, i, found) {
			for (i = 1; i <= n_rows; i++) {
				if (command[i] != cmd ||
				    index(a, theirs_has[i]) == 0 ||
				    index(b, ours_has[i]) == 0)
					continue
				used[i] = 1
				found = 1
			}
			return found
		}
		{
			if ((getline line <ours) <= 0) {
				print "our dialogue ends before: " $1
				bad = 1
				exit
			}
			tab = index(line, "\t")
			b = substr(line, tab + 1)
			if ($1 != substr(line, 1, tab - 1)) {
				print "the dialogues part at: " $1
				bad = 1
				exit
			}
			if ($2 != b && !known($1, $2, b)) {
				print $1 "\n  theirs: " $2 "\n  ours:   " b
				bad = 1
			}
		}
		END {
			for (i = 1; i <= n_rows; i++) {
				if (used[i])
					continue
				print "no such difference: " command[i]
				bad = 1
			}
			exit bad
		}' "$T/real.lines"
}

talk ours "$FACE"
check_fails 'every command of the dialogue is answered' \
	grep -E '<silence>|<no |<failed>' "$T/ours.told"
check 'the dialogue runs to its end' grep -q '^9999 END OF SESSION' \
	"$T/ours.told"
if [ -n "$REAL" ]; then
	talk real "$REAL"
	differences "$T/real.told" "$T/ours.told" \
		"$HERE/vde-face.differences" >"$T/differences"
	result $? 'a dialogue is octet by octet what it is with the real one'
	diag "$T/differences"
else
	skip 'a dialogue is what it is with the real one' 'it is not installed'
fi

# ---- who starts it ----

# The driver of NixOS tests: a pipe, a question, the answer, the pipe's end.
start_face nix --sock "$T/nix.ctl" --dirmode 0700 --hub
echo showinfo >&3
says "$T/nix.out" '^1000 Success' 'NixOS: a question is answered on stdout'
check 'NixOS: clients can attach by then' test -S "$T/nix.ctl/ctl"
check 'NixOS: nobody else may' test "$(stat -c %a "$T/nix.ctl")" = 700
attach echo "$RAWPEER" "v3:$T/nix.ctl" echo "$B"
check 'NixOS: two stations see each other' \
	"$RAWPEER" "v3:$T/nix.ctl" ping "$A" "$B" 3 100
stop "$pid"
end_face
result $? 'NixOS: the end of stdin is the orderly end'
check_fails 'NixOS: nothing is left' test -e "$T/nix.ctl"

# openQA's workers: a switch with an rc file, ports set up by vdecmd.
printf 'vlan/create 2\nnonsense\nport/create 3\nport/setvlan 3 2\n' >"$T/rc"
start_face qa -s "$T/qa.ctl" -M "$T/qa.mgmt" -mgmtmode 0640 -f "$T/rc" \
	-p "$T/qa.pid"
wait_until "[ -S '$T/qa.mgmt' ]"
says "$T/qa.err" 'rc:2: nonsense: ' 'an rc file: what is wrong is told'
check 'the modes of directory and sockets' test \
	"$(stat -c '%a' "$T/qa.ctl" "$T/qa.ctl/ctl" "$T/qa.mgmt" | tr '\n' ' ')" \
	= '2700 600 640 '
check 'the pid file' test "$(cat "$T/qa.pid")" = "$face_pid"
check_fails 'a second switch in the same directory' \
	timeout "$PATIENCE_S" "$FACE" -s "$T/qa.ctl" --nostdin
check 'and the first one does not mind' test -S "$T/qa.ctl/ctl"

# VDE's vdecmd ends with 255 whatever happened: what counts is what it did.
if command -v unixcmd >/dev/null && [ -r /etc/vde2/vdecmd ]; then
	vdecmd() {
		timeout "$PATIENCE_S" unixcmd -s "$T/qa.mgmt" -f /etc/vde2/vdecmd "$@"
	}
	vdecmd port/remove 16
	vdecmd port/create 16
	vdecmd vlan/create 5
	vdecmd port/setvlan 16 5
	vdecmd port/setvlan 17 5
	vdecmd vlan/allprint 5 >"$T/vlan"
	check 'openQA: ports are set up before anybody attaches' \
		test "$(grep -c ' -- Port 001[67] tagged=0' "$T/vlan")" -eq 2
	attach guest "$RAWPEER" "v3:$T/qa.ctl@16" echo "$B"
	check 'openQA: the first one of a VLAN is there' \
		"$RAWPEER" "v3:$T/qa.ctl@17" ping "$A" "$B" 3 100
	timeout 2 "$RAWPEER" "v3:$T/qa.ctl" ping "$A" "$B" 1 100 \
		>"$T/other-vlan" 2>&1
	result "$(($? != 124))" 'openQA: who does not care is in another'
	vdecmd vlan/print 5 >"$T/vlan"
	check 'vdecmd shows what is asked for' \
		grep -q 'Port 0016 tagged=0 active=1' "$T/vlan"
	stop "$pid"
else
	skip 'openQA: vdecmd' 'unixcmd is not installed'
fi

# Ours says how it went.
OURS=$TOP_BUILDDIR/out/libexec/vdelab/compat/vdecmd

# ends NAME CODE COMMAND...: our vdecmd ends so
ends() {
	ends_name=$1
	ends_code=$2
	shift 2
	timeout "$PATIENCE_S" "$OURS" -s "$mgmt" "$@" >"$T/vdecmd" 2>"$T/vdecmd.err"
	ends_status=$?
	result "$((ends_status != ends_code))" "$ends_name"
	[ "$ends_status" -eq "$ends_code" ] && return
	echo "# status $ends_status"
	diag "$T/vdecmd" "$T/vdecmd.err"
}

# vdecmd_with WHOSE: the same with each
vdecmd_with() {
	ends "our vdecmd and $1: success is 0" 0 vlan/create 41
	ends "our vdecmd and $1: an error is its number" 17 vlan/create 41
	check "our vdecmd and $1: and its text" grep -qx 'File exists' \
		"$T/vdecmd.err"
	ends "our vdecmd and $1: no such command" 38 nonsense
	ends "our vdecmd and $1: what is shown" 0 port/showinfo
	check "our vdecmd and $1: all of it" grep -qx 'Numports=32' \
		"$T/vdecmd"
	printf 'vlan/create 42\nbad\nvlan/remove 42\n' >"$T/script"
	ends "our vdecmd and $1: the first failure in a script" 38 \
		load "$T/script"
	ends "our vdecmd and $1: logout" 0 logout
}
mgmt=$T/qa.mgmt
vdecmd_with 'our switch'
mgmt=$T/nobody
ends 'our vdecmd: nobody there' 255 showinfo
mgmt=$T/qa.mgmt
ends 'our vdecmd: a wrong option' 255 --nonsense showinfo
if [ -n "$REAL" ]; then
	mkfifo "$T/real.in"
	"$REAL" -s "$T/real.ctl" -M "$T/real.mgmt" <"$T/real.in" \
		>"$T/real.out" 2>&1 &
	pids="$pids $!"
	exec 6>"$T/real.in"
	wait_until "[ -S '$T/real.mgmt' ]"
	mgmt=$T/real.mgmt
	vdecmd_with 'the real switch'
	exec 6>&-
fi

# ---- refusals ----

fds() {
	find "/proc/$face_pid/fd" | wc -l
}
fds_before=$(fds)
for _ in 1 2 3 4 5 6 7 8; do
	timeout "$PATIENCE_S" "$RAWPEER" "v3:$T/qa.ctl@999" stay >"$T/refused" 2>&1
	refused=$?
done
result "$((refused == 0 || refused == 124))" \
	'a client of a port that is not there is refused at once'
check 'and costs nothing' test "$(fds)" -eq "$fds_before"
says "$T/qa.err" 'there is no port 999' 'and the log says why'

# ---- VDE's own tools ----

until_said() { # FILE TEXT: or no longer than our patience
	wait_until "grep -q -- '$2' '$1'"
}

if command -v unixterm >/dev/null; then
	mkfifo "$T/unixterm.in"
	unixterm "$T/qa.mgmt" <"$T/unixterm.in" >"$T/unixterm" 2>&1 &
	pids="$pids $!"
	exec 5>"$T/unixterm.in"
	until_said "$T/unixterm" '^vde\$ '
	printf 'vlan/create 31\nvlan/create 32\n' >&5
	echo 'port/showinfo' >&5
	says "$T/unixterm" '^Numports=32' 'unixterm: what is shown'
	wait_until "[ \$(grep -c '1000 Success' '$T/unixterm') -eq 3 ]"
	result $? 'unixterm: all commands were run'
	exec 5>&-
else
	skip 'unixterm' 'it is not installed'
fi

# It wants a terminal, and never sends a newline.
if command -v vdeterm >/dev/null && command -v script >/dev/null; then
	mkfifo "$T/vdeterm.in"
	script -qec "vdeterm '$T/qa.mgmt'" /dev/null <"$T/vdeterm.in" \
		>"$T/vdeterm" 2>&1 &
	vdeterm_pid=$!
	pids="$pids $vdeterm_pid"
	exec 5>"$T/vdeterm.in"
	until_said "$T/vdeterm" 'vde'
	printf 'vlan/create 33\n' >&5
	says "$T/vdeterm" 'Success' 'vdeterm: an answer'
	printf 'port/showinfo\n' >&5
	says "$T/vdeterm" 'Numports=32' 'vdeterm: what is shown'
	printf 'vlan/crea\t34\n' >&5 # completes from our help
	says "$T/vdeterm" 'vlan/create 34' 'vdeterm: completion'
	printf 'logout\n' >&5
	wait_until "! running $vdeterm_pid"
	result $? 'vdeterm: logout'
	exec 5>&-
else
	skip 'vdeterm' 'it is not installed'
fi

if [ -x "$MGMTCLIENT" ]; then
	check 'libvdemgmt: commands, data, events' \
		"$MGMTCLIENT" "$T/qa.mgmt" 31 33
else
	skip 'libvdemgmt' 'built without it'
fi
end_face
result $? 'the end of stdin is the orderly end'
check_fails 'the management socket goes' test -e "$T/qa.mgmt"
check_fails 'the pid file goes' test -e "$T/qa.pid"

# ---- in the background ----

check_fails 'a failure before it is up is the status of -d' \
	timeout "$PATIENCE_S" "$FACE" -d -s "$T/no/such/../file/x" -M /proc/none
# In a directory of its own: relative paths hold for the daemon, too.
(cd "$T" && timeout "$PATIENCE_S" "$FACE" -d -s d.ctl -M d.mgmt -p d.pid -m 0660 \
	>"$T/daemon.log" 2>&1)
result $? 'with -d it returns'
check 'when everything is up' test -S "$T/d.ctl/ctl" -a -S "$T/d.mgmt"
daemon_pid=$(cat "$T/d.pid")
pids="$pids $daemon_pid"
check 'the mode of the directory follows' test \
	"$(stat -c %a "$T/d.ctl" "$T/d.ctl/ctl" | tr '\n' ' ')" = '2770 660 '
check_fails 'a pid file whose owner lives is an obstacle' \
	timeout "$PATIENCE_S" "$FACE" -d -s "$T/e.ctl" -p "$T/d.pid"
kill -KILL "$daemon_pid"
wait_until "! running $daemon_pid"
(cd "$T" && timeout "$PATIENCE_S" "$FACE" -d -s d.ctl -M d.mgmt -p d.pid \
	>"$T/daemon.log" 2>&1)
result $? 'what a killed one has left is none'
daemon_pid=$(cat "$T/d.pid")
pids="$pids $daemon_pid"
"$TALK" "$T/d.mgmt" >"$T/shutdown" <<-END
	%raw shutdown\n
	%end
END
wait_until "! running $daemon_pid"
result $? 'shutdown ends it'
check_fails 'and nothing is left' \
	sh -c "ls -d '$T/d.ctl' '$T/d.mgmt' '$T/d.pid'"

# ---- odd standard input and output ----

check 'standard input that is at its end at once' \
	sh -c "timeout $PATIENCE_S '$FACE' -s '$T/o.ctl' </dev/null"
echo showinfo >"$T/commands"
check 'standard input from a file, output to one' sh -c \
	"timeout $PATIENCE_S '$FACE' -s '$T/o.ctl' <'$T/commands' >'$T/answers' &&
		grep -q '^1000 Success' '$T/answers'"
check 'standard input that is closed' \
	sh -c "timeout $PATIENCE_S '$FACE' -s '$T/o.ctl' <&-"
check 'standard output that nobody reads' sh -c \
	"yes help | head -n 3000 | timeout $PATIENCE_S '$FACE' -s '$T/o.ctl' | sleep 2"

# a terminal that is stopped: socat waits for who reads what it says
mkfifo "$T/tty.in" "$T/tty.out"
exec 4<>"$T/tty.out" 3<>"$T/tty.in"
socat STDIO "EXEC:$FACE -s $T/t.ctl -M $T/t.mgmt,pty,ctty,setsid,stderr" \
	<&3 >&4 2>"$T/socat.err" &
socat_pid=$!
pids="$pids $socat_pid"
wait_until "[ -S '$T/t.mgmt' ]"
yes help | head -n 200 >&3
asked=0 # again and again, as it fills what is between
while [ $asked -lt 30 ] && timeout "$PATIENCE_S" "$COMPAT/vdecmd" -s "$T/t.mgmt" \
	showinfo >/dev/null; do
	asked=$((asked + 1))
	sleep 0.02
done
[ $asked -eq 30 ]
result $? 'a terminal that is stopped does not stop the switch'
cat <&4 >"$T/tty.told" &
pids="$pids $!"
wait_until "[ \"\$(grep -c '^1000 Success' '$T/tty.told')\" -ge 200 ]"
result $? 'and is told everything when it goes on'
exec 4<&- 3>&-
stop "$socat_pid"

check 'the version' sh -c "'$FACE' -version | grep -q '^VDE 2'"
check_fails 'an option that does not exist' "$FACE" --bogus
check_fails 'a word that is no option' "$FACE" bogus
check_fails 'a group that does not exist' "$FACE" -g no-such-group
check_fails 'a mode that is none' "$FACE" -m 0888

finish
