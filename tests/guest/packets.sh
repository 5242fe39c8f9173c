#!/bin/sh
# The example packets, on real guests.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
run_example packets
