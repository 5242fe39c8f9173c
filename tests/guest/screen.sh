#!/bin/sh
# What a person at a machine would do: look at its screen, and type.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
is_png() {
	[ "$(od -A n -t x1 -N 8 "$1" | tr -d ' ')" = 89504e470d0a1a0a ]
}
"$vdelab" run --results "$work/results" "$top/tests/guest/screen.lua" \
	>"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'keys log a user in, and every screen is read'
for name in before m-1; do
	check "the screenshot $name is a picture" \
		is_png "$work/results/screen/$name.png"
done
check 'screenshots are events' test "$(grep -c '"type": *"screenshot"' \
	"$work/results/screen/log.jsonl")" -ge 2
check 'nothing is left of the run' soon 2 nothing_left
finish
