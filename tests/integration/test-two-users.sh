#!/bin/sh
# Two users of one host run the same test at once: neither is in the other's way,
# and neither gets at the other's sockets, or through to a port of a guest.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need setpriv socat

# an ordinary user has others below him, where there are entries in /etc/subuid
if [ "$(id -u)" -ne 0 ]; then
	why=$(unshare --map-root-user --map-auto \
		setpriv --reuid 61100 --regid 61100 --groups 61100 true 2>&1) ||
		skip_all "neither root nor with subordinate users: $why"
	rm -rf "$T" # it gets another
	exec unshare --map-root-user --map-auto "$0"
fi

ANN=61001
BEN=61002
chmod 711 "$T"
# where they may read, however this tree lies
cp -r "$TOP_BUILDDIR/out" "$T/out"
cp "$RAWPEER" "$T/out/bin/"
chmod -R a+rX "$T/out"
# No guest starts: its sockets are there from the beginning of the run.  Its
# shell has no name that anybody could open.
: >"$T/kernel"
cat >"$T/same.lua" <<'END'
return {
  name = "same",
  nodes = {
    vm = {
      kernel = "./kernel", vlans = { 1 },
      forward_ports = { { guest = 80 }, { guest = 80, host = 0 } },
    },
  },
  test_script = function() sleep(600) end,
}
END
chmod 644 "$T/kernel" "$T/same.lua"

# as UID COMMAND...
as=$T/as
cat >"$as" <<END
#!/bin/sh
uid=\$1
shift
exec setpriv --reuid "\$uid" --regid "\$uid" --clear-groups env -u TMPDIR \
	HOME="$T/\$uid" XDG_RUNTIME_DIR="$T/\$uid/run" "\$@"
END
chmod 755 "$as"

begin() { # UID
	mkdir "$T/$1" "$T/$1/run"
	chmod 711 "$T/$1"
	chown -R "$1" "$T/$1"
	start "run-$1" "$as" "$1" "$T/out/bin/vdelab" run --results "$T/$1/results" "$T/same.lua"
}

log_of() {
	echo "$T/$1/results/same/log.jsonl"
}

# place UID PATTERN: where the log says that the guest is reached
place() {
	sed -n 's/.*"text":"\([^ ]*\) leads to port 80".*/\1/p' \
		"$(log_of "$1")" | grep "$2"
}

running_script() { # UID
	grep -q '"kind":"sleep"' "$(log_of "$1")" 2>/dev/null
}

begin "$ANN"
ann=$pid
begin "$BEN"
ben=$pid
wait_until "running_script $ANN && running_script $BEN"
running_script "$ANN" && running_script "$BEN"
result $? 'both run' || diag "$T/run-$ANN.log" "$T/run-$BEN.log"

run_dir() { # UID
	find "$T/$1/run/vdelab" -maxdepth 1 -name 'run-*' -type d
}

# keeps NAME OWNER OTHER: what is OWNER's is kept from OTHER
keeps() {
	dir=$(run_dir "$2")
	[ "$(stat -c '%a %u' "$dir")" = "700 $2" ]
	result $? "$1: the run's directory is its user's alone"
	check_fails "$1: the other does not see what is in it" \
		"$as" "$3" ls "$dir"
	# the directories may be opened by mistake: the sockets are not
	chmod 755 "$T/$2/run" "$T/$2/run/vdelab" "$dir" "$dir/switch" \
		"$dir/switch/vlan1"
	n=0
	open=
	# shellcheck disable=SC2044 # our own names
	for socket in $(find "$dir" -type s); do
		n=$((n + 1))
		"$as" "$3" socat -u OPEN:/dev/null "UNIX-CONNECT:$socket" \
			2>/dev/null && open="$open $socket"
	done
	[ "$n" -ge 4 ] && [ -z "$open" ]
	result $? "$1: none of $n sockets lets the other in$open"
	check_fails "$1: nor does the switch" "$as" "$3" \
		"$T/out/bin/vdelabctl" -t "$dir/switch" info
	check "$1: which talks to its user" "$as" "$2" \
		"$T/out/bin/vdelabctl" -t "$dir/switch" info
	check_fails "$1: no frame gets in" "$as" "$3" timeout "$PATIENCE_S" \
		"$T/out/bin/rawpeer" "v3:$dir/switch/vlan1" say 52:54:00:00:00:0a
	port=$(place "$2" '^127.0.0.1:')
	"$as" "$3" timeout "$PATIENCE_S" socat - "TCP:$port" </dev/null >"$T/got" 2>&1
	[ ! -s "$T/got" ] || grep -q reset "$T/got"
	result $? "$1: no byte comes from the guest's port"
	wait_until "grep -q '$port: a caller was refused: it is user $3' \
		'$(log_of "$2")'"
	grep -q "$port: a caller was refused: it is user $3" "$(log_of "$2")"
	result $? "$1: who called is told"
	chmod 700 "$dir"
}

keeps first "$ANN" "$BEN"
keeps second "$BEN" "$ANN"
# as for their own user, who is let in (and finds no guest)
"$as" "$ANN" timeout "$PATIENCE_S" socat - "TCP:$(place "$ANN" '^127.0.0.1:')" </dev/null
! grep -q "refused: it is user $ANN" "$(log_of "$ANN")"
result $? 'their own user is not refused'

for who in "$ann:$ANN" "$ben:$BEN"; do
	kill -TERM "${who%%:*}"
	wait "${who%%:*}"
	[ $? -eq 143 ] && [ -z "$(run_dir "${who##*:}")" ]
	result $? "the run of ${who##*:} ends, and leaves nothing"
done
finish
