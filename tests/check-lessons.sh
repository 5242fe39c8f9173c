#!/bin/sh
# Every test that doc/lessons.md names is there.
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}/tests/plain-build.sh"
plain_build_only
top=${TOP_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}
doc=$top/doc/lessons.md
missing=

for name in $(sed -n '/^| what/,$p' "$doc" | cut -d'|' -f4 |
	grep -oE '[a-z0-9]+(_[a-z0-9]+){2,}' | grep -v '^test_' | sort -u); do
	grep -qsF "START_TEST($name)" "$top"/tests/unit/*.c ||
		missing="$missing $name"
done
for file in $(grep -oE '[a-z-]+\.sh' "$doc" | sort -u); do
	[ -e "$top/tests/guest/$file" ] || [ -e "$top/tests/integration/$file" ] ||
		missing="$missing $file"
done
for program in $(grep -oE '\btest_[a-z_]+' "$doc" | sort -u); do
	[ -e "$top/tests/unit/$program.c" ] || missing="$missing $program"
done
echo 1..1
if [ -z "$missing" ]; then
	echo 'ok 1 - every test that doc/lessons.md names is there'
else
	echo "# not there:$missing"
	echo 'not ok 1 - every test that doc/lessons.md names is there'
	exit 1
fi
