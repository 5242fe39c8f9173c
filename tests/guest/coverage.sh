#!/bin/sh
# The example coverage, on real guests: which machine ran which lines of the
# source that both share, one of them having lost its power meanwhile.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
command -v gcov >/dev/null ||
	{ echo '1..0 # SKIP there is no gcov'; exit 0; }
need_guests

example=$work/example
mkdir "$example"
for file in Makefile client.c coverage.lua protocol.c protocol.h server.c; do
	cp "$top/examples/coverage/$file" "$example/"
done
make -C "$example" >"$work/out" 2>&1 || { show "$work/out"; exit 99; }

"$vdelab" run --results "$work/results" "$example/coverage.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'examples/coverage passes'
left=$work/results/telegraph/coverage
report=$work/results/coverage

# called MACHINE FUNCTION TIMES: so often, by what the machine has counted
called() {
	tr '{' '\n' <"$left/$1.trace.json" | grep -q \
		"^\"execution_count\":$3,\"lineno\":[0-9]*,\"name\":\"$2\""
}

check 'the client has encoded' called client protocol_encode 3
check 'and not decoded' called client protocol_decode 0
check 'the server has decoded, before its power failed and after' \
	called server protocol_decode 3
check 'and not encoded' called server protocol_encode 0
check 'both have summed up' called client sum_of 3
check 'as has the server' called server sum_of 3
check 'what was counted before the power failed was taken then' \
	test -s "$left/server.1.tar" -a -s "$left/server.2.tar"

# line TEXT: its number in the shared source
line() {
	grep -nF "$1" "$example/protocol.c" | cut -d: -f1
}

# only_ran MACHINE TEXT: the summary says so of that line
only_ran() {
	awk -v who="$1" -v line="$(line "$2")" '
		/^  [^ ]/ { here = $1 == "protocol.c" }
		here && $1 == "only" && $2 == who {
			gsub(/,/, "")
			for (i = 4; i <= NF; i++) {
				split($i "-" $i, ends, "-")
				if (line >= ends[1] && line <= ends[2])
					found = 1
			}
		}
		END { exit !found }' "$report/summary.txt"
}
check 'the report tells lines that only the client ran' \
	only_ran client 'return snprintf(line'
check 'from lines that only the server ran' \
	only_ran server 'memcpy(text, end'
nobody=$(grep -nF 'return -1;' "$example/protocol.c" | cut -d: -f1 |
	paste -sd, - | sed 's/,/, /g')
check 'and from those for a damaged line, which nobody sent' \
	grep -qx "    nobody ran $nobody" "$report/summary.txt"
[ $n_failed -eq 0 ] || show "$report/summary.txt"

# hits TEXT: how often that line ran, by the report of all
hits() {
	sed -n '/filename="protocol.c"/,/<\/class>/s/.*number="'"$(line "$1")"'" hits="\([0-9]*\)".*/\1/p' \
		"$report/cobertura.xml"
}
if command -v gcovr >/dev/null; then
	check 'both are in one file of the combined report' \
		test "$(hits 'return snprintf(line')" = 3 -a \
		"$(hits 'memcpy(text, end')" = 3
	check 'and so is what both ran' \
		test "$(hits 'unsigned sum = 0;')" = 6
	check 'there is a page for each file' \
		test -s "$report/index.html" -a -n \
		"$(ls "$report"/index.protocol.c.*.html)"
fi
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
