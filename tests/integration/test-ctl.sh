#!/bin/sh
# vdelabctl against a real switch: its commands, its output, its exit codes.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR

# says STATUS TEXT ARG...: vdelabctl ARG... ends so and says so
says() {
	says_status=$1
	says_text=$2
	shift 2
	"$CTL" "$@" >"$T/out" 2>&1
	if [ $? -eq "$says_status" ] && case $(cat "$T/out") in
		*"$says_text"*) ;; *) false ;; esac; then
		return 0
	fi
	echo "# vdelabctl $*"
	diag "$T/out"
	return 1
}

# expect NAME STATUS TEXT ARG...
expect() {
	expect_name=$1
	shift
	says "$@"
	result $? "$expect_name"
}

# ---- without a switch ----
expect 'no switch: exit status 3, and where it was looked for' \
	3 "$T/sw/control" info
expect 'no switch: how to start one' 3 "vdelab-switch --dir $T/sw" segment
expect '-t beats VDELAB_DIR' 3 "$T/nowhere/control" -t "$T/nowhere" info
expect 'a mistake in the command comes first' 2 'did you mean' segmnet
expect 'an argument is missing' 2 'PORT block|unblock' link set

start_switch --segment vlan1

# ---- segments and ports ----
expect 'segments are listed, and where they are' 0 "$T/sw/vlan1" segment
expect 'words may be abbreviated' 0 'bridge' seg sh vlan1
expect 'show is what a noun alone means' 0 'bridge' segment vlan1
expect 'but no verb that is misspelt' 2 "did you mean 'add'" segment ad_ lab
expect 'stats has it, too' 0 'vlan1' stats show vlan1 --check
expect 'a segment is made' 0 '' segment add lab
expect 'twice is an error of the switch' 1 'lab' segment add lab
expect 'a name that is none is a usage error' 2 'name' segment add 'a b'
expect 'a port is made, and its name told' 0 'd0' \
	port add lab dummy name=d0 mtu=1500
expect 'with the number it was given' 0 '1500' port show lab
expect 'a number that is none' 2 'mtu' port add lab dummy mtu=big
expect 'a setting the kind does not have' 1 'colour' \
	port add lab dummy colour=7
expect 'a kind that does not exist' 1 'nokind' port add lab nokind
expect 'a port is changed' 0 '' \
	port set d0 mtu 9000 description 'the back office'
expect 'which is shown' 0 '9000' port show lab
expect 'with what is said of it' 0 'the back office' port show lab
expect 'a setting of other kinds' 1 'reconnect' port set d0 reconnect 50
expect 'a port goes' 0 '' port del d0
expect 'and is gone' 1 'd0' port del d0
expect 'a segment goes' 0 '' segment del lab
expect 'and is gone' 1 'lab' segment show lab

expect 'a keyword instead of key=value' 0 'd1' \
	port add vlan1 dummy mtu 1500 name d1
expect 'a word that is none' 2 'unknown word' fdb flush vlan1 prot d1
expect 'one that misses its value' 2 'PORT' fdb flush vlan1 port
expect 'the addresses of a port are forgotten' 0 '0 addresses' fdb flush port d1
expect 'the same by an option' 0 '0 addresses' fdb flush -i d1
expect 'it goes' 0 '' port del d1

# ---- JSON ----
check 'JSON is one line' sh -c \
	"'$CTL' -j segment | grep -c . | grep -qx 1"
check 'it is what the switch gave' sh -c \
	"'$CTL' -j segment | grep -qE '^\[\{.*\"name\":\"vlan1\".*\}\]$'"
check 'pretty JSON is several' sh -c \
	"'$CTL' -p segment | grep -qx '        \"name\": \"vlan1\",'"

# ---- plugins ----
expect 'a method of a plugin that is not there: what to do' \
	1 'vdelabctl plugin load link' link
expect 'a plugin is loaded' 0 'link' plugin load link
expect 'and listed' 0 'everything' plugin show
expect 'its methods are there' 0 '' link
expect 'another one, for a segment, with an option' 0 'capture' \
	plugin load capture segment=vlan1 buffer_bytes=131072
expect 'its scope is told' 0 'segment vlan1' plugin
expect 'counters with -s' 0 'recorded 0 frames' -s plugin
expect 'an option it does not have' 1 'buffer_byte' \
	plugin load capture buffer_byte=131072
expect 'an option of the wrong type' 1 'buffer_bytes' \
	plugin load capture buffer_bytes=much
expect 'a plugin that does not exist' 1 'nosuch' plugin load nosuch
expect 'a plugin is unloaded' 0 '' plugin unload capture
(cd "$TOP_BUILDDIR/out/lib/vdelab" && says 0 'capture' plugin load ./capture.so)
result $? 'a relative path begins where vdelabctl runs'
expect 'and goes again' 0 '' plugin unload capture
expect 'once' 1 'capture' plugin unload capture

