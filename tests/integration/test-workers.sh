#!/bin/sh
# Segments on threads of their own: where they are, who may attach, what plugins
# and declarations may do, and that all of it ends.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR
umask 077

refused() { # NAME TEXT CMD...
	name=$1 text=$2
	shift 2
	check_fails "$name" "$@"
	grep -q -- "$text" "$T/check.log"
	result $? "$name, and is told why"
	grep -q -- "$text" "$T/check.log" || diag "$T/check.log"
}

worker_of() { # SEGMENT
	"$CTL" -j segment show "$1" | grep -o '"worker":[0-9]*' |
		grep -o '[0-9]*$'
}

threads() {
	cat "/proc/$switch_pid/task"/*/comm | grep worker | sort | tr '\n' ' '
}

through() { # NAME SEGMENT ATTACH1 ATTACH2
	attach echo "$RAWPEER" "$3" echo "$B"
	echo_pid=$pid
	check "$1" "$RAWPEER" "$4" ping "$A" "$B" 200 1514 8
	stop "$echo_pid"
}

refused 'workers are a number' 'threads' "$SWITCH" --dir "$T/sw" --workers some
refused 'of at most 64' '0 to 64' "$SWITCH" --dir "$T/sw" --workers 65
refused 'which a file may say as well' '0 to 64' sh -c \
	"echo option workers 65 >'$T/bad.conf'; exec '$SWITCH' --dir '$T/sw' \
	--config '$T/bad.conf'"

# ---- two ----
printf 'option workers 2\nsegment add lobby\nsegment add blue\n' >"$T/conf"
start_switch --config "$T/conf"
check 'there are two threads more' test "$(threads)" = \
	'worker 1 worker 2 '
check 'and the switch says so' sh -c "'$CTL' -j info | grep -q '\"workers\":2'"
check 'segments are spread' test \
	"$(worker_of lobby) $(worker_of blue)" = '1 2'
check 'one may be put' "$CTL" segment add red worker=2
check 'to where it was told' test "$(worker_of red)" = 2
printf 'segment add lobby\nsegment add blue worker 1\n' >"$T/conf"
check 'a configuration may say otherwise' "$CTL" reload
check 'then it is made anew there' test "$(worker_of blue)" = 1
printf 'segment add lobby\nsegment add blue worker 2\n' >"$T/conf"
check 'and back' "$CTL" reload
refused 'there is no third' '--workers 2' "$CTL" segment add green worker=3
for segment in lobby blue; do
	through "VDE through $segment" "$segment" "v3:$T/sw/$segment" \
		"v3:$T/sw/$segment"
	through "stream through $segment" "$segment" \
		"stream:$T/sw/$segment/stream" "v3:$T/sw/$segment"
done
wait_until "'$CTL' -j info | grep -q '\"ports\":0,'"
result $? 'ports that their peers leave are removed'

# ---- plugins ----
refused 'a plugin is not for all' 'segment=NAME' "$CTL" plugin load link
refused 'nor is it for another segment than its port' 'port' \
	"$CTL" plugin load link port=none
check 'it is for one segment' "$CTL" plugin load portsec segment=blue
check 'and another asks the switch' "$CTL" plugin load metrics segment=lobby \
	file="$T/prom" interval_ms=100
check 'one writes files' "$CTL" plugin load capture segment=blue
start monitor "$CTL" monitor
capture=$("$CTL" capture start blue -w "$T/blue.pcapng")
attach echo "$RAWPEER" "v3:$T/sw/blue" echo "$B"
echo_pid=$pid
port=$("$CTL" -j port show blue | sed -n 's/.*"name":"\([^"]*\)".*/\1/p')
check 'frames pass' "$RAWPEER" "v3:$T/sw/blue" ping "$A" "$B" 20 100 4
check 'an answer that takes its time comes' "$CTL" capture stop "$capture"
check 'nobody else may speak there' "$CTL" portsec allow "$port" "$A"
wait_until "timeout 1 '$RAWPEER' 'v3:$T/sw/blue' ping '$A' '$B' 1 100 >'$T/ping.log' 2>&1
	grep -q 'portsec\.violation' '$T/monitor.log'"
portsec_status=$?
result $portsec_status 'what a plugin finds on its thread is told'
[ $portsec_status -eq 0 ] || diag "$T/monitor.log"
stop "$echo_pid"
wait_until "grep -qs 'segment=\"lobby\"' '$T/prom'"
result $? 'what it has asked for is answered'

# ---- declared ports ----
check 'a port is declared for an address' \
	"$CTL" port declare one segment red socket blue mac "$A"
refused 'but not where another worker is' 'worker 1' \
	"$CTL" port declare two segment lobby socket blue mac "$B"
attach echo "$RAWPEER" "v3:$T/sw/red" echo "$B"
echo_pid=$pid
check 'its first frame finds its way' \
	"$RAWPEER" "v3:$T/sw/blue" ping "$A" "$B" 200 100 8
stop "$echo_pid"

# ---- while all of it goes on ----
attach echo "$RAWPEER" "v3:$T/sw/lobby" echo "$B"
start ping "$RAWPEER" "v3:$T/sw/lobby" ping "$A" "$B" 20000 1514 8
ping=$pid
n=0
while [ $n -lt 50 ]; do
	n=$((n + 1))
	"$CTL" stats --check >"$T/check.log" 2>&1 || break
	"$CTL" call switch.sync >"$T/check.log" 2>&1 || break
	"$CTL" segment add "more$n" >"$T/check.log" 2>&1 || break
	"$CTL" segment del "more$n" >"$T/check.log" 2>&1 || break
done
[ $n -eq 50 ]
result $? 'the books balance under traffic, fifty times'
[ $n -eq 50 ] || diag "$T/check.log"
wait "$ping"
result $? 'and no frame is lost'
stop_switch

# ---- one is for all ----
rm -rf "$T/sw"
start_switch --segment lobby --workers 1 --plugin link
through 'a plugin for all, with one worker' lobby "v3:$T/sw/lobby" \
	"v3:$T/sw/lobby"
stop_switch
finish
