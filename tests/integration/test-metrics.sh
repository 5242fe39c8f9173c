#!/bin/sh
# The plugin metrics in a real switch, asked by curl.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need curl
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR

start_switch --segment lab --plugin "metrics,socket=$T/m,file=$T/prom,interval_ms=100"
sock=stream:$T/sw/lab/stream
attach echo "$RAWPEER" "$sock" echo "$B"
check 'traffic' "$RAWPEER" "$sock" ping "$A" "$B" 20 100 4

check 'curl gets the text' curl -sS --fail --max-time 20 --unix-socket "$T/m" \
	-D "$T/head" -o "$T/text" http://switch/metrics
grep -qi '^content-type: application/openmetrics-text; version=1.0.0' "$T/head"
result $? 'it says what it is'
[ "$(tail -n 1 "$T/text")" = '# EOF' ]
result $? 'it is whole'

# Every line is a sample or tells of one, as the specification has them.
label='[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*"'
! grep -vE "^(# (TYPE [a-z_]+ (counter|gauge|info|unknown)|HELP [a-z_]+ .*|EOF)|[a-z_]+(\{$label(,$label)*\})? [0-9.]+)$" "$T/text"
result $? 'each line is well formed'
grep -qE '^vdelab_port_received_frames_total\{.*kind="stream"\} [1-9]' "$T/text"
result $? 'ports count'
grep -q '^vdelab_segment_balanced{segment="lab"} 1$' "$T/text"
result $? 'the books balance there, too'

check_fails 'nothing else is there' curl -sS --fail --max-time 20 \
	--unix-socket "$T/m" http://switch/other
wait_until "grep -qs '^# EOF' '$T/prom'"
result $? 'the file is written'
grep -q '^vdelab_switch_info' "$T/prom"
result $? 'and says the same'
check 'the interval can be changed' "$CTL" plugin set metrics interval_ms=60000
check_fails 'a second one on the same socket is refused' \
	"$CTL" plugin load metrics "socket=$T/m"
check 'it goes' "$CTL" plugin unload metrics
[ ! -e "$T/m" ]
result $? 'and so does its socket'

stop_switch
finish
