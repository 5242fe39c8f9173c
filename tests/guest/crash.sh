#!/bin/sh
# The example crash, on real guests.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
run_example crash
