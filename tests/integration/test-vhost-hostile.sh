#!/bin/sh
# What front-ends and guests do to a vhost-user port that no front-end and no
# guest should: each time the port is closed, with a reason in the log, or the
# frame is dropped and counted, as `vhostfront --list` says; and two other
# guests, who talk all the time, do not notice.
#
#   test-vhost-hostile.sh [NAME...]    only these
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
. "$TOP_SRCDIR/tests/integration/vhost.sh"

need prlimit

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
C=52:54:00:00:00:0c
D=52:54:00:00:00:0d

start_switch -v --segment lab --segment quiet
# A descriptor that is kept for each message would soon be one too many.
prlimit --pid "$switch_pid" --nofile=200:200 || bail 'no limit of descriptors'
vhost=$T/sw/lab/vhost
quiet=$T/sw/quiet

attach others "$VHOSTFRONT" "$quiet/vhost" echo "$D"
others=$pid
attach talk nice -n 19 "$VHOSTFRONT" -o packed "$quiet/vhost" \
	ping "$C" "$D" 4000000000 1000 4
talk=$pid
attach echo "$RAWPEER" "stream:$T/sw/lab/stream" echo "$B"
echo_pid=$pid

sum() { # SEGMENT KEY: of the numbers in its objects KEY
	"$CTL" -t "$T/sw" -j stats "$1" | grep -o "\"$2\":{[^}]*}" |
		grep -o ':[0-9]*' | cut -d: -f2 | awk '{ n += $1 } END { print n + 0 }'
}
n_frames() { # of the two who talk
	"$CTL" -t "$T/sw" -j stats quiet | grep -o '"rx":[0-9]*' | cut -d: -f2
}
n_dropped() { # whatever for
	sum lab drops
}
# Lines that say what somebody has done, who did not just go.
n_reasons() {
	grep 'port vhost-user[0-9]* is off segment lab: ' "$T/switch.log" |
		grep -vc 'closed its connection$'
}

"$VHOSTFRONT" "$vhost" ping "$A" "$B" 100 1514 8 >"$T/warm.log" 2>&1
result $? 'a guest that behaves'
keep_in_mind 3

# The document names all of them, and no others.
set -f # its patterns are for names, not for files
patterns=$(sed -n '/^| what | attacks/,/^$/p' "$TOP_SRCDIR/doc/vhost-guests.md" |
	cut -d'|' -f3 | grep -o '`[^`]*`' | tr -d '`')
all=$("$VHOSTFRONT" --list | cut -d' ' -f1)
undocumented() {
	for name in $all; do
		for pattern in $patterns; do
			# shellcheck disable=SC2254 # a pattern
			case $name in $pattern) continue 2 ;; esac
		done
		echo "$name"
	done
}
unknown() {
	for pattern in $patterns; do
		for name in $all; do
			# shellcheck disable=SC2254 # a pattern
			case $name in $pattern) continue 2 ;; esac
		done
		echo "$pattern"
	done
}
check 'every attack is in doc/vhost-guests.md' test -z "$(undocumented)"
check 'whatever is in there is an attack' test -z "$(unknown)"
set +f

# attack NAME OUTCOME
attack() {
	case $2 in
	closed) n_before=$(n_reasons) ;;
	dropped) n_before=$(n_dropped) ;;
	esac
	check "$1: $2" "$VHOSTFRONT" --attack "$1" "$vhost" "$A" "$B" || return
	case $2 in
	closed) # as often as there were connections
		n_want=$((n_before + $(grep -c '^closed' "$T/check.log")))
		wait_until "[ \$(n_reasons) -ge $n_want ]" && return
		result 1 "$1: the log says why"
		tail -n 3 "$T/switch.log" | sed 's/^/# /' ;;
	dropped)
		wait_until "[ \$(n_dropped) -gt $n_before ]" && return
		result 1 "$1: what is dropped is counted" ;;
	esac
}
"$VHOSTFRONT" --list >"$T/list"
while read -r name outcome; do
	[ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
	attack "$name" "$outcome"
done <"$T/list"
check_kept 'after all of them'
running "$switch_pid" && running "$echo_pid" && [ "$(n_ports)" -eq 3 ]
result $? 'the switch lives, and so do the other ports'
before=$(n_frames)
wait_until "[ \$(n_frames) -gt $((before + 1000)) ]" && running "$talk" &&
	[ "$(sum quiet drops)" -eq 0 ]
result $? 'the others have talked all the time, and have lost no frame'
diag "$T/talk.log" "$T/others.log"
stop "$talk"
stop "$others"
stop "$echo_pid"

stop_switch
finish
