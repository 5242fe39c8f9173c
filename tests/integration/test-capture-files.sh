#!/bin/sh
# Rings, marks, names, drops and the format pcap, as tshark sees them.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"
need tshark capinfos editcap socat

A=52:54:00:00:00:0a
B=52:54:00:00:00:0b
VDELAB_DIR=$T/sw
export VDELAB_DIR

traffic() { # N LEN
	timeout "$PATIENCE_S" "$RAWPEER" "stream:$T/sw/vlan1/stream" ping \
		"$A" "$B" "$1" "$2" 8 >"$T/ping.log" 2>&1 || bail 'no traffic'
}

# send HEX: a frame of these octets enters vlan1
send() {
	send_rest=$(printf '%08x' $((${#1} / 2)))$1
	while [ -n "$send_rest" ]; do
		printf "\\$(printf '%03o' "0x${send_rest%"${send_rest#??}"}")"
		send_rest=${send_rest#??}
	done | socat -u - "UNIX-CONNECT:$T/sw/vlan1/stream"
}

# fields FILE FIELD...: a line a frame; fails when tshark has complaints
fields() {
	fields_file=$1
	shift
	fields_args=
	for field; do
		fields_args="$fields_args -e $field"
	done
	# shellcheck disable=SC2086
	tshark -n -r "$fields_file" -T fields $fields_args \
		>"$T/fields" 2>"$T/tshark.log" &&
		! grep -qiE 'cut short|damaged|corrupt|malformed' \
			"$T/tshark.log" &&
		return 0
	diag "$T/tshark.log"
	return 1
}

start_switch --segment vlan1 --plugin capture --plugin link
attach echo "$RAWPEER" "stream:$T/sw/vlan1/stream" echo "$B"

# ---- configurations ----
# mistake COMMAND TEXT: --check-config finds it, on its line
mistake() {
	printf 'segment add vlan1\nplugin load capture\n%s\n' "$1" >"$T/wrong"
	"$SWITCH" --check-config --config "$T/wrong" >"$T/check.log" 2>&1
	[ $? -eq 2 ] && grep -q "wrong:3: .*$2" "$T/check.log"
	found=$?
	result $found "a mistake in a configuration is found: $1"
	[ $found -eq 0 ] || diag "$T/check.log"
}
mistake 'capture start vlan1 write x ring 4x16' '"4x16" is no ring'
mistake "capture start vlan1 write x filter 'tcp prot 80'" '"prot" is neither'
mistake 'capture name client 192.0.2.7' '"client" is no IPv4'

# ---- rings ----
id=$("$CTL" capture start vlan1 -w "$T/v.pcapng" --ring 3x64K)
traffic 200 1000
"$CTL" -j capture show "$id" >"$T/out"
grep -q "\"last_file\":\"$T/v-00000[0-9].pcapng\"" "$T/out" &&
	grep -q '"ring":{"files":3,"bytes":65536}' "$T/out"
result $? 'show tells of the ring'
"$CTL" capture stop "$id" >/dev/null
[ "$(ls "$T" | grep -c '^v-.*\.pcapng$')" -eq 3 ] && [ ! -e "$T/v.pcapng" ]
result $? 'the newest files are kept'
n=0
ok=0
for file in "$T"/v-*.pcapng; do
	fields "$file" frame.len eth.src && [ "$(stat -c %s "$file")" -le 65536 ] ||
		ok=1
	[ "$(cut -f1 "$T/fields" | sort -u)" = 1000 ] || ok=1
	n=$((n + $(wc -l <"$T/fields")))
done
result $ok 'each is whole, and not too large'
[ "$n" -gt 120 ] && [ "$n" -lt 400 ]
result $? 'together they have the newest frames'

id=$("$CTL" capture start vlan1 -w "$T/w.pcap" -C 1 -W 2 file-frames 100)
traffic 125 60
"$CTL" capture stop "$id" >/dev/null
[ "$(echo "$T"/w-*.pcap)" = "$T/w-000002.pcap $T/w-000003.pcap" ]
result $? "tcpdump's words work, too"
capinfos "$T/w-000002.pcap" 2>/dev/null | grep -q 'nanosecond pcap'
result $? 'a name in .pcap is of that format'
fields "$T/w-000003.pcap" frame.number && [ "$(wc -l <"$T/fields")" -eq 50 ]
result $? 'and tshark reads it'

runs() { # does any capture?
	"$CTL" -j capture show | grep -q '"running"'
}
"$CTL" capture vlan1 -w - --ring 2x1M 2>"$T/out"
[ $? -eq 2 ] && grep -q 'need a name' "$T/out"
result $? 'a ring into a pipe is refused'
start client "$CTL" capture vlan1 -w "$T/x.pcapng" --ring 2x5f
client_pid=$pid
wait_until runs
traffic 10 60
stop "$client_pid" INT
result $? 'a client has a ring for as long as it runs'
grep -q '^20 frames captured, 0 dropped' "$T/client.log" &&
	[ "$(echo "$T"/x*)" = "$T/x-000003.pcapng $T/x-000004.pcapng" ] &&
	! runs
result $? 'and it is complete'
start client "$CTL" capture vlan1 -w "$T/x.pcapng" --ring 2x5f
client_pid=$pid
wait_until runs
stop "$client_pid" KILL
wait_until '! runs'
result $? 'also when it is killed'
start client "$CTL" capture vlan1 -w "$T/x.pcapng" --ring 2x5f -c 3
client_pid=$pid
wait_until runs
traffic 10 60
wait_until "! running $client_pid"
wait "$client_pid"
result $? 'it ends with its capture'
grep -q '^3 frames captured' "$T/client.log"
result $? 'of so many frames'

for form in "$T/y.pcap" '- -F pcap'; do
	# shellcheck disable=SC2086 # words
	start client sh -c "exec '$CTL' capture vlan1 -c 2 -w $form >'$T/y2.pcap'"
	client_pid=$pid
	wait_until "'$CTL' -j capture show | grep -q '\"running\"'"
	traffic 5 60
	wait_until "! running $client_pid"
done
for file in "$T/y.pcap" "$T/y2.pcap"; do
	capinfos "$file" 2>/dev/null | grep -q 'nanosecond pcap' &&
		fields "$file" frame.number && [ "$(wc -l <"$T/fields")" -eq 2 ]
	result $? "a client asks for that format, too: ${file##*/}"
done

# ---- marks and names ----
check 'a station gets a name' "$CTL" capture name 192.0.2.7 alice
id=$("$CTL" capture start vlan1 -w "$T/m.pcapng" --comment 'run 7')
"$CTL" capture mark vlan1 'before all' >"$T/out" && grep -q '^1 capture marked' "$T/out"
result $? 'a mark tells how many captures have it'
traffic 1 60
"$CTL" capture mark vlan1 'the second' >"$T/out"
send ffffffffffff5254000000200800450000140000000040110000c0000207c0000208
wait_until "'$CTL' -j capture show '$id' | grep -q '\"frames\":3,'"
"$CTL" capture stop "$id" >/dev/null
fields "$T/m.pcapng" frame.number systemd_journal.message
[ "$(sed -n 1p "$T/fields")" = "1	before all" ] &&
	[ "$(sed -n 4p "$T/fields")" = "4	the second" ] &&
	[ "$(wc -l <"$T/fields")" -eq 5 ]
result $? 'marks stand among the frames'
tshark -N n -r "$T/m.pcapng" 2>/dev/null | grep -q 'alice .* 192.0.2.8'
result $? 'names take the place of addresses'
capinfos "$T/m.pcapng" 2>/dev/null | grep -q 'Capture comment: *run 7'
result $? 'the file has its comment'
editcap "$T/m.pcapng" "$T/m2.pcapng" 2>"$T/out" &&
	fields "$T/m2.pcapng" systemd_journal.message &&
	grep -q 'the second' "$T/fields"
result $? "Wireshark's tools take it"

# ---- drops ----
port=$("$CTL" -j port | sed -n 's/.*"name":"\([^"]*\)".*/\1/p')
id=$("$CTL" capture start vlan1 -w "$T/d.pcapng" --drops)
"$CTL" link set "$port" block out
send ffffffffffff52540000002008004500
wait_until "'$CTL' -j capture show '$id' | grep -q '\"frames\":2,'"
"$CTL" capture stop "$id" >/dev/null
fields "$T/d.pcapng" frame.interface_name frame.packet_flags_direction \
	frame.comment
[ "$(cut -f3 "$T/fields" | sed -n 1p)" = '' ] &&
	grep -q "^$port	0x00000002	dropped by link" "$T/fields"
result $? 'a dropped frame tells by whom'
"$CTL" link set "$port" unblock

# ---- delays ----
"$CTL" plugin load netem >"$T/out"
"$CTL" netem set "$port" delay 60ms dir out
id=$("$CTL" capture start vlan1 -w "$T/n.pcapng" -i "$port")
send ffffffffffff52540000002008004500
wait_until "'$CTL' -j capture show '$id' | grep -q '\"frames\":1,'"
"$CTL" capture stop "$id" >/dev/null
fields "$T/n.pcapng" frame.comment
[ "$(cat "$T/fields")" = 'netem: delayed' ]
result $? 'a frame tells that it was delayed'
id=$("$CTL" capture start vlan1 -w "$T/n.pcapng" -d both)
send ffffffffffff52540000002008004500
wait_until "'$CTL' -j capture show '$id' | grep -q '\"frames\":2,'"
"$CTL" capture stop "$id" >/dev/null
fields "$T/n.pcapng" frame.time_delta frame.comment
# From when it was told of, which on a busy machine is later than it came.
awk -F '\t' 'NR == 2 && $1 >= 0.03 && $2 == "netem: delayed" { ok = 1 }
	END { exit !ok }' "$T/fields"
result $? 'and by how much it was'
stop_switch
finish
