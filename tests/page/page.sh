#!/bin/sh
# report.html in a headless Chromium: whatever a reader does with it, and
# whatever guests have printed.
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/guest/lib.sh"
plain_build_only
python=/usr/bin/python3
[ -x "$python" ] || { echo '1..0 # SKIP python3 is not installed'; exit 0; }
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$top/tests/page/page.py" \
	"$build/driver/report/page.html"
