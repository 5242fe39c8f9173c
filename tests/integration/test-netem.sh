#!/bin/sh
# The netem plugin in a real switch: the same seed is the same fate, byte for
# byte; what is on its way survives changes and the plugin's end.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

PCAPHEX=$TOP_BUILDDIR/tests/integration/pcaphex
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
N=2000
VDELAB_DIR=$T/sw
export VDELAB_DIR

cat >"$T/config" <<END
segment add vlan1
plugin load netem
plugin load capture
port declare client segment vlan1 kind stream
port add vlan1 dummy name sink
netem set client dir in loss 10% seed 5
END
# mistake LINE TEXT: --check-config finds it, on its line
mistake() {
	{ cat "$T/config" && echo "netem set sink $1"; } >"$T/wrong"
	"$SWITCH" --check-config --config "$T/wrong" >"$T/check.log" 2>&1
	[ $? -eq 2 ] && grep -q "wrong:7: $2" "$T/check.log"
	found=$?
	result $found "a mistake in a configuration is found: $1"
	[ $found -eq 0 ] || diag "$T/check.log"
}
mistake 'loss 101%' 'column 1: loss: 101% is more than 100%'
mistake 'delay 5ms dealy 5ms' "column 5: that is enough, and 'dealy' is none of"
mistake 'reorder 25%' 'frames can only be reordered among delayed ones'

start_switch --config "$T/config"

show() { # KEY: of netem show client, its first row
	"$CTL" -j netem show client |
		sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

[ "$(show spec)" = 'loss 10% seed 5' ]
result $? 'a configuration sets it before the port comes'

# run NAME SPEC...: N frames meet it; what is left of them is in $T/NAME
run() {
	name=$1
	shift
	"$CTL" netem set client dir in "$@" >"$T/set.log" 2>&1 ||
		bail "$(cat "$T/set.log")"
	record vlan1
	start burst "$RAWPEER" "stream:$T/sw/vlan1/stream" \
		burst "$A" "$B" "$N" 100
	burst_pid=$pid
	wait_text burst '^sent' || bail 'the station cannot send'
	wait_until '[ "$(($(show passed) + $(show lost)))" -ge "$N" ] &&
		[ "$(show queued)" -eq 0 ]' || bail 'frames are missing'
	"$CTL" capture stop "$("$CTL" -j capture show |
		sed -n 's/.*"id":"\([^"]*\)".*/\1/p')" >"$T/check.log" ||
		bail "$(cat "$T/check.log")"
	"$PCAPHEX" "$T/vlan1.pcapng" >"$T/$name" || bail 'no capture'
	"$CTL" -s netem show client | sed 's/^/# /'
	stop "$burst_pid" KILL
	wait_until '[ "$(show present)" = false ]' || bail 'it does not go'
	rm "$T/vlan1.pcapng"
}

SPEC='delay 1s loss 10% 25% duplicate 5% corrupt 5% reorder 20% 50% gap 3
	limit 100000'
# shellcheck disable=SC2086 # words
{
	run first $SPEC seed 7
	run second $SPEC seed 7
	run other $SPEC seed 8
}
[ "$(wc -l <"$T/first")" -gt $((N * 8 / 10)) ]
result $? 'most frames arrive'
check 'one seed is one capture, byte for byte' cmp "$T/first" "$T/second"
check_fails 'and another is another' cmp "$T/first" "$T/other"
sort -u "$T/first" >"$T/sorted"
[ "$(wc -l <"$T/sorted")" -lt "$(wc -l <"$T/first")" ]
result $? 'some are there twice'
check_fails 'and not in order' sort -c "$T/first"

# what is on its way, and the plugin's end
check 'an hour of delay' "$CTL" netem set client dir in delay 3600s
start burst "$RAWPEER" "stream:$T/sw/vlan1/stream" burst "$A" "$B" 500 100
wait_text burst '^sent'
wait_until '[ "$(show queued)" -eq 500 ]'
result $? 'frames are held'
check 'the books balance with frames on their way' "$CTL" stats --check
check 'change' "$CTL" netem change client dir in delay 1ms
check 'del' "$CTL" netem del client
record vlan1
check 'the plugin goes' "$CTL" plugin unload netem
wait_until '[ "$("$CTL" -j capture show | sed -n \
	"s/.*\"frames\":\([0-9]*\).*/\1/p")" -eq 500 ]'
result $? 'and lets go what it held'

check_fails 'mistakes are told' "$CTL" netem set client loss 101%
stop_switch
finish
