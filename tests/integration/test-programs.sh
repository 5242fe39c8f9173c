#!/bin/sh
# Programs beside the switch, good ones and bad ones: stations behind ports of
# kind exec.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c
VDELAB_DIR=$T/sw
export VDELAB_DIR

echo "port add vlan1 exec name=echo -- $RAWPEER fd:3 echo $B" >"$T/conf"
start_switch --segment vlan1 --segment vlan2 --config "$T/conf"
one=stream:$T/sw/vlan1/stream
two=stream:$T/sw/vlan2/stream

port() { # NAME KEY: what port show says of it
	"$CTL" -j port show | sed 's/{"id":/\n&/g' | grep "\"name\":\"$1\"" |
		grep -o "\"$2\":[^,}]*" | head -n 1 | sed 's/.*://; s/"//g'
}

has_carrier() {
	[ "$(port "$1" carrier)" = true ]
}

logged() { # TEXT
	wait_until "grep -q -- '$1' '$T/switch.log'"
}

# ---- good ones ----
wait_until 'has_carrier echo'
for size in 18 60 1514 9000 65550; do
	check "a configured program echoes frames of $size octets" \
		"$RAWPEER" "$one" ping "$A" "$B" 100 "$size" 8
done

sed -i "s/echo $B/echo $C/" "$T/conf"
check 'a reload' "$CTL" reload
wait_until 'has_carrier echo'
check 'gives another program' "$RAWPEER" "$one" ping "$A" "$C" 10 60
check 'a port goes' "$CTL" port del echo

if command -v python3 >/dev/null; then
	check 'a program in Python' "$CTL" port add vlan1 exec name=py -- \
		"$TOP_SRCDIR/examples/programs/echo.py" "$B"
	wait_until 'has_carrier py'
	check 'is a station' "$RAWPEER" "$one" ping "$A" "$B" 100 1514 8
	"$CTL" port del py
else
	skip 'a program in Python' 'python3 is not installed'
fi

sed -n '/^```c$/,/^```$/p' "$TOP_SRCDIR/doc/programs.md" | grep -v '^```' \
	>"$T/echo.c"
if "${CC:-cc}" -o "$T/echo" "$T/echo.c" 2>"$T/cc.log"; then
	cd "$T" || bail "no $T"
	check 'the one in C that the manual has' \
		"$CTL" port add vlan1 exec name=c -- ./echo
	cd "$OLDPWD" || bail 'no way back'
	wait_until 'has_carrier c'
	check 'is a station' "$RAWPEER" "$one" ping "$A" "$B" 100 1514 8
	"$CTL" port del c
else
	diag "$T/cc.log"
	skip 'the one in C that the manual has' 'there is no compiler'
fi

# ---- bad ones, beside two stations that must not notice ----
attach bystander "$RAWPEER" "$two" echo "$B"
bystander_pid=$pid
bad() { # NAME WHAT-IS-LOGGED ARG...: a port of a bad program
	bad_name=$1
	bad_text=$2
	shift 2
	"$CTL" port add vlan2 exec "name=$bad_name" "$@" >"$T/check.log" 2>&1 ||
		bail "$bad_name: $(cat "$T/check.log")"
	logged "port $bad_name: $bad_text"
	result $? "$bad_name: the log names it"
	check "$bad_name: others go on" \
		"$RAWPEER" "$two" ping "$A" "$B" 500 1514 8
	check "$bad_name: the books balance" "$CTL" stats --check
}

bad crash 'the program has ended: killed by signal 11' -- \
	sh -c 'kill -SEGV $$'
logged 'port crash: .* again in 0.2 s'
result $? 'crash: it is started again, ever more slowly'
[ "$(port crash restarts)" -ge 2 ]
result $? 'crash: its restarts are counted'

bad quits 'the program has ended: exit status 0' -- true
wait_until "! '$CTL' port show | grep -q quits"
result $? 'quits: its port goes with it'

bad deaf 'not reading' -- sh -c 'echo not reading; exec sleep 1000'
has_carrier deaf
result $? 'deaf: it stays'

bad garbage 'garbage' -- sh -c \
	'echo garbage; while :; do printf x >&3; head -c 70000 /dev/zero >&3;
	sleep 0.01; done'
wait_until "[ \"\$(port garbage runt)0\" -gt 100 ]"
result $? 'garbage: it is counted'
has_carrier garbage
result $? 'garbage: it stays'

# To everybody on its own segment, as it would on a wire.
check 'flood: a program that never stops' "$CTL" port add vlan1 exec \
	name=flood -- sh -c 'echo flooding; exec yes >&3'
logged 'port flood: flooding'
check 'flood: other segments go on' \
	"$RAWPEER" "$two" ping "$A" "$B" 500 1514 8
check 'flood: the books balance' "$CTL" stats --check
check 'flood: it can be removed' "$CTL" port del flood

bad noisy '(lines held back' -- sh -c \
	'i=0; while [ $i -lt 500 ]; do echo noise; i=$((i + 1)); done; exit 1'
[ "$(grep -c 'port noisy: noise' "$T/switch.log")" -le 110 ]
result $? 'noisy: what it prints is limited'

bad closes 'the program has ended: it has closed descriptor 3' -- \
	sh -c 'exec 3>&-; exec sleep 1000'

bad forks 'the program has ended: exit status 1' -- \
	sh -c "sleep 1000 & echo \$! >>'$T/children'; exit 1"
wait_until "[ -s '$T/children' ]"
wait_until "! running \$(head -n 1 '$T/children')"
result $? 'forks: its children go with it'

bad stubborn 'hears nothing' -- sh -c \
	"trap '' TERM; echo \$\$ >'$T/stubborn'; echo hears nothing
	while :; do sleep 0.1; done"
check 'stubborn: it can be removed' "$CTL" port del stubborn
wait_until "! running \$(cat '$T/stubborn')"
result $? 'stubborn: it is killed'

check_fails 'what does not exist is refused' \
	"$CTL" port add vlan2 exec name=missing -- /no/such/program
grep -q '/no/such/program' "$T/check.log"
result $? 'and named'
check_fails 'no program is refused' "$CTL" port add vlan2 exec name=none
check_fails 'and an empty one' "$CTL" port add vlan2 exec name=none --

running "$bystander_pid"
result $? 'nobody else has lost anything'
stop "$bystander_pid"

deaf_pid=$(port deaf pid)
running "$deaf_pid"
result $? 'a program runs'
stop_switch
wait_until "! running $deaf_pid"
result $? 'and ends with the switch'
finish
