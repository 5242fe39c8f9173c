#!/bin/sh
# The table of tests in a headless Chromium: found in, sorted, followed.
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/guest/lib.sh"
plain_build_only
python=/usr/bin/python3
[ -x "$python" ] || { echo '1..0 # SKIP python3 is not installed'; exit 0; }
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$top/tests/page/index.py" \
	"$build/out/bin/vdelab"
