#!/bin/sh
# The control socket of a run, from outside: who may use it, what it answers,
# and that nothing is left when its run ends, however that is.  No guest is
# started.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need socat "$QEMU"
VDELAB=$TOP_BUILDDIR/out/bin/vdelab
XDG_RUNTIME_DIR=$T/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
export XDG_RUNTIME_DIR

: >"$T/kernel" # so that no image is needed
cat >"$T/t.lua" <<'END'
return {
	name = "t",
	nodes = { a = { kernel = "./kernel" }, b = { kernel = "./kernel" } },
	test_script = function()
		subtest("one", function() log("did one") end)
		subtest("two", function() error("two is bad") end)
	end,
}
END

# serve ARG...: sets $pid and $socket
serve() {
	: >"$T/ready"
	start serve "$VDELAB" serve --ready-fd 9 --accel tcg \
		--results "$T/results" "$@" "$T/t.lua" 9>"$T/ready"
	wait_until "[ -s '$T/ready' ] || ! running $pid"
	socket=$(cat "$T/ready")
	[ -S "$socket" ] || bail "no run: $(cat "$T/serve.log")"
}

# call METHOD [PARAMS]: what the run answers
call() {
	printf '%s\n' "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":${2:-{\}}}" |
		timeout "$PATIENCE_S" socat -t "$PATIENCE_S" - \
			"UNIX-CONNECT:$socket"
}

# answers NAME PATTERN METHOD [PARAMS]
answers() {
	answers_name=$1 answers_pattern=$2
	shift 2
	call "$@" >"$T/said" 2>&1
	grep -Eq -- "$answers_pattern" "$T/said"
	answers_status=$?
	result $answers_status "$answers_name"
	[ $answers_status -eq 0 ] || diag "$T/said" "$T/serve.log"
}

nothing_is_left() {
	[ -z "$(find "$XDG_RUNTIME_DIR/vdelab" -name 'run-*')" ]
}

serve
check 'the socket is for its owner alone' \
	sh -c "[ \"\$(stat -c %a '$socket')\" = 600 ]"
answers 'a run tells of itself' '"state":"serving".*"subtests":\["one","two"\]|"subtests":\["one","two"\].*"state":"serving"' \
	run.info
answers 'an object has its values' '"result":"52:54:00:12:01:01"' \
	port.mac '{"self":"a.eth1"}'
answers 'a mistake is told as the check would' '"code":-32602,"message":"succeed: command must be a string, not 5"' \
	machine.succeed '{"self":"a","args":[5]}'
answers 'a method that does not exist is told' '"code":-32601' \
	machine.suceed '{"self":"a"}'
answers 'a filter that is none is told' 'usage' \
	segment.count '{"self":"vlan1","args":["tcp prot 5"]}'
answers 'an object without a name has a number' '"id":1\}' \
	segment.watch '{"self":"vlan1","args":["ether proto 0x88b5"]}'
answers 'octets travel as base64' '"result":null' segment.send \
	'{"self":"vlan1","args":[{"$base64":"////////AgAAAAABiLUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}'
answers 'and are found again' '"line":".*"data":\{"\$base64":"////////A|"data":\{"\$base64":"////////A.*"line":"' \
	watch.expect '{"self":1}'
answers 'a capture can be read while it grows' '"line":"' \
	capture.read '{"segment":"vlan1","since":0}'
answers 'what is released is no more' '"result":null' \
	object.release '{"object":{"$object":"watch","id":1}}'
answers 'and cannot be called' 'there is no watch 1' \
	watch.count '{"self":1}'
answers 'the test script can be run' 't.lua:6: two is bad' \
	script.run
answers 'and one subtest of it' '"result":null' \
	script.run '{"subtests":["one"]}'
check 'every method of the run is in the manual' sh -c '
	call() { printf "%s\n" "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.methods\"}" |
		socat -t 60 - "UNIX-CONNECT:$1"; }
	call "$1" | grep -o "\"name\":\"[a-z]*\.[a-z]*\",\"signature\"" |
		sed "s/\"name\":\"//; s/\".*//" >"$3"
	[ "$(wc -l <"$3")" -ge 10 ] || exit
	while read -r name; do
		grep -q "^| .$name. |" "$2" || { echo "missing: $name"; exit 1; }
	done <"$3"' sh "$socket" "$TOP_SRCDIR/doc/run-api.md" "$T/names"
for i in 1 2 3 4 5 6 7 8; do # clients that come and go, in the middle of it
	printf '{"jsonrpc":"2.0","id":%s,"method":"global.sleep","params":{"args":[60]}}\n' \
		$i | timeout 0.2 socat -t 60 - "UNIX-CONNECT:$socket" >/dev/null
done
answers 'a run outlives its clients' serving \
	run.info
answers 'a client ends the run' '"result":true' \
	run.end
wait_until "! running $pid"
wait "$pid"
result $? 'a run that is ended has passed'
nothing_is_left
result $? 'nothing is left of it'

serve
answers 'a client ends a run as failed' '"result":true' \
	run.end '{"error":"not as it should be"}'
wait_until "! running $pid"
wait "$pid"
[ $? -eq 1 ]
result $? 'it has failed'
check 'its log says why' grep -q 'not as it should be' \
	"$T/results/t/log.jsonl"

serve --quiet
stop "$pid" KILL
wait_until nothing_is_left
result $? 'nothing is left of a run that is killed'
serve --quiet
stop "$pid" TERM
[ $? -eq 143 ]
result $? 'a signal ends a run in order'
nothing_is_left
result $? 'and nothing is left then'
finish
