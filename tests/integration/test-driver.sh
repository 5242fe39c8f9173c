#!/bin/sh
# vdelab without guests: mistakes in test files, and in how it is called, are
# told in one clear line each, with the right exit code, before anything starts.
set -u
top=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${TOP_BUILDDIR:-$top/build}
vdelab=$build/out/bin/vdelab
work=$(mktemp -d "${TMPDIR:-/tmp}/vdelab-test.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
XDG_RUNTIME_DIR=$work/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
export XDG_RUNTIME_DIR
n=0 failed=0

# expect CODE NAME PATTERN COMMAND...: it ends with CODE, says PATTERN on
# stderr or stdout, and has started nothing
expect() {
	want=$1 name=$2 pattern=$3
	shift 3
	n=$((n + 1))
	"$@" >"$work/out" 2>&1
	rc=$?
	if [ $rc -eq "$want" ] && grep -Eq -- "$pattern" "$work/out" &&
		[ -z "$(ls "$work/run")" ] && [ ! -e "$work/results" ]; then
		echo "ok $n - $name"
		return
	fi
	failed=$((failed + 1))
	echo "# exit code $rc, wanted $want; wanted to read: $pattern"
	sed 's/^/#   /' "$work/out"
	echo "not ok $n - $name"
}

run() {
	"$vdelab" run --results "$work/results" "$@"
}

# file NODES SCRIPT: a test file
file() {
	cat >"$work/t.lua" <<END
return {
	name = "t",
	nodes = {
		client = {
			$1
		},
		server = {},
	},
	test_script = function()
		$2
	end,
}
END
}

file '' 'client:suceed("true")'
expect 2 'a misspelt method is told, with its line and the right name' \
	't\.lua:10: .*suceed.*succeed' run "$work/t.lua"
expect 2 'vdelab check tells the same' 't\.lua:10: .*suceed' \
	"$vdelab" check "$work/t.lua"
file '' 'cliant:succeed("true")'
expect 2 'an unknown node is told' 't\.lua:10: .*cliant.*client' \
	run "$work/t.lua"
file '' 'client:succeed("true", { timout = 3 })'
expect 2 'an unknown option is told' 't\.lua:10: .*timout.*timeout' \
	run "$work/t.lua"
file '' 'client:wait_for_open_port("http")'
expect 2 'an argument of another type is told' 't\.lua:10: .*port' \
	run "$work/t.lua"
file 'vlans = { 0 }' ''
expect 2 'vlan 0 is told' 't\.lua:5: .*vlan.*1.*254' run "$work/t.lua"
file 'kernel = "./no-such-kernel"' ''
expect 2 'an image that is missing is told' 't\.lua:5: .*no-such-kernel' \
	run "$work/t.lua"
file 'memroy = 3' ''
expect 2 'an unknown key is told' 't\.lua:5: .*memroy.*memory' run "$work/t.lua"
file '' 'if then'
expect 2 'a syntax error is told' 't\.lua:10: ' run "$work/t.lua"
file 'vlans = { 0 }, cpus = 0' 'client:suceed("x") server:nope()'
expect 2 'every mistake is told, not only the first' 'nope' run "$work/t.lua"
expect 2 'a missing file is told' 'nothing.lua' run "$work/nothing.lua"
file '' 'client:succeed("true")'
expect 4 'a missing QEMU is told, with the package that brings it' \
	'qemu-system-x86' env QEMU=/nonexistent/qemu-system-x86_64 \
	"$vdelab" run --results "$work/results" "$work/t.lua"
expect 0 'a file without mistakes is ok' 't\.lua: ok' \
	"$vdelab" check "$work/t.lua"
for example in "$top"/examples/*.lua "$top"/tests/guest/*.lua; do
	# Its disks are made by disks.sh, beside a copy of it.
	[ "${example##*/}" != disks.lua ] || continue
	expect 0 "vdelab check accepts ${example##*/}" ': ok' \
		"$vdelab" check "$example"
done
sed 's/client/other/' "$work/t.lua" >"$work/u.lua"
expect 2 'two tests of one name are told, with both files' \
	'u\.lua: .*"t".*t\.lua' run "$work/t.lua" "$work/u.lua"
expect 2 'a seed that is no whole number is told' 'seed' \
	run --seed 1.5 "$work/t.lua"
expect 2 'an accelerator that does not exist is told' 'accel.*auto, kvm or tcg' \
	run --accel xen "$work/t.lua"
expect 2 'no file is a usage error' 'FILE' "$vdelab" run
expect 2 'an unknown option of the command line is told' 'resluts' \
	"$vdelab" run --resluts x "$work/t.lua"
expect 2 'a number out of range is told' 'timeout-scale' \
	run --timeout-scale 0 "$work/t.lua"
expect 2 'an unknown command is told' 'rnu' "$vdelab" rnu
expect 0 'help names the commands' 'image' "$vdelab" --help
expect 0 'the version is told' '[0-9]\.[0-9]' "$vdelab" --version

echo "1..$n"
[ $failed -eq 0 ]