# ---- methods without commands ----
expect 'methods are listed' 0 'segment:name?' call
expect 'one is called' 0 '"name": "vlan1"' call segment.show segment=vlan1
expect 'its answer may be one line' 0 '"name":"vlan1"' -j call segment.show
expect 'a method of a second instance' 0 'link1' plugin load link
expect 'has no command' 0 '[]' call link1.show
expect 'it goes' 0 '' plugin unload link1
expect 'a parameter that it does not have' 1 'segment' \
	call segment.show segmnt=vlan1
expect 'a value of the wrong type' 2 'segment' call segment.show segment=A
expect 'a method that does not exist' 1 'no method port.nosuch' call port.nosuch

# ---- events ----
start monitor "$CTL" monitor
monitor=$pid
# Subscribed when events arrive; until then they are made.
n=0
wait_until "n=\$((n + 1)); '$CTL' segment add m\$n;
	'$CTL' port add m\$n dummy name=p\$n >/dev/null;
	'$CTL' segment del m\$n; grep -q . '$T/monitor.log'"
wait_until "grep -q port.removed '$T/monitor.log'"
check 'a port that comes is an event, a JSON line' \
	grep -qE '^\{"time":"20[0-9T:.-]{24}Z","event":"port.added","data":\{.*"name":"p[0-9]+".*\}\}$' \
	"$T/monitor.log"
check 'so is one that goes' \
	grep -qE '"event":"port.removed","data":\{.*"name":"p[0-9]+"' \
	"$T/monitor.log"
stop "$monitor" INT
result $? 'an interrupted monitor is no failure'
start some "$CTL" monitor port.removed capture
some=$pid
n=0
wait_until "n=\$((n + 1)); '$CTL' segment add r\$n;
	'$CTL' port add r\$n dummy name=q\$n >/dev/null;
	'$CTL' segment del r\$n; grep -q port.removed '$T/some.log'"
stop "$some"
grep -q port.removed "$T/some.log" && ! grep -q port.added "$T/some.log"
result $? 'only those that are asked for'
expect 'of a noun that is none' 2 "did you mean 'port'" monitor prot
expect 'a segment for more' 0 '' segment add pretty
start some "$CTL" -p monitor port
some=$pid
wait_until "'$CTL' port add pretty dummy name=x >/dev/null;
	'$CTL' port del x; grep -q port.added '$T/some.log'"
stop "$some"
check 'pretty events are indented' \
	grep -qx '    "event": "port.added",' "$T/some.log"
expect 'the segment goes' 0 '' segment del pretty

# ---- modes, VLANs, static addresses, traces ----
# lists NAME REGEX WORD...: vdelabctl prints a line that is like that
lists() {
	lists_name=$1
	lists_line=$2
	shift 2
	"$CTL" "$@" >"$T/out" 2>&1 && grep -qE "$lists_line" "$T/out"
	lists_status=$?
	result $lists_status "$lists_name"
	[ $lists_status -eq 0 ] || diag "$T/out"
}
expect 'a segment is made a switch with VLANs' 0 '' \
	segment add q mode=8021q ageing=9
lists 'which is shown' '^q +8021q +0 +0/8192 +9s ' segment show q
expect 'its table can be another' 0 '' segment set q table 100
lists 'of that size' '^q +8021q +0 +0/100 ' segment show q
for port in a b t; do
	"$CTL" port add q dummy name=$port >/dev/null
done
expect 'an access port' 0 '' vlan add a vid 10 pvid untagged
expect 'another' 0 '' vlan add b vid=10 pvid untagged
expect 'a trunk' 0 '' vlan add t vid 10-20
expect 'with filters' 0 '' vlan set t accept tagged filter on
expect 'a VID there is not' 1 'from 0 to 4094' vlan add a vid 4095
lists 'rules are listed' '^t +q +1 +1 +10-20 +tagged +yes ' vlan show q
lists 'of a port' '^a +q +10 +1,10 ' vlan show port a
expect 'an address is set by hand' 0 '' fdb add q 02:00:00:00:00:0b b
lists 'and shown as such' ' 02:00:00:00:00:0b +10 +b +static' fdb show q
expect 'it is not flushed' 0 '0 addresses' fdb flush q
expect 'what is no address' 1 'is no address' fdb add q 02:00 b
lists 'a frame is traced' '^verdict +forward$' \
	trace q a 02000000000b02000000000a0800
lists 'why it goes everywhere' '^output +t, tagged$' \
	trace q a ff:ff:ff:ff:ff:ff:02:00:00:00:00:0a:08:00
