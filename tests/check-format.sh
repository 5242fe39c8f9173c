#!/bin/sh
# Fails when clang-format would change a file.
. "${TOP_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}/tests/plain-build.sh"
plain_build_only
set -u
cd "${TOP_SRCDIR:-$(dirname "$0")/..}" || exit 99
if ! command -v clang-format >/dev/null; then
	echo '1..0 # SKIP clang-format is not installed'
	exit 0
fi
echo 1..1
out=$(find lib switch plugins driver tools bench tests include examples \
	-name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror 2>&1 |
	grep -E '^[^ ]+: error' | cut -d: -f1 | sort | uniq -c)
if [ -z "$out" ]; then
	echo 'ok 1 - clang-format finds nothing to change'
else
	echo "$out" | sed 's/^/# /'
	echo 'not ok 1 - clang-format finds nothing to change (make format)'
	exit 1
fi
