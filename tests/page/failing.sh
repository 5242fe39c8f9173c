#!/bin/sh
# examples/failing on real guests: its report, in a headless Chromium, says to
# whoever was not there why it failed.
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/guest/lib.sh"
plain_build_only
python=/usr/bin/python3
[ -x "$python" ] || { echo '1..0 # SKIP python3 is not installed'; exit 0; }
command -v chromium >/dev/null ||
	{ echo '1..0 # SKIP chromium is not installed'; exit 0; }
need_guests
"$vdelab" run --timeout-scale 1 --results "$work/results" \
	"$top/examples/failing/failing.lua" >"$work/out" 2>&1
rc=$?
show "$work/out"
PYTHONDONTWRITEBYTECODE=1 "$python" "$top/tests/page/failing.py" \
	"$rc" "$work/results/failing"
