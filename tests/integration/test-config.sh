#!/bin/sh
# A switch with a configuration file: start, check, reload under traffic.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
CONF=$T/lab.conf
VDELAB_DIR=$T/sw
export VDELAB_DIR
umask 077

config() { # TEXT: by rename, as careful people do
	printf '%s\n' "$1" >"$CONF.new" && mv "$CONF.new" "$CONF"
}

# refused NAME STATUS WORDS CMD...
refused() {
	refused_name=$1
	refused_status=$2
	refused_words=$3
	shift 3
	timeout "$PATIENCE_S" "$@" >"$T/out" 2>&1
	[ $? -eq "$refused_status" ] && grep -qF -- "$refused_words" "$T/out"
	refused_status=$?
	result "$refused_status" "$refused_name"
	[ "$refused_status" -eq 0 ] || diag "$T/out"
}

# ---- without a switch ----
config 'segment add vlan1
segment add vlan2
plugin load link
port add vlan1 dummy name d0 mtu 1500
link set d0 block in'
check 'a good file is good' "$SWITCH" --config "$CONF" --check-config
check 'to check it starts nothing' test ! -e "$T/sw"
config 'segment add vlan1
segmnet add vlan2
port add vlan1 dummy colour=7
port show'
refused 'a mistake has a line and a word' 2 "$CONF:2: unknown command 'segmnet'" \
	"$SWITCH" --config "$CONF" --check-config
refused 'all of them are told: an unknown key' 2 "$CONF:3: " \
	"$SWITCH" --config "$CONF" --check-config
refused 'all of them are told: what has no place in it' 2 "$CONF:4: 'port show'" \
	"$SWITCH" --config "$CONF" --check-config
config 'segment add vlan1
plugin load link limit=many
plugin load capture
link set d0 blok
capture start vlan1 snaplen=7'
refused 'also what a plugin is loaded with' 2 "$CONF:2: plugin link: " \
	"$SWITCH" --config "$CONF" --check-config
config 'segment add vlan1
plugin load link
plugin load capture
link set d0 blok
capture start vlan1 write=x snaplen=7'
refused 'and what its commands take: a word' 2 "$CONF:4: \"state\" must be" \
	"$SWITCH" --config "$CONF" --check-config
refused 'or a number' 2 "$CONF:5: \"snaplen\" must be" \
	"$SWITCH" --config "$CONF" --check-config
refused 'a switch does not start with it' 2 "$CONF:4: " \
	"$SWITCH" --dir "$T/sw" --config "$CONF"
check 'and leaves nothing behind' test ! -e "$T/sw"
refused '--check-config needs a file' 2 '--config FILE' \
	"$SWITCH" --check-config
refused 'a file that is not there' 2 "$T/none" \
	"$SWITCH" --dir "$T/sw" --config "$T/none"
config 'segment add vlan1'
chmod 666 "$CONF"
refused 'a file that others may write to' 2 'others may write' \
	"$SWITCH" --dir "$T/sw" --config "$CONF"
config 'segment add vlan1
segment add vlan2
port add vlan1 dummy name x
port add vlan2 stream name y path=nobody'
refused 'what cannot be done ends the start, with its line' 4 "$CONF:4: " \
	"$SWITCH" --dir "$T/sw" --config "$CONF"
check 'and leaves nothing behind' test ! -e "$T/sw"
refused 'nothing to reload: no switch' 3 'cannot connect' "$CTL" reload

# ---- with one ----
first='segment add vlan1
segment add vlan2
plugin load link
port add vlan1 dummy name d0 mtu 1500
link set d0 block in'
config "$first"
start_switch --config "$CONF"
check 'what the file says is there: a segment' "$CTL" segment show vlan2
check 'what the file says is there: a blocked port' sh -c \
	"'$CTL' link show d0 | grep -q 'block *unblock'"
check 'reloading the same changes nothing' sh -c \
	"'$CTL' -j reload | grep -q '\"done\":0,\"kept\":5,\"undone\":0\\|\"done\":0,\"undone\":0,\"kept\":5'"

# Frames go through vlan1, eight at a time, while vlan2 and others come and go:
# none of them may be lost, for a lost one is an error of ping.
attach echo "$RAWPEER" "stream:$T/sw/vlan1/stream" echo "$B"
echo_pid=$pid
n_reloads=0
n_lost=0
while [ $n_reloads -lt 20 ] && [ $n_lost -eq 0 ]; do
	start traffic "$RAWPEER" "v3:$T/sw/vlan1" ping "$A" "$B" 10000 1000 8
	traffic=$pid
	while running "$traffic"; do
		config "$first
segment add lab$n_reloads
port add lab$n_reloads dummy name e$n_reloads
port add vlan2 dummy mtu 99"
		"$CTL" reload >"$T/out" 2>&1 || n_lost=1
		n_reloads=$((n_reloads + 1))
	done
	wait "$traffic" || n_lost=1
done
result "$n_lost" 'no frame is lost while other segments are reloaded'
[ "$n_lost" -eq 0 ] || diag "$T/traffic.log" "$T/out"
stop "$echo_pid"

config "$first"
kill -HUP "$switch_pid"
wait_until "! '$CTL' segment show lab$((n_reloads - 1)) >'$T/out' 2>&1"
result $? 'SIGHUP reloads, too'

