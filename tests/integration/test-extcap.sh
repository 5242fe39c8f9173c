#!/bin/sh
# Wireshark's view of switches that run: tshark lists their segments and ports
# and captures there, as an ordinary user.

# Wireshark minds who is root: it looks for programs in its own folder only.
if [ "$(id -u)" -eq 0 ]; then
	ordinary='setpriv --reuid 61001 --regid 61001 --clear-groups'
	# shellcheck disable=SC2086 # words
	$ordinary test -x "$0" -a -x "${TOP_BUILDDIR:-.}/out/bin" && exec $ordinary "$0"
	echo '1..0 # SKIP no ordinary user can run what was built here'
	exit 0
fi
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
need tshark dumpcap socat
EXTCAP=$TOP_BUILDDIR/out/bin/vdelab-extcap

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
HOME=$T/home
XDG_RUNTIME_DIR=$T/run
XDG_CONFIG_HOME=$T/home/.config
export HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME
unset VDELAB_DIR WIRESHARK_EXTCAP_DIR
mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/vdelab"
D=$XDG_RUNTIME_DIR/vdelab/default
sock=stream:$D/lab/stream

traffic() { # N LEN
	timeout "$PATIENCE_S" "$RAWPEER" "$sock" ping "$A" "$B" "$1" "$2" 8 \
		>"$T/ping.log" 2>&1 || bail 'no traffic'
}

extcap() {
	timeout "$PATIENCE_S" "$EXTCAP" "$@" 2>"$T/extcap.log"
}

# ---- without a switch ----
extcap --extcap-interfaces --extcap-version=4.0 >"$T/out" &&
	grep -q '^extcap {version=' "$T/out" &&
	! grep "$T" "$T/out" && [ ! -s "$T/extcap.log" ]
result $? 'no switch, no interfaces, no noise'

# A socket that is no switch's, and one that nobody listens to any longer.
mkdir -p "$XDG_RUNTIME_DIR/vdelab/dead" "$XDG_RUNTIME_DIR/vdelab/mute"
start mute socat "UNIX-LISTEN:$XDG_RUNTIME_DIR/vdelab/mute/control" EXEC:cat
start dead socat "UNIX-LISTEN:$XDG_RUNTIME_DIR/vdelab/dead/control" -
wait_until "[ -S '$XDG_RUNTIME_DIR/vdelab/dead/control' ]"
stop "$pid" KILL

# ---- interfaces ----
start switch "$SWITCH" --dir "$D" --segment lab --segment other \
	--ready-fd 9 9>"$T/ready"
switch_pid=$pid
wait_until "[ -s '$T/ready' ] || ! running $switch_pid"
attach echo "$RAWPEER" "$sock" echo "$B"
mkdir -m 700 "$T/sw 2"
start second "$SWITCH" --dir "$T/sw 2" --segment lab --ready-fd 9 \
	9>"$T/ready2"
second_pid=$pid
wait_until "[ -s '$T/ready2' ] || ! running $second_pid"

extcap --extcap-interfaces >"$T/out"
grep -qF "interface {value=vdelab:default:lab}{display=lab (switch $D)}" \
	"$T/out" &&
	grep -qF '{value=vdelab:default:lab:stream0}{display=lab, port stream0' \
		"$T/out" &&
	grep -qF '{value=vdelab:default:other}' "$T/out"
result $? "segments and ports of the user's switch"
grep -qE "\{value=vdelab:sw_2~[0-9a-f]{8}:lab\}\{display=lab \(switch $T/sw 2\)" \
	"$T/out"
result $? 'and of one that is somewhere else'
! grep -q 'dead\|mute' "$T/out" && [ ! -s "$T/extcap.log" ]
result $? 'what does not answer is left out, silently'
stop "$second_pid"

extcap --extcap-interface vdelab:default:lab --extcap-dlts |
	grep -qx 'dlt {number=1}{name=EN10MB}{display=Ethernet}'
result $? 'Ethernet'
extcap --extcap-interface vdelab:default:lab --extcap-config >"$T/out" &&
	grep -q '{call=--direction}' "$T/out" &&
	grep -q '{value=in}.*{default=true}' "$T/out"
