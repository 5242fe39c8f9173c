#!/bin/sh
# Every test there is is listed in a makefile: one that is not never runs.
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}/tests/plain-build.sh"
plain_build_only
top=${TOP_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$top" || exit 99
listed=$(cat Makefile.am ./*/local.mk ./*/*/*.mk)
missing=

for file in tests/integration/test-*.sh tests/guest/*.sh tests/page/*.sh tests/check-*.sh \
	tests/unit/test_*.c tests/fuzz/fuzz_*.c tests/integration/test_*.c; do
	name=${file##*/}
	printf '%s\n' "$listed" |
		grep -qE "/${name%.[ch]}(\.c)?([^a-z0-9_.-]|\$)" ||
		missing="$missing $file"
done
echo 1..1
if [ -z "$missing" ]; then
	echo 'ok 1 - every test is listed in a makefile'
else
	echo "# not listed:$missing"
	echo 'not ok 1 - every test is listed in a makefile'
	exit 1
fi
