#!/bin/sh
# What the switch takes from itself: a life under --sandbox=strict, what that
# refuses, and that auto refuses nothing anybody misses.
[ -n "${WITHFDS:-}" ] ||
	exec env WITHFDS=yes \
		"${TOP_BUILDDIR:-.}/tests/integration/withfds" "$0"
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
# Descriptors 5 and 6 are a socketpair: a peer's end and the switch's.

MANAGER=$TOP_BUILDDIR/tests/integration/manager
WITHOUT=$TOP_BUILDDIR/tests/integration/without
FORBIDDEN=$TOP_BUILDDIR/tests/integration/forbidden.so
VHOSTFRONT=$TOP_BUILDDIR/tests/integration/vhostfront/vhostfront
FACE=$TOP_BUILDDIR/out/libexec/vdelab/compat/vde_switch
CONF=$T/etc/lab.conf
VDELAB_DIR=$T/sw
export VDELAB_DIR
A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
umask 077
mkdir "$T/etc" "$T/files" "$T/more" "$T/out-of-bounds"

# status PID: of its sandbox, as the kernel sees it, "NoNewPrivs Seccomp"
status() {
	sed -n 's/^NoNewPrivs:[^0-9]*//p; s/^Seccomp:[^0-9]*//p' \
		"/proc/$1/status" | tr '\n' ' '
}

# told NAME STATUS WORDS CMD...: it ends with STATUS and says WORDS
told() {
	told_name=$1
	told_status=$2
	told_words=$3
	shift 3
	timeout "$PATIENCE_S" "$@" >"$T/out" 2>&1
	[ $? -eq "$told_status" ] && grep -qF -- "$told_words" "$T/out"
	told_status=$?
	result "$told_status" "$told_name"
	[ "$told_status" -eq 0 ] || diag "$T/out"
}

# refused NAME CMD...: it fails and says that the sandbox may be why
refused() {
	refused_name=$1
	shift
	told "$refused_name" 1 --sandbox=strict "$@"
}

# try WHAT PATH: the plugin does it, or fails to
cat >"$T/try" <<EOF
#!/bin/sh
exec '$CTL' call forbidden.try what="\$1" path="\$2"
EOF
chmod +x "$T/try"

# ping_through NAME: from VDE to stream and back
ping_through() {
	attach echo "$RAWPEER" "stream:$T/sw/vlan1/stream" echo "$B"
	check "$1" "$RAWPEER" "v3:$T/sw/vlan1" ping "$A" "$B" 200 1000 8
	stop "$pid"
}

# ---- what is asked for ----
told 'a mode that there is not' 2 'auto, strict or off' \
	"$SWITCH" --dir "$T/sw" --sandbox on
told 'a directory that is not there' 2 "$T/none" \
	"$SWITCH" --dir "$T/sw" --sandbox-dir "$T/none"
printf 'option sandbox strictly\n' >"$CONF"
told 'a mode that there is not, in a file' 2 "$CONF:1: " \
	"$SWITCH" --config "$CONF" --check-config
printf 'option sandbox-dir none\n' >"$CONF"
told 'a directory that is not absolute, in a file' 2 "$CONF:1: " \
	"$SWITCH" --config "$CONF" --check-config

"$SWITCH" --dir "$T/sw" --sandbox strict --plugin nonesuch >"$T/out" 2>&1
if grep -q 'built with sanitizers' "$T/out"; then
	told 'a build with sanitizers is not confined, and says so' 4 \
		sanitizers "$SWITCH" --dir "$T/sw" --sandbox strict
	finish
fi
no_landlock=$(grep 'no Landlock' "$T/out")