lists 'why it goes nowhere' '^verdict +drop: vlan$' \
	trace q t ffffffffffff02000000000a0800
expect 'what is no frame' 1 'hexadecimal' trace q a xyz
expect 'the address goes' 0 '' fdb del q 02:00:00:00:00:0b vid 10
expect 'the rules go' 0 '' vlan reset a
lists 'and are those of the segment' "^a +q +1 +1 .* the segment's" \
	vlan show port a
expect 'a VLAN goes' 0 '' vlan del t vid 11-20
lists 'and is gone' '^t +q +1 +1 +10 ' vlan show port t
expect 'a segment is made a hub' 0 '' segment set q mode hub
expect 'and goes' 0 '' segment del q

# ---- frames ----
attach echo "$RAWPEER" "stream:$T/sw/vlan1/stream" echo "$B"
check 'traffic' "$RAWPEER" "stream:$T/sw/vlan1/stream" ping "$A" "$B" 10 200
expect 'an address is learned' 0 "$B" fdb
expect 'of the segment' 0 "$B" fdb show vlan1
expect 'the books balance' 0 'yes' stats vlan1 --check
check 'ports tell what they carried' sh -c \
	"'$CTL' port | grep -qE ' stream .* 10 +1[01] '"

# ---- watch ----
start watch "$CTL" watch -n 0.1 port
watch=$pid
wait_until "'$RAWPEER' 'stream:$T/sw/vlan1/stream' ping '$A' '$B' 10 200 \
	>/dev/null; grep -qE '^stream[0-9]+ .* [0-9.]+[1-9][0-9.]* ' '$T/watch.log'"
result $? 'watch shows rates while there is traffic'
check 'under headings that say so' grep -q 'RX-FRAMES/S' "$T/watch.log"
! grep -q "$(printf '\033')" "$T/watch.log"
result $? 'it is plain where there is no terminal'
stop "$watch" INT
result $? 'an interrupted watch is no failure'
expect 'so many times' 0 'BALANCED' watch -n 0.1 -c 2 stats vlan1
[ "$(grep -c BALANCED "$T/out")" -eq 2 ]
result $? 'and no more'
expect 'as JSON' 0 '"seconds":null,"result":[{' -j watch -c 1 stats
expect 'what does something is not repeated' 2 'segment add' \
	watch segment add lab
expect 'nor what is nothing' 2 "did you mean 'port'" watch prot
expect 'an interval that is none' 2 'interval' watch -n 0 port
expect 'a segment that is not there' 1 'nosuch' watch port show nosuch
if command -v script >/dev/null; then
	script -qec "'$CTL' watch -c 1 segment" /dev/null >"$T/out" </dev/null
	grep -q "$(printf '\033')\[H" "$T/out" && grep -q vlan1 "$T/out"
	result $? 'on a terminal, each time replaces the last'
else
	skip 'on a terminal, each time replaces the last' 'no script(1)'
fi

expect 'addresses are forgotten' 0 'addresses forgotten' fdb flush vlan1
"$CTL" fdb >"$T/out"
[ ! -s "$T/out" ]
result $? 'an empty list is empty'

# ---- the switch goes ----
start monitor "$CTL" monitor
monitor=$pid
stop_switch
wait_until "! running $monitor"
wait "$monitor"
[ $? -eq 3 ]
result $? 'a monitor whose switch goes ends with status 3'

# ---- books that do not balance ----
# No switch has any, so something else must say so.
if command -v socat >/dev/null; then
	mkdir -m 700 "$T/liar"
	cat >"$T/liar.sh" <<'EOF'
methods='[{"name":"stats.show","params":"segment:name?"}]'
good='{"segment":"good","balanced":true}'
bad='{"segment":"bad","rx":7,"made":1,"copies":2,"tx":3,"queued":1,"held":1'
bad=$bad',"drops":{"runt":1,"filter":2},"balanced":false}'
while read -r line; do
	id=${line#*\"id\":}
	id=${id%%[,\}]*}
	case $line in
	*rpc.methods*) result=$methods ;;
	*) result="[$good,$bad]" ;;
	esac
	echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$result}"
done
EOF
	start liar socat "UNIX-LISTEN:$T/liar/control,fork" \
		EXEC:"sh $T/liar.sh"
	wait_until "[ -S '$T/liar/control' ]"
	expect 'books that do not balance are told, with their sums' 1 \
		'segment bad do not balance: rx 7, made 1, copies 2 make 10, but tx 3, queued 1, held 1, dropped 3 make 8' \
		-t "$T/liar" stats --check
	! grep -q 'segment good' "$T/out"
	result $? 'and no others'
	expect 'nobody asked: no failure' 0 'no' -t "$T/liar" stats
else
	skip 'books that do not balance' 'socat is not installed'
fi
finish
