#!/bin/sh
# Fails when a file includes across a border of the house (HACKING.md).
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}/tests/plain-build.sh"
plain_build_only
set -u
cd "${TOP_SRCDIR:-$(dirname "$0")/..}" || exit 99
bad=0
echo 1..1

# deny DIR PATTERN [GLOB [EXCEPT]]: no file under DIR may include PATTERN, an
# extended regular expression on what follows the quote or angle bracket; files
# whose path matches EXCEPT are let off.
deny() {
	hits=$(grep -rnE "^#[[:space:]]*include [<\"]($2)" "$1" \
		--include="${3:-*.[ch]}" 2>/dev/null |
		grep -vE "${4:-^$}")
	[ -z "$hits" ] && return
	echo "# border: $1 may not include $2:"
	echo "$hits" | sed 's/^/#   /'
	bad=1
}

deny lib '(switch|driver|tools|plugins|vdelab)/'
deny switch '(driver|tools|plugins)/'
deny switch/ports 'switch/(fdb|segment|pipeline|plugin|port|switch|rpc)[-.]'
deny plugins '(lib|switch|driver|tools)/'
deny driver '(switch|plugins|tools|vdelab)/'
deny driver/packet 'driver/[^p]|event2/|pcap|jansson|lib/(json|rpc|clock|process)'
deny tools '(switch|plugins|driver|vdelab)/'
deny bench '(switch|plugins|driver|tools|vdelab)/' '*.[ch]' '^bench/plugin/'
deny bench/plugin '(lib|switch|bench|driver|tools)/'
# libevent stays out of headers: forward declare struct event_base
for dir in lib switch driver tools plugins bench; do
	deny "$dir" 'event2/' '*.h'
done
for dir in lib switch plugins tools driver bench; do
	deny "$dir" '(lua|lauxlib|lualib)' '*.[ch]' '^driver/script/'
done
for dir in lib switch driver; do
	deny "$dir" 'pcap' '*.h'
done

if [ $bad -eq 0 ]; then
	echo 'ok 1 - no file includes across a border'
else
	echo 'not ok 1 - no file includes across a border'
fi
exit $bad
