#!/bin/sh
# Ways into a guest and out of it: who reaches a forwarded port, and what a guest
# reaches of the host; and two users who run the same test at once.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
for tool in busybox curl socat; do
	command -v "$tool" >/dev/null ||
		{ echo "1..0 # SKIP $tool is not installed"; exit 0; }
done

# What is outside: a server of this host.
mkdir "$work/www"
echo outside >"$work/www/index.html"
serve_outside() {
	for try in 1 2 3 4 5 6 7 8 9; do
		LISTENER=$((20000 + ($$ * try * 7919) % 40000))
		busybox httpd -f -p "127.0.0.1:$LISTENER" -h "$work/www" \
			2>/dev/null &
		started=$!
		soon 2 curl -s "http://127.0.0.1:$LISTENER/" >"$work/page" &&
			kill -0 "$started" && return
	done
	return 1
}
serve_outside || { echo 'Bail out! no server outside'; exit 99; }
SOCKET_81=$work/81.sock
export LISTENER SOCKET_81

log=$work/results/forward/log.jsonl
"$vdelab" run --results "$work/results" "$top/tests/guest/forward.lua" \
	>"$work/out" 2>&1 &
run=$!
started="$started $run"

# place WHAT PORT: where the log says that PORT of server is reached
place() {
	sed -n 's/.*"machine":"server","text":"\([^ ]*\) leads to port '"$2"'[",].*/\1/p' \
		"$log" | grep "$1" | head -n 1
}

told() { # WHAT PORT
	[ -s "$log" ] && [ -n "$(place "$1" "$2")" ]
}

says() { # TEXT CURL-ARG...
	says=$1
	shift
	[ "$(curl -s --max-time 20 "$@")" = "$says" ]
}

says_bye() {
	[ "$(socat -u "UNIX-CONNECT:$end" - 2>/dev/null)" = bye ]
}

check 'the log tells where the guest is reached' soon 60 told socket 80
socket=$(place 80.socket 80)
port=$(place 127.0.0.1 80)
# It boots still: this waits for its ARP, and may find nobody at the port yet.
check 'a socket leads to the guest' soon 60 says hello --unix-socket \
	"$socket" http://server/
check 'a port does, too' says hello "http://$port/"
check 'so does a socket made before the guest was up' soon 30 says hello \
	--unix-socket "$SOCKET_81" http://server/
check 'sockets are their owner'"'"'s alone' sh -c \
	"[ \$(stat -c %a '$socket') = 600 ] && [ \$(stat -c %a '$SOCKET_81') = 600 ]"
# as somebody else, where there is one
if [ "$(id -u)" -eq 0 ]; then
	stranger="setpriv --reuid 61001 --regid 61001 --clear-groups"
	$stranger curl -s --max-time 5 "http://$port/" >"$work/stolen"
	rc=$? # reset, or closed
	{ [ $rc -eq 56 ] || [ $rc -eq 52 ]; } && [ ! -s "$work/stolen" ]
	result $? 'another user is refused at the port, without a byte'
	check 'which is in the log' soon 5 grep -q \
		"$port: a caller was refused: it is user 61001" "$log"
	! $stranger curl -s --max-time 5 --unix-socket "$SOCKET_81" \
		http://server/ >/dev/null
	result $? 'and at the socket'
	check 'a port is public if that is asked for' soon 30 told 127.0.0.1 81
	[ "$($stranger curl -s --max-time 10 "http://$(place 127.0.0.1 81)/")" \
		= hello ]
	result $? 'then anybody gets through'
fi
check 'a forward may come later' soon 30 told socket 99
end=$(place 99.socket 99)
check 'it leads to the guest' soon 30 says_bye
check 'the next guest is reached at the same place' soon 60 says again \
	--unix-socket "$socket" http://server/
check 'and at the one that came later' soon 30 says_bye
wait "$run"
result $? 'the test passes'
show "$work/out"
check 'nothing is left of the run' soon "$patience_s" nothing_left
[ ! -e "$SOCKET_81" ]
result $? 'nor the socket'
finish
