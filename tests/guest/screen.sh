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

# Its BIOS is enough to have a screen.
cat >"$work/fails.lua" <<X
return { name = "fails", nodes = { a = { display = true }, b = {} },
test_script = function()
  a:wait_for_text("SeaBIOS", { timeout = 20 })
  error("as it should be")
end }
X
"$vdelab" run --results "$work/results" "$work/fails.lua" >"$work/out" 2>&1
rc=$?
show "$work/out"
check 'a test that fails has failed' test $rc -eq 1
check 'and shows the screens of its machines' \
	is_png "$work/results/fails/failed-a.png"
check 'those that run, and have one' \
	test ! -e "$work/results/fails/failed-b.png"
check 'its error is the one that it had' grep -q 'as it should be' "$work/out"
check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
