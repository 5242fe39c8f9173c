#!/bin/sh
# Plugins that no command of vdelabctl knows: loading and changing them, their
# methods as commands, the ports that they bring; and those that are refused.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

BUILT=$TOP_BUILDDIR/tests/unit/plugins
VDELAB_DIR=$T/sw
export VDELAB_DIR
umask 077

[ -f "$BUILT/kinds.so" ] || bail "$BUILT/kinds.so is not built"
mkdir "$T/plugins"
cp "$BUILT/worker.so" "$BUILT/kinds.so" "$BUILT/probe-abi.so" "$T/plugins"
start_switch --segment lab --plugin \
	"$T/plugins/worker.so:lab,id=first,action=nothing,order=7,dir=in"

# says NAME TEXT CMD...: it succeeds, and prints a line with TEXT in it
says() {
	says_name=$1
	says_text=$2
	shift 2
	timeout "$PATIENCE_S" "$@" >"$T/check.log" 2>&1 &&
		grep -qF -- "$says_text" "$T/check.log"
	says_status=$?
	result $says_status "$says_name"
	[ $says_status -eq 0 ] || diag "$T/check.log"
}

# refused NAME TEXT CMD...: it fails, and TEXT tells why
refused() {
	refused_name=$1
	refused_text=$2
	shift 2
	! timeout "$PATIENCE_S" "$@" >"$T/check.log" 2>&1 &&
		grep -qF -- "$refused_text" "$T/check.log"
	refused_status=$?
	result $refused_status "$refused_name"
	[ $refused_status -eq 0 ] || diag "$T/check.log"
}

completes() { # NAME WANTED WORD...
	completes_name=$1
	completes_wanted=$2
	shift 2
	"$CTL" --complete "$@" | cut -f1 | grep -qxF -- "$completes_wanted"
	result $? "$completes_name"
}

# ---- loading and changing ----

says 'a plugin of the command line has the id it was given' 'first' \
	"$CTL" plugin
says 'and its scope' 'segment lab in' "$CTL" plugin
says 'a plugin is loaded for one direction' wan "$CTL" plugin load \
	"$T/plugins/worker.so" id wan segment lab dir out order 900 \
	action=edit stage=egress len=100
says 'its options are read by its signature' '"len":100' "$CTL" -j plugin
check 'options change' "$CTL" plugin set wan len=200
says 'and are shown' '"len":200' "$CTL" -j plugin
refused 'an option that it does not have' 'lenn' "$CTL" plugin set wan lenn=1
refused 'one that it does not let change' 'only len can change' \
	"$CTL" plugin set wan action=loss
refused 'an id that is taken' 'there is a plugin wan already' \
	"$CTL" plugin load "$T/plugins/worker.so" id wan action=nothing
refused 'an id that is a command' 'command of vdelabctl' \
	"$CTL" plugin load "$T/plugins/worker.so" id trace action=nothing

# ---- methods as commands ----

says 'a method of a plugin is a command' '0' "$CTL" wan release how=resume
says 'which may be abbreviated' '0' "$CTL" wan rel how=resume
says 'what its methods take is told' 'wan release how=resume|edit' \
	"$CTL" wan help
says 'also by help' 'wan make len=NUMBER [keep=yes|no]' "$CTL" help wan
says 'with what they answer' 'answers: nothing' "$CTL" wan
refused 'a method that it does not have' 'did you mean "release"' \
	"$CTL" wan releas_ how=resume
refused 'a parameter that is none' 'how' "$CTL" wan release how=never
refused 'a word that is neither a command nor a plugin' \
	"unknown command 'wann'" "$CTL" wann release
refused 'one that is nearly a command' "did you mean 'port'" "$CTL" prot
refused 'and no switch is needed to tell' "unknown command 'wan'" \
	"$CTL" -t "$T/nowhere" wan
completes 'its id completes' wan wa
completes 'its methods complete' release wan re
completes 'their parameters complete' how= wan release ''

# ---- kinds of port ----

check 'a plugin brings a kind of port' "$CTL" plugin load "$T/plugins/kinds.so"
says 'which is listed' wire "$CTL" port kinds
completes 'and completes' wire port add lab w
says 'a port of that kind is added' w0 \
	"$CTL" port add lab wire name=w0 echo=no credit=7
says 'and tells whose it is' '"plugin":"kinds"' "$CTL" -j port
check 'frames come in by it' "$CTL" kinds input port=w0 n=3 len=100
says 'and are counted' '"rx_frames":3' "$CTL" -j port
check 'the plugin goes' "$CTL" plugin unload kinds
refused 'and its ports with it' 'no port w0' "$CTL" port del w0
refused 'as does the kind' 'no kind of port wire' "$CTL" port add lab wire

# ---- refused ----

cp "$T/plugins/probe-abi.so" "$T/plugins/probe.so"
refused 'a plugin of another ABI' 'was built for plugin ABI 1' \
	"$CTL" plugin load "$T/plugins/probe.so"
cp "$T/plugins/worker.so" "$T/plugins/other.so"
refused 'one under a false name' 'must be called worker.so' \
	"$CTL" plugin load "$T/plugins/other.so"
chmod o+w "$T/plugins/kinds.so"
refused 'one that others may write' 'can be written by others' \
	"$CTL" plugin load "$T/plugins/kinds.so"
chmod o-w "$T/plugins/kinds.so"
chmod o+w "$T/plugins"
refused 'one in a directory that others may write' 'can be written by others' \
	"$CTL" plugin load "$T/plugins/kinds.so"
chmod o-w "$T/plugins"
refused 'none of them is left' 'no plugin kinds' "$CTL" plugin unload kinds

stop_switch
finish
