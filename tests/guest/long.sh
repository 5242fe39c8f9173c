#!/bin/sh
# Eight guests for a long time, with traffic, commands and consoles that never
# stop: the driver and the switch need no more memory in the end than a run may,
# the report is no larger than it may be, and says what it leaves out.
#
#	MINUTES=30 make long
#
# No part of `make check`.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
: "${MINUTES:=30}"
: "${RSS_MAX_KIB:=204800}"    # of the driver; of the switch
: "${REPORT_MAX_BYTES:=20971520}"
: "${SAMPLE_S:=5}"
need_guests
sed "s/^local MINUTES = .*/local MINUTES = $MINUTES/" "$top/tests/guest/long.lua" \
	>"$work/long.lua"

# sample: a line "NAME KIB" for each process of ours that is no guest
sample() {
	for pid in $(run_processes); do
		awk '/^Name:/ { name = $2 } /^VmRSS:/ { print name, $2 }' \
			"/proc/$pid/status" 2>/dev/null
	done | grep -v '^qemu'
}

# most_of NAME: the most that one of that name ever had
most_of() {
	awk -v name="$1" '$1 == name && $2 > most { most = $2 }
		END { print most + 0 }' "$work/samples"
}

"$vdelab" run --results "$work/results" "$work/long.lua" >"$work/out" 2>&1 9>&- &
run=$!
started=$run
began=$(date +%s)
while kill -0 "$run" 2>/dev/null; do
	sample >"$work/sample"
	cat "$work/sample" >>"$work/samples"
	now=$(($(date +%s) - began))
	[ $((now / 60)) -eq "${told:--1}" ] || {
		told=$((now / 60))
		echo "# $now s: $(tr '\n' ' ' <"$work/sample")"
	}
	sleep "$SAMPLE_S"
done
wait "$run"
rc=$?
tail -n 5 "$work/out" | cut -c1-200 | show
result $rc "eight machines, $MINUTES minutes"

results=$work/results/long
echo "# $(wc -l <"$results/log.jsonl") events," \
	"$(stat -c %s "$results/log.jsonl") octets of log;" \
	"$(du -cb "$results"/*.pcapng | tail -n 1 | cut -f1) of captures"
for name in vdelab vdelab-switch; do
	most=$(most_of $name)
	echo "# $name: $most KiB at most"
	[ "$most" -gt 0 ] && [ "$most" -lt "$RSS_MAX_KIB" ]
	result $? "$name has less than $RSS_MAX_KIB KiB"
done
is_bounded() {
	[ "$(stat -c %s "$1")" -lt "$2" ]
}
check 'each line of the log is an event that is known' \
	"$build/tests/integration/checklog" "$results/log.jsonl"
check 'what the shouting console has said too much is told' \
	grep -q '"left-out","of":"serial","machine":"n8"' "$results/log.jsonl"
check 'captures are whole' grep -q '"capture",.*"left_out":0' \
	"$results/log.jsonl"
if [ -e "$results/report.html" ]; then
	echo "# report.html: $(stat -c %s "$results/report.html") octets"
	check 'the report is small enough' is_bounded "$results/report.html" \
		"$REPORT_MAX_BYTES"
	check 'and says what it leaves out' grep -q '"left_out":\[{' \
		"$results/report.html"
fi
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
