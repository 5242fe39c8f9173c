#!/bin/sh
# Who may attach to a real switch: its owner, those of --allow-uid and --group,
# nobody else; and the control socket is the owner's alone.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need setpriv

# an ordinary user has others below him, where there are entries in /etc/subuid
if [ "$(id -u)" -ne 0 ]; then
	why=$(unshare --map-root-user --map-auto \
		setpriv --reuid 61100 --regid 61100 --groups 61100 true 2>&1) ||
		skip_all "neither root nor with subordinate users: $why"
	exec unshare --map-root-user --map-auto "$0"
fi

OWNER=61001
FRIEND=61002
MEMBER=61003
STRANGER=61004
GROUP=61100
A=52:54:00:00:00:0a

chmod 711 "$T"
mkdir -m 755 "$T/bin"
# where they may not be able to read, however this tree lies
cp "$SWITCH" "$CTL" "$RAWPEER" "$T/bin/"

# serve ARG...: a switch of OWNER's in a directory of its own
serve() {
	rm -rf "$T/sw"
	mkdir "$T/sw"
	chmod 700 "$T/sw"
	chown "$OWNER" "$T/sw"
	: >"$T/ready"
	start switch setpriv --reuid "$OWNER" --regid "$OWNER" \
		--groups "$GROUP" "$T/bin/vdelab-switch" --dir "$T/sw" \
		--segment lab --ready-fd 9 "$@" 9>"$T/ready"
	switch_pid=$pid
	wait_until "[ -s '$T/ready' ] || ! running $switch_pid"
	[ -s "$T/ready" ] || bail 'the switch does not start'
}

# tries NAME yes|no UID GROUPS: can it attach, by VDE and by stream?
tries() {
	for how in "v3:$T/sw/lab" "stream:$T/sw/lab/stream"; do
		# a frame that comes back shows that it is attached
		start try setpriv --reuid "$3" --regid "$3" --groups "$4" \
			"$T/bin/rawpeer" "$how" echo "$A"
		try=$pid
		wait_until "attached || ! running $try"
		attached
		case $2$? in yes0 | no1) true ;; *) false ;; esac
		result $? "$1, ${how%%:*}" || diag "$T/try.log"
		stop "$try"
		wait_until '! attached'
	done
}

ask() { # as the owner
	setpriv --reuid "$OWNER" --regid "$OWNER" --clear-groups \
		"$T/bin/vdelabctl" -t "$T/sw" -j "$@"
}

attached() {
	ask port | grep -q '"kind"'
}

refused() { # N
	ask segment | grep -q "\"refused\":$1[,}]"
}

control_is_private() { # NAME
	for uid in $FRIEND $MEMBER $STRANGER; do
		check_fails "$1: user $uid is kept from the control socket" \
			setpriv --reuid "$uid" --regid "$uid" \
			--groups "$GROUP" "$T/bin/vdelabctl" -t "$T/sw" info
	done
}

serve
tries 'alone: the owner attaches' yes "$OWNER" "$OWNER"
tries 'alone: a stranger does not' no "$STRANGER" "$STRANGER"
control_is_private alone
stop "$switch_pid"

serve --allow-uid "$FRIEND"
tries 'a user: the owner attaches' yes "$OWNER" "$OWNER"
tries 'a user: and so does the user' yes "$FRIEND" "$FRIEND"
tries 'a user: a stranger does not' no "$STRANGER" "$GROUP"
check 'which is in the log' \
	grep -q "user $STRANGER .* may not attach" "$T/switch.log"
refused 2
result $? 'and counted'
control_is_private 'a user'
stop "$switch_pid"

serve --group "$GROUP"
tries 'a group: the owner attaches' yes "$OWNER" "$OWNER"
tries 'a group: a member does' yes "$MEMBER" "$GROUP"
tries 'a group: a stranger does not' no "$STRANGER" "$STRANGER"
control_is_private 'a group'
stop "$switch_pid"

serve --group "$GROUP" --allow-uid "$FRIEND"
tries 'both: the user attaches' yes "$FRIEND" "$FRIEND"
tries 'both: a member does' yes "$MEMBER" "$GROUP"
tries 'both: a stranger does not' no "$STRANGER" "$STRANGER"
control_is_private both
check 'the books balance' setpriv --reuid "$OWNER" --regid "$OWNER" \
	--clear-groups "$T/bin/vdelabctl" -t "$T/sw" stats --check
stop "$switch_pid"
result $? 'the switch ends in order'

check_fails 'a user that does not exist is a usage error' \
	"$SWITCH" --dir "$T/none" --allow-uid no-such-user
finish