# ---- auto ----
rm -rf "$T/sw"
start_switch --segment vlan1
check 'without a word it is auto' sh -c "'$CTL' info | grep -q 'sandbox *auto'"
check 'which the kernel confirms' test "$(status "$switch_pid")" = '1 2 '
check 'plugins come later' "$CTL" plugin load "$FORBIDDEN"
check 'programs are run' "$T/try" program /bin/true
check 'files are read' "$T/try" read /etc/passwd
told 'other processes are not traced' 1 'not permitted' "$T/try" trace x
told 'namespaces are not made' 1 'not permitted' "$T/try" namespace x
ping_through 'and frames pass'
stop_switch
rm -rf "$T/sw"
start_switch --segment vlan1 --sandbox off
check 'off is off' sh -c "'$CTL' info | grep -q 'sandbox *off'"
check 'which the kernel confirms, too' test "$(status "$switch_pid")" = '0 0 '
stop_switch
"$FACE" -s "$T/face" -d -p "$T/face.pid" >"$T/out" 2>&1
face=$(cat "$T/face.pid")
pids="$pids $face"
check 'vde_switch is in the same place' test "$(status "$face")" = '1 2 '
kill "$face"
wait_until "! running $face"

# ---- kernels that cannot ----
rm -rf "$T/sw"
told 'strict on a kernel without filters' 4 '--sandbox=strict: the kernel' \
	"$WITHOUT" seccomp "$SWITCH" --dir "$T/sw" --sandbox strict
told 'strict on a kernel without Landlock' 4 'no Landlock' \
	"$WITHOUT" landlock "$SWITCH" --dir "$T/sw" --sandbox strict
check 'which leaves nothing behind' test ! -e "$T/sw"
start old "$WITHOUT" seccomp "$SWITCH" --dir "$T/sw" -v
old=$pid
wait_until "'$CTL' info >'$T/out' 2>&1 || ! running $old"
check 'auto goes on without' sh -c "'$CTL' info | grep -q 'sandbox *off'"
check 'and says so to who wants to know' grep -q 'no sandbox: ' "$T/old.log"
stop "$old"
if [ -n "$no_landlock" ]; then
	skip 'a life under strict' 'the kernel has no Landlock'
	finish
fi

# ---- a life under strict ----
cp "$TOP_BUILDDIR/out/lib/vdelab/link.so" "$T/files/fake.so"
printf 'option sandbox strict\nplugin load %s\n' "$T/files/fake.so" >"$CONF"
told 'a plugin that is no good is told as ever' 2 'must be called link.so' \
	"$SWITCH" --dir "$T/sw" --config "$CONF"
printf 'option sandbox strict\nport add vlan1 dummy\n' >"$CONF"
told 'and so is a mistake' 2 "$CONF:2: " \
	"$SWITCH" --dir "$T/sw" --config "$CONF"
first="option sandbox strict
option sandbox-dir $T/more
segment add vlan1
segment add vlan2
plugin load capture
plugin load link
plugin load $FORBIDDEN
capture start vlan1 write $T/files/vlan1.pcapng
port add vlan1 dgram name q mtu 1500 path=$T/files/q remote=$T/files/r"
printf '%s\n' "$first" >"$CONF"
rm -rf "$T/sw"
start_switch --config "$CONF"
check 'it is strict' sh -c "'$CTL' info | grep -q 'sandbox *strict'"
check 'which the kernel confirms' test "$(status "$switch_pid")" = '1 2 '
ping_through 'frames pass'
check 'a capture where the configuration has one' \
	"$CTL" capture start vlan1 -w "$T/files/more.pcapng"
check 'a capture where --sandbox-dir says' \
	"$CTL" capture start vlan1 -w "$T/more/vlan1.pcapng"
start one sh -c \
	"exec '$CTL' capture vlan1 -w - -c 1 >'$T/out-of-bounds/one.pcapng'"
one=$pid
wait_until "[ \$('$CTL' -j capture | grep -o '\"id\"' | wc -l) -eq 4 ]"
check 'a frame for it' "$RAWPEER" "stream:$T/sw/vlan1/stream" say "$A"
wait "$one"
result $? 'a capture into a descriptor goes anywhere'
check 'another instance of a plugin that is there' "$CTL" plugin load link
check 'which goes' "$CTL" plugin unload link1
check 'and the first one, too' "$CTL" plugin unload link
check 'and comes again' "$CTL" plugin load link
check 'a link is blocked' "$CTL" link set q block
check 'a segment is added' "$CTL" segment add vlan3
check 'a stream port that connects' sh -c \
	"'$CTL' port add vlan3 stream path='$T/sw/vlan2/stream' reconnect=200"