config 'segment add vlan1
segment add vlan3
segmnet add vlan4'
refused 'a mistake is told to who reloads' 1 "$CONF:3: " "$CTL" reload
check 'nothing was changed: vlan2 is there' "$CTL" segment show vlan2
check_fails 'nothing was changed: vlan3 is not' "$CTL" segment show vlan3
config 'segment add vlan1
segment add vlan3
port add vlan3 stream name y path=nobody
segment add vlan4'
refused 'what cannot be done is told by line' 1 "$CONF:3: " "$CTL" reload
check 'the rest is done' "$CTL" segment show vlan4
check_fails 'what the file does not say is gone' "$CTL" segment show vlan2
start listener socat "UNIX-LISTEN:$T/nobody" -
wait_until "[ -S '$T/nobody' ]"
check 'and it is tried again the next time' "$CTL" reload
check 'names of files begin where the file lies' "$CTL" -j port show vlan3
config "$first
plugin load capture
segment add lab
capture start lab write lab.pcapng"
check 'a capture, which takes a while to end' "$CTL" reload
config "$first"
check 'back to the first one, the segment of the capture goes, too' \
	"$CTL" reload
check 'the capture is complete' test -s "$T/lab.pcapng"
: >"$CONF"
check 'an empty file undoes it all, the newest line first' "$CTL" reload
check 'and leaves nothing' test "$("$CTL" -j segment show)" = '[]'
stop_switch

# ---- options ----
rm -rf "$T/sw"
config 'option quiet
option spin 5
segment add vlan1'
"$SWITCH" -d --dir "$T/sw" --config "$CONF" >"$T/out" 2>&1
quiet=$(cat "$T/sw/lock")
pids="$pids $quiet"
check 'a file with options starts a switch' "$CTL" segment show vlan1
kill "$quiet"
wait_until "! running $quiet"
start told "$SWITCH" --dir "$T/sw" --config "$CONF" --verbose
told=$pid
wait_until "'$CTL' info >'$T/out' 2>&1"
kill "$told"
wait_until "! running $told"
check 'the command line beats the file' grep -q 'signal 15' "$T/told.log"
start silent "$SWITCH" --dir "$T/sw" --config "$CONF"
silent=$pid
wait_until "'$CTL' info >'$T/out' 2>&1"
kill "$silent"
wait_until "! running $silent"
check 'without it, the file counts' test ! -s "$T/silent.log"
config 'option spinn 5
segmnet add x'
refused 'a mistake in an option' 2 "$CONF:1: there is no option 'spinn'" \
	"$SWITCH" --dir "$T/sw" --config "$CONF"
refused 'and all others' 2 "$CONF:2: unknown command" \
	"$SWITCH" --dir "$T/sw" --config "$CONF"

# ---- SIGHUP without a file ----
rm -rf "$T/sw"
"$SWITCH" -d --dir "$T/sw" >"$T/out" 2>&1
daemon=$(cat "$T/sw/lock")
pids="$pids $daemon"
kill -HUP "$daemon"
check 'a daemon without a file survives it' "$CTL" info
refused 'and has nothing to reload' 1 '--config' "$CTL" reload
kill "$daemon"
wait_until "! running $daemon"

# ---- two starts at once ----
# One switch has the directory, the other says which process that is.
rm -rf "$T/sw"
mkdir "$T/sw" && chmod 700 "$T/sw"
n=0
good=0
while [ $n -lt 100 ]; do
	n=$((n + 1))
	start one "$SWITCH" --dir "$T/sw" --segment vlan1 -q
	one=$pid
	start two "$SWITCH" --dir "$T/sw" --segment vlan1 -q
	two=$pid
	wait_until "! running $one || ! running $two" || break
	if running "$one"; then
		winner=$one loser=$two log=two
	else
		winner=$two loser=$one log=one
	fi
	wait "$loser"
	status=$?
	wait_until "[ -S '$T/sw/control' ]" || break
	[ $status -eq 4 ] && grep -q "$winner" "$T/$log.log" || break
	# every other one is killed and leaves its sockets behind
	if [ $((n % 2)) -eq 0 ]; then
		stop "$winner" KILL
	else
		stop "$winner" || break
	fi
	pids=
	good=$((good + 1))
done
[ "$good" -eq 100 ]
result $? 'two starts at once, a hundred times: one of them, always'
[ "$good" -eq 100 ] || {
	echo "# time $n: $one and $two, status $status of $loser"
	diag "$T/one.log" "$T/two.log"
}

# ---- tricks with directories ----
rm -rf "$T/sw"
mkdir -m 700 "$T/real"
ln -s real "$T/link"
refused 'a directory that is a link' 4 "$T/link" \
	"$SWITCH" --dir "$T/link" --segment vlan1
mkdir -m 777 "$T/open"
chmod 777 "$T/open"
refused 'a directory that everybody may write' 4 "$T/open" \
	"$SWITCH" --dir "$T/open" --segment vlan1
refused 'a directory in one that everybody may write' 4 "$T/open" \
	"$SWITCH" --dir "$T/open/sw" --segment vlan1
mkdir -m 700 "$T/sw"
ln -s ../real "$T/sw/vlan1"
refused 'a segment that is a link' 4 "$T/sw/vlan1" \
	"$SWITCH" --dir "$T/sw" --segment vlan1
rm -f "$T/sw/vlan1"
echo precious >"$T/precious"
ln -s ../precious "$T/sw/control"
refused 'a control socket that is a link' 4 "control" \
	"$SWITCH" --dir "$T/sw"
rm -f "$T/sw/control"
ln "$T/precious" "$T/sw/control"
refused 'a control socket that is a file' 4 "control" \
	"$SWITCH" --dir "$T/sw"
rm -f "$T/sw/control"
ln -s ../precious "$T/sw/lock"
refused 'a lock that is a link' 4 "lock" "$SWITCH" --dir "$T/sw"
check 'what links led to is untouched' grep -qx precious "$T/precious"
check 'and so is the directory' test -z "$(ls -A "$T/real")"

finish
