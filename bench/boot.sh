#!/bin/sh
# boot.sh: how long guests take from the start of QEMU to the answer of their
# shell, and to the end of their first command (which comes after names,
# addresses and files have been given to them).
set -eu
export LC_ALL=C

prog=${0##*/}
here=$(cd "$(dirname "$0")" && pwd)
vdelab=${TOP_BUILDDIR:-$here/../build}/out/bin/vdelab

usage() {
	cat <<END
usage: $prog [--runs N] [--machines N,...] [--init NAME,...] [-- ARGUMENT...]

Boots so many machines at once, so often, and prints the median over all of them
and the slowest.  Without KVM the host should be idle.

  --runs N           how often each row is measured (10)
  --machines N,...   how many machines at once, a row each (1,3)
  --init NAME,...    which images, a row each (busybox,systemd)
  ARGUMENT...        for vdelab run, such as --snapshot auto

One run before those of a row is not counted: it makes the image, and the state.
END
}

die() {
	echo "$prog: $*" >&2
	exit 2
}

runs=10 machines=1,3 inits=busybox,systemd
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		usage
		exit
		;;
	--)
		shift
		break
		;;
	--runs | --machines | --init)
		[ $# -ge 2 ] || die "$1 needs an argument"
		case $1 in
		--runs) runs=$2 ;;
		--machines) machines=$2 ;;
		--init) inits=$2 ;;
		esac
		shift
		;;
	*) die "what is '$1'? (--help)" ;;
	esac
	shift
done
case $runs,$machines in
*[!0-9,]* | *,,*) die '--runs and --machines are numbers' ;;
esac
[ -x "$vdelab" ] || die "there is no $vdelab: build it, or set TOP_BUILDDIR"

work=$(mktemp -d "${TMPDIR:-/tmp}/vdelab-boot.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# test_file INIT N: N machines of that image, each of which answers once
test_file() {
	cat <<END
local nodes = {}
for i = 1, $2 do
	nodes["m" .. i] = { init = "$1" }
end
return {
	name = "boot",
	nodes = nodes,
	test_script = function()
		start_all()
		local tasks = {}
		for i, m in ipairs(machines) do
			tasks[i] = function()
				m:succeed("true")
				m:log("has answered")
			end
		end
		parallel(table.unpack(tasks))
	end,
}
END
}

# times_in LOG: "shell SECONDS" and "command SECONDS" lines, from each machine's start
times_in() {
	sed -n -e 's/.*"t":\([0-9.]*\),"type":"machine\.\(started\|ready\)","machine":"\([^"]*\)".*/\2 \3 \1/p' \
		-e 's/.*"t":\([0-9.]*\),"type":"log".*"text":"\([^:"]*\): has answered".*/answered \2 \1/p' \
		"$1" | awk '
	$1 == "started" { began[$2] = $3 }
	$1 == "ready" { print "shell", $3 - began[$2] }
	$1 == "answered" { print "command", $3 - began[$2] }'
}

# summary WHAT: median and maximum of its times
summary() {
	sed -n "s/^$1 //p" "$work/times" | sort -n | awk '
	{ t[NR] = $1 }
	END {
		if (NR == 0)
			exit 1
		printf "%6.2f %7.2f", (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2, t[NR]
	}'
}

printf '%-8s %8s %5s   %14s   %14s\n' '' '' '' 'shell (s)' 'command (s)'
printf '%-8s %8s %5s   %6s %7s   %6s %7s\n' init machines runs median slowest \
	median slowest
for init in $(echo "$inits" | tr , ' '); do
	for n in $(echo "$machines" | tr , ' '); do
		test_file "$init" "$n" >"$work/boot.lua"
		i=0
		while [ $i -le "$runs" ]; do
			"$vdelab" run "$@" --results "$work/results" \
				"$work/boot.lua" >"$work/out" 2>&1 || {
				cat "$work/out" >&2
				exit 1
			}
			[ $i -eq 0 ] ||
				times_in "$work/results/boot/log.jsonl"
			i=$((i + 1))
		done >"$work/times"
		[ "$(grep -c ^shell "$work/times")" -eq $((runs * n)) ] ||
			die 'the log has not what was looked for'
		printf '%-8s %8d %5d   %s   %s\n' "$init" "$n" "$runs" \
			"$(summary shell)" "$(summary command)"
	done
done