check 'a port at another switch' \
	"$CTL" port add vlan3 plug sock="$T/sw/vlan2"
check 'a multicast port' sh -c \
	"'$CTL' port add vlan3 mcast addr=230.0.0.1:34567 local=127.0.0.1"
check 'a segment goes' "$CTL" segment del vlan3

# Guests by shared memory: all that their sessions need, their ends, and what
# puts zeros in the place of memory that goes.
guest=$T/sw/vlan4/vhost
"$CTL" segment add vlan4
attach guest "$VHOSTFRONT" -o mergeable,event-idx,inflight "$guest" echo "$B"
guest_pid=$pid
check 'a guest by shared memory' \
	"$VHOSTFRONT" -o packed,event-idx,slots "$guest" ping "$A" "$B" 100 1500 8
check 'one that comes and goes' \
	"$VHOSTFRONT" -o inflight "$guest" again reconnect 3 "$A" "$B"
check 'one without descriptors to wake it' \
	"$VHOSTFRONT" -o poll "$guest" ping "$A" "$B" 20 60
check 'one whose memory goes' \
	"$VHOSTFRONT" --attack memory-shrinks "$guest" "$A" "$B"
check 'and one that keeps eventfds full' \
	"$VHOSTFRONT" --attack call-blocks "$guest" "$A" "$B"
# Under strict nobody but root can see what a switch has mapped.
if [ -e /proc/sys/fs/aio-max-nr ] && cat "/proc/$switch_pid/maps" >/dev/null 2>&1
then
	check 'which the kernel rings' grep -qF '[aio]' "/proc/$switch_pid/maps"
else
	skip 'which the kernel rings' \
		'the kernel does not, or does not show what it maps'
fi
start front "$VHOSTFRONT" -o server "$T/files/front" stay
wait_until "[ -S '$T/files/front' ]"
check 'one to which the switch connects' "$CTL" port add vlan4 vhost-user \
	name=guest path="$T/files/front" reconnect=10
wait_text front '^attached'
result $? 'which has a session'
stop "$pid"
stop "$guest_pid"
check 'their segment goes' "$CTL" segment del vlan4

# Reloaded under traffic.
attach echo "$RAWPEER" "stream:$T/sw/vlan1/stream" echo "$B"
echo_pid=$pid
start traffic "$RAWPEER" "v3:$T/sw/vlan1" ping "$A" "$B" 10000 1000 8
traffic=$pid
n=0
while running "$traffic" || [ $n -eq 0 ]; do
	n=$((n + 1))
	printf '%s\n' "$first" "segment add lab$n" \
		"port add lab$n dgram path=$T/files/q$n" \
		"capture start lab$n write $T/files/lab$n.pcapng" >"$CONF.new"
	mv "$CONF.new" "$CONF"
	"$CTL" reload >"$T/out" 2>&1 || break
done
wait "$traffic"
traffic_status=$?
running "$traffic" || [ $traffic_status -ne 0 ]
check 'it is reloaded under traffic' "$CTL" segment show "lab$n"
result "$traffic_status" 'of which no frame is lost'
stop "$echo_pid"

# ---- what strict refuses ----
before=$(ls "$T/out-of-bounds")
refused 'a capture to another place' \
	"$CTL" capture start vlan1 -w "$T/out-of-bounds/x.pcapng"
refused 'a port at another place' \
	"$CTL" port add vlan1 dgram path="$T/out-of-bounds/x"
start other "$SWITCH" --dir "$T/out-of-bounds/sw" --segment vlan1
other=$pid
wait_until "[ -S '$T/out-of-bounds/sw/vlan1/ctl' ]"
check 'a port at a switch in another place' \
	"$CTL" port add vlan2 plug name=far sock="$T/out-of-bounds/sw/vlan1"
