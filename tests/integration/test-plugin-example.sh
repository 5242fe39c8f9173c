#!/bin/sh
# The example of a plugin, built outside of the tree with what is installed.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
: "${PKG_CONFIG:=pkg-config}"
: "${CC:=cc}"
: "${MAKE:=make}"
need "$PKG_CONFIG" "$CC" "$MAKE"

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR
umask 022

# What comes from the make that runs us is not for these.
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
in_tree() { # TARGET...
	timeout "$((4 * PATIENCE_S))" "$MAKE" -C "$TOP_BUILDDIR" "$@" \
		DESTDIR="$T/root" >"$T/install.log" 2>&1
}
in_tree install-vlincludeHEADERS install-nodist_pkgconfigDATA \
	install-binPROGRAMS install-pluginPROGRAMS
result $? 'what a plugin needs is installed'
[ "$n_failed" -eq 0 ] || diag "$T/install.log"

pc=$(find "$T/root" -name vdelab-plugin.pc)
[ -n "$pc" ] || bail 'vdelab-plugin.pc is not installed'
prefix=$T/root$(sed -n 's/^prefix=//p' "$pc")
PKG_CONFIG_PATH=${pc%/*}
export PKG_CONFIG_PATH

cp -R "$TOP_SRCDIR/examples/plugin" "$T/plugin"
chmod -R u+w "$T/plugin"
rm -f "$T/plugin"/*.so

outside() { # TARGET...
	check "$1" "$MAKE" -C "$T/plugin" "$2" CC="$CC" \
		CFLAGS="-O1 -Wall -Wextra -Werror" \
		PKG_CONFIG="$PKG_CONFIG --define-variable=prefix=$prefix"
}
outside 'the example builds with it' all
outside 'and is installed beside the others' install

SWITCH=$prefix/bin/vdelab-switch
CTL=$prefix/bin/vdelabctl
start_switch --segment lab --plugin talkers:lab,limit=2
sock=stream:$T/sw/lab/stream
attach echo "$RAWPEER" "$sock" echo "$B"
check 'two stations talk' "$RAWPEER" "$sock" ping "$A" "$B" 20 100 4
check 'it tells what they have sent' sh -c "'$CTL' -j talkers show |
	grep -q '\"mac\":\"$A\"[^}]*\"frames\":[1-9]'"
check 'of both' sh -c "'$CTL' -j talkers show | grep -q '$B'"
check 'and counts them' sh -c "'$CTL' -s plugin | grep -q 'stations 2'"
check 'its options change' "$CTL" plugin set talkers limit=1
check_fails 'within their bounds' "$CTL" plugin set talkers limit=300
check 'its help is its own' sh -c "'$CTL' talkers help |
	grep -q 'list who was heard'"
start third "$RAWPEER" "$sock" ping 52:54:00:00:00:0c "$B" 1 100
wait_until "'$CTL' -s plugin | grep -q 'too many stations [1-9]'"
result $? 'a third is dropped, and why is told'
stop "$pid" KILL
check 'it goes' "$CTL" plugin unload talkers

stop_switch
finish