result $? 'what can be chosen'
extcap --extcap-interface vdelab:default:lab \
	--extcap-capture-filter 'tcp prot 80' | grep -q '"prot"'
result $? 'a bad filter is told'
[ -z "$(extcap --extcap-interface vdelab:default:lab \
	--extcap-capture-filter 'tcp port 80')" ]
result $? 'a good one is nothing to tell'
extcap --extcap-interface vdelab:default:gone --extcap-dlts
[ $? -eq 3 ] && grep -q 'vdelab:default:gone' "$T/extcap.log"
result $? 'an interface that is gone is told'

# ---- into a FIFO ----
mkfifo "$T/fifo"
runs() { # does a capture?
	"$CTL" -t "$D" -j capture show 2>/dev/null | grep -q '"running"'
}
start reader sh -c "cat '$T/fifo' >'$T/fifo.pcapng'"
start extcap "$EXTCAP" --extcap-interface vdelab:default:lab:stream0 \
	--capture --fifo "$T/fifo" --snaplen 64 --direction out
extcap_pid=$pid
wait_until runs
traffic 5 200
stop "$extcap_pid" TERM
result $? 'it ends well when it is asked to'
[ "$(tshark -n -r "$T/fifo.pcapng" -T fields -e frame.cap_len -e frame.len \
	-e frame.packet_flags_direction 2>"$T/tshark.log" | sort | uniq -c |
	tr -s ' \t' ' ')" = ' 5 64 200 0x00000002' ]
result $? 'with all that was asked for'
wait_until '! runs'
result $? 'the switch captures no longer'

start reader sh -c "head -c 500 <'$T/fifo' >'$T/out'"
start extcap "$EXTCAP" --extcap-interface vdelab:default:lab \
	--capture --fifo "$T/fifo"
extcap_pid=$pid
wait_until runs
traffic 20 200
wait_until "! running $extcap_pid"
wait "$extcap_pid"
result $? 'it ends well when nobody reads any longer'
wait_until '! runs'
result $? 'and its capture with it'

start reader sh -c "cat <'$T/fifo' >'$T/out'"
start extcap "$EXTCAP" --extcap-interface vdelab:default:lab \
	--capture --fifo "$T/fifo" --extcap-capture-filter 'tcp prot 80'
wait_until "! running $pid"
wait "$pid"
[ $? -eq 4 ] && grep -q '"prot"' "$T/extcap.log"
result $? 'a bad filter is told here, too'

# ---- tshark ----
check 'it is linked to where Wireshark looks' "$EXTCAP" --install
[ "$(readlink -f "$HOME/.local/lib/wireshark/extcap/vdelab-extcap")" = \
	"$(readlink -f "$EXTCAP")" ]
result $? 'by a link'
check 'which may be there' "$EXTCAP" --install
tshark -D >"$T/out" 2>"$T/tshark.log"
grep -q 'vdelab:default:lab (lab (switch' "$T/out" &&
	grep -q 'vdelab:default:lab:stream0 (' "$T/out"
result $? 'tshark finds it there'
diag "$T/tshark.log"

start tshark tshark -i vdelab:default:lab -f "ether src $B" -w "$T/t.pcapng" \
	-c 5 -a "duration:$PATIENCE_S"
tshark_pid=$pid
wait_until "runs || ! running $tshark_pid"
traffic 10 200
wait_until "! running $tshark_pid"
wait "$tshark_pid"
result $? 'tshark captures'
[ "$(tshark -n -r "$T/t.pcapng" -T fields -e eth.src -e frame.interface_name \
	2>"$T/tshark2.log" | sort | uniq -c | tr -s ' \t' ' ')" = " 5 $B stream0" ]
result $? 'what matches its filter'
wait_until '! runs'
result $? 'and leaves nothing behind'
diag "$T/tshark.log"
check 'the books balance' "$CTL" -t "$D" stats --check
stop "$switch_pid"
result $? 'the switch ends in order'
finish