wait_until "grep -q 'port far: .*--sandbox=strict' '$T/switch.log'"
result $? 'which says why it does not attach'
check 'and goes' "$CTL" port del far
stop "$other"
check 'nothing was made there' test "$(ls "$T/out-of-bounds")" = "$before"
cp "$TOP_BUILDDIR/out/lib/vdelab/link.so" "$T/files/link.so"
cp "$TOP_BUILDDIR/out/lib/vdelab/link.so" "$T/out-of-bounds/link.so"
refused 'a plugin from another place' \
	"$CTL" plugin load "$T/out-of-bounds/link.so"
refused 'new code, wherever it lies' "$CTL" plugin load "$T/files/link.so"
printf '%s\n' "$first" "plugin load $T/files/link.so" >"$CONF"
refused 'new code by a new configuration' "$CTL" reload
check 'which names its line' grep -q "$CONF:10: " "$T/out"
check 'and changes nothing' "$CTL" segment show "lab$n"
printf '%s\n' "$first" "capture start vlan1 write $T/out-of-bounds/y" >"$CONF"
refused 'another place in a new configuration' "$CTL" reload
if "$CTL" port kinds | grep -q '^exec '; then
	refused 'a port that is a program' \
		"$CTL" port add vlan1 exec -- /bin/cat
fi
# The switch has been taken over, by somebody who wants more.
for what in program exec trace namespace code; do
	told "no way: $what" 1 'not implemented' "$T/try" "$what" /bin/true
done
told "no way: another place" 1 "Permission denied" \
	"$T/try" read "$T/out-of-bounds/link.so"
check 'the process is the same' test "$(status "$switch_pid")" = '1 2 '
ping_through 'and frames pass as ever'
stop_switch

printf 'segment add vlan1\nplugin load pipe segment vlan1 -- /bin/cat\n' >"$CONF"
told 'a program from the start' 4 --sandbox=strict \
	"$SWITCH" --dir "$T/none" --config "$CONF" --sandbox strict

# ---- the command line ----
rm -rf "$T/sw"
start_switch --segment vlan1 --sandbox strict --plugin link:vlan1
check 'plugins of the command line are there' "$CTL" link show
stop_switch
rm -rf "$T/sw"
start_switch --segment vlan1 --sandbox strict --workers 2
ping_through 'frames pass on a thread that has the same walls'
stop_switch
rm -rf "$T/sw"
start made "$SWITCH" --dir "$T/sw" --sandbox strict
made=$pid
wait_until "'$CTL' info >'$T/out' 2>&1"
stop "$made"
result $? 'a switch that has made its directory ends in order'
check 'and removes it' test ! -e "$T/sw"

# ---- ports that outlive the switch ----
mkdir -p "$T/sw/lab" && chmod 700 "$T/sw"
start manager "$MANAGER" "$T/notify" "control=$T/sw/control" \
	"lab.stream=$T/sw/lab/stream" -- "$SWITCH" --dir "$T/sw" --segment lab \
	--sandbox strict 5>&- 6>&-
manager=$pid
wait_text manager '^told READY=1' || bail 'the switch does not start'
start echo "$RAWPEER" fd:5 echo "$B" 6>&-
check 'a port by descriptor is added' \
	"$CTL" port add lab dgram name=q mtu=1500 --fd 6
wait_until "grep -q '^fd told FDSTORE=1 FDNAME=port/dgram/lab/q/1500' \
	'$T/manager.log'"
result $? 'its descriptor is kept'
exec 6>&-
kill -USR1 "$manager"
wait_until "[ \$(grep -c '^told READY=1' '$T/manager.log') -eq 2 ]"
check 'a switch that was killed has it again, under strict' \
	"$RAWPEER" "stream:$T/sw/lab/stream" ping "$A" "$B" 20 100
stop "$manager"
result $? 'it ends in order'

finish
