#!/bin/sh
# The example nat, on real guests.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
try_example nat
check 'captures know the machines' names_in "$work/results/nat/vlan2.pcapng" \
	router server
finish
