#!/bin/sh
# Python programs and vdelab: the client by itself, and with runs of machines
# that are none.
: "${TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${TOP_BUILDDIR:=$PWD}"
python=${PYTHON-/usr/bin/python3}
[ -x "$python" ] ||
	{ echo "1..0 # SKIP $python is not installed"; exit 0; }
TOP_BUILDDIR=$(cd "$TOP_BUILDDIR" && pwd)
export TOP_BUILDDIR PYTHONDONTWRITEBYTECODE=1
exec timeout 120 "$python" "$TOP_SRCDIR/tests/python/tap.py"
