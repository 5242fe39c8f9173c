#!/bin/sh
# The example nat, on real guests.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
try_example nat
check 'captures know the machines' names_in "$work/results/nat/vlan2.pcapng" \
	router server
if command -v capinfos >/dev/null; then
	capinfos "$work/results/nat/vlan1.pcapng" 2>/dev/null |
		grep -q 'Capture comment: *nat, seed [0-9]'
	result $? 'and tell which run they are of'
fi
finish
