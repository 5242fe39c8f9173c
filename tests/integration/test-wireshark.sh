#!/bin/sh
# `vdelabctl wireshark`, with something else in its place.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR

traffic() { # N
	timeout "$PATIENCE_S" "$RAWPEER" "stream:$T/sw/lab/stream" ping \
		"$A" "$B" "$1" 100 8 >"$T/ping.log" 2>&1 || bail 'no traffic'
}

runs() { # does a capture?
	"$CTL" -j capture show 2>/dev/null | grep -q '"running"'
}

start_switch --segment lab --plugin capture
attach echo "$RAWPEER" "stream:$T/sw/lab/stream" echo "$B"

# It ends when it is told to, with a status of its own.
cat >"$T/stand-in" <<-EOF
	#!/bin/sh
	printf '%s\n' "\$@" >'$T/words'
	exec 3<&0
	cat <&3 >'$T/seen.pcapng' &
	until [ -e '$T/enough' ]; do sleep 0.02; done
	kill \$!
	exit 7
EOF
chmod +x "$T/stand-in"
WIRESHARK=$T/stand-in
export WIRESHARK
start wireshark "$CTL" wireshark lab -f "ether src $B" -- -o 'a b:c'
wireshark_pid=$pid
wait_until runs
traffic 5
wait_until "'$CTL' -j capture show | grep -q '\"frames\":5,'"
result $? 'the capture has what matches'
wait_until "[ \"\$(cat '$T/seen.pcapng' | wc -c)\" -gt 800 ]"
result $? 'and the program sees it while it goes on'
[ "$(cat "$T/words")" = '-k
-i
-
-o
a b:c' ]
result $? 'it is started as Wireshark is, with words of the user'
touch "$T/enough"
wait_until "! running $wireshark_pid"
wait "$wireshark_pid"
[ $? -eq 7 ]
result $? 'its exit status is that of the command'
wait_until '! runs'
result $? 'and the capture ends with it'
if command -v tshark >/dev/null; then
	[ "$(tshark -n -r "$T/seen.pcapng" -T fields -e eth.src \
		2>"$T/tshark.log" | sort | uniq -c | tr -s ' ')" = " 5 $B" ]
	result $? 'what it saw is pcapng'
else
	skip 'what it saw is pcapng' 'tshark is not installed'
fi

# ---- what may be wrong ----
"$CTL" wireshark lab -f 'tcp prot 80' 2>"$T/out"
[ $? -eq 1 ] && grep -q '"prot"' "$T/out"
result $? 'a bad filter is told, and nothing is started'
"$CTL" wireshark nolab 2>"$T/out"
[ $? -eq 1 ] && grep -q '"nolab"' "$T/out"
result $? 'so is a segment that there is not'
WIRESHARK=no-such-wireshark "$CTL" wireshark lab 2>"$T/out"
[ $? -eq 127 ] && grep -q 'no-such-wireshark; install Wireshark, or name' \
	"$T/out"
result $? 'and a missing program, with the remedy'
! runs
result $? 'none of them leaves a capture behind'
stop_switch
finish
