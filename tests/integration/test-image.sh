#!/bin/sh
# The guest image: is built as an ordinary user and once only, says clearly what
# is wrong, boots to a shell on the virtio console and on TCP port 514, and ends
# when it is told to.
# shellcheck disable=SC2016 # the guest expands
# shellcheck disable=SC2317 # called by name
# shellcheck disable=SC2086 # $as_user is a list of words
set -u
top=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top/tests/plain-build.sh"
plain_build_only
builder=${TOP_BUILDDIR:-$top}/out/libexec/vdelab/build-image
[ -x "$builder" ] || builder=$top/tools/image/build-image
qemu=${QEMU:-qemu-system-x86_64}
deadline_s=${TEST_DEADLINE_S:-90}

for need in "$qemu" socat apt-get mksquashfs; do
	if ! command -v "$need" >/dev/null; then
		echo "1..0 # SKIP $need is not installed"
		exit 0
	fi
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/vdelab-image.XXXXXX") || exit 99
n=0 failed=0 guest='' bridge=''

# ok NAME: the verdict is the status of the command before
ok() {
	status=$?
	n=$((n + 1))
	if [ $status -eq 0 ]; then
		echo "ok $n - $1"
		return
	fi
	echo "not ok $n - $1"
	failed=1
	for file in "$dir"/err "$dir"/answer "$dir"/serial; do
		[ -s "$file" ] || continue
		tail -n 15 "$file" | sed "s,^,# ${file##*/}: ,"
	done
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

finish() {
	stop_bridge
	stop_guest
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
trap '' PIPE

# manifest_value NAME
manifest_value() {
	sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$dir/manifest"
}

# ---- guests

# start_guest PARAMETERS ARGUMENT...: boot the image of $dir/manifest
start_guest() {
	parameters=$1
	shift
	: >"$dir/serial"
	"$qemu" -machine q35 -accel tcg -cpu qemu64,+rdrand -m 256 -nodefaults \
		-no-user-config -display none -no-reboot \
		-kernel "$(manifest_value kernel)" \
		-initrd "$(manifest_value initrd)" \
		-append "$(manifest_value append) $parameters" \
		-drive "if=none,id=root,format=raw,readonly=on,file=$(manifest_value root)" \
		-device virtio-blk-pci,drive=root,serial=vdelab-root \
		-serial "file:$dir/serial" \
		-qmp "unix:$dir/qmp,server=on,wait=off" \
		"$@" </dev/null >"$dir/qemu" 2>&1 &
	guest=$!
}

stop_guest() {
	[ -n "$guest" ] || return
	kill "$guest" 2>/dev/null
	wait "$guest" 2>/dev/null
	guest=''
}

# guest_ends: by itself, before the deadline, and well
guest_ends() {
	i=$((deadline_s * 10))
	while kill -0 "$guest" 2>/dev/null && [ $i -gt 0 ]; do
		sleep 0.1
		i=$((i - 1))
	done
	[ $i -gt 0 ] || return 1
	wait "$guest"
	status=$?
	guest=''
	return $status
}

# open_shell ADDRESS: bytes written to 9 go to the guest, its answers come on 8
open_shell() {
	rm -f "$dir/to" "$dir/from"
	mkfifo "$dir/to" "$dir/from"
	socat "$1,retry=200,interval=0.1" - <"$dir/to" >"$dir/from" \
		2>>"$dir/socat" &
	bridge=$!
	exec 9>"$dir/to" 8<"$dir/from"
}

stop_bridge() {
	exec 9>&- 8<&-
	[ -n "$bridge" ] || return 0
	kill "$bridge" 2>/dev/null
	wait "$bridge" 2>/dev/null
	bridge=''
}

# in_guest TEXT: its output to $dir/answer; Return: its status
marks=0
in_guest() {
	marks=$((marks + 1))
	# Split, so that an echo of the line is not taken for the answer.
	printf '%s\necho "MA""RK-%s-$?"\n' "$1" "$marks" >&9
	timeout "$deadline_s" sed -u "/MARK-$marks-/q" <&8 >"$dir/answer"
	grep -q "MARK-$marks-0" "$dir/answer"
}

# try TIMES COMMAND...: until it succeeds, each time for two seconds
try() {
	times=$1 whole_s=$deadline_s
	shift
	deadline_s=2
	until "$@" || [ "$times" -eq 0 ]; do
		times=$((times - 1))
	done
	deadline_s=$whole_s
	[ "$times" -gt 0 ]
}

qmp() {
	printf '%s\n' '{"execute": "qmp_capabilities"}' "$1" |
		timeout "$deadline_s" socat -t 2 - "UNIX-CONNECT:$dir/qmp" |
		tr -d '\r'
}

# ---- building

build() {
	"$builder" "$@" >"$dir/manifest" 2>"$dir/err"
}

test_build() {
	build
	ok 'the default image is built, or known already'
	[ -n "$(manifest_value key)" ] && [ -r "$(manifest_value kernel)" ] &&
		[ -r "$(manifest_value initrd)" ] && [ -r "$(manifest_value root)" ]
	ok 'the manifest names files that are there'
	[ "$failed" -eq 0 ] || return
	key=$(manifest_value key)
	build && [ "$(manifest_value key)" = "$key" ] && [ ! -s "$dir/err" ]
	ok 'asked again, the same image comes from the cache without a word'
	build --packages nftables,curl && [ "$(manifest_value key)" = "$key" ]
	ok 'packages that every guest has do not make another image'
	build
}

# fails_with STATUS WORDS ARGUMENT...: in one line on stderr, nothing on stdout
fails_with() {
	want=$1 words=$2
	shift 2
	"$builder" "$@" >"$dir/out" 2>"$dir/err"
	[ $? -eq "$want" ] && [ ! -s "$dir/out" ] && grep -q "$words" "$dir/err"
}

test_mistakes() {
	fails_with 4 no-such-package --cache "$dir/cache" \
		--packages no-such-package &&
		[ "$(grep -vc resolving "$dir/err")" -eq 1 ]
	ok 'an unknown package: one line, status 4'
	# apt would take this one as a pattern
	fails_with 4 'named: ipro.te2' --cache "$dir/cache" --packages ipro.te2
	ok 'a name is not a pattern'
	[ -z "$(find "$dir/cache/images" -name 'tmp.*')" ]
	ok 'a build that failed leaves nothing'
	printf '%s\n' 'Acquire::http::Proxy "http://127.0.0.1:1";' \
		'Acquire::https::Proxy "http://127.0.0.1:1";' >"$dir/offline"
	APT_CONFIG=$dir/offline fails_with 4 'could not be fetched.*busybox' \
		--cache "$dir/cache"
	ok 'without a network: what is missing, status 4'
	APT_CONFIG=$dir/offline fails_with 4 'no lists of packages for arm64' \
		--cache "$dir/cache" --arch arm64
	ok 'nor are there lists of another architecture then: status 4'
	printf 'Dir::State::lists "%s/none";\n' "$dir" >"$dir/nolists"
	APT_CONFIG=$dir/nolists fails_with 4 'apt-get update' \
		--cache "$dir/cache"
	ok 'without package lists: the remedy, status 4'
	APT_CONFIG=$dir/nolists build && [ "$(manifest_value key)" = "$key" ] &&
		grep -q 'no package lists' "$dir/err"
	ok 'but an image of the same packages is taken'
	fails_with 2 'not the name' --packages '-oDir=/'
	ok 'what cannot be a package: status 2'
	fails_with 2 "no image has 'upstart'" --init upstart
	ok 'what cannot be process 1: status 2'
	fails_with 2 "what is" --package x
	ok 'an unknown option: status 2'
	fails_with 2 "no image is made" --arch vax
	ok 'an architecture that is none of ours: status 2'
	fails_with 4 print-only --cache "$dir/cache" --print-only
	ok '--print-only does not build'
}

# In a cache that has the packages already, so that no network is needed but
# for one.
test_ordinary_user() {
	as_user=
	[ "$(id -u)" -ne 0 ] ||
		as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	as_user="env HOME=/nonexistent $as_user"
	extra=netcat-openbsd
	own=$(dirname "$(dirname "$(dirname "$(manifest_value kernel)")")")
	mkdir -p "$dir/user/packages" "$dir/fetched"
	chmod 755 "$dir"
	cp "$own"/packages/*.deb "$dir/user/packages/"
	if [ "$(id -u)" -eq 0 ]; then
		chown -R 65534:65534 "$dir/user" "$dir/fetched"
	fi
	if ! (cd "$dir/fetched" && $as_user apt-get -qq \
		-o APT::Sandbox::User=root download $extra) 2>"$dir/err" >&2; then
		skip 'an ordinary user builds an image' "no $extra from apt"
		return
	fi
	$as_user "$builder" --cache "$dir/user" >"$dir/out" 2>"$dir/err" &
	first=$!
	i=200
	until ls "$dir"/user/images/tmp.*/root/usr/bin/* >/dev/null 2>&1 ||
		[ $i -eq 0 ]; do
		sleep 0.05
		i=$((i - 1))
	done
	kill "$first"
	wait "$first"
	[ $? -eq 143 ] && [ ! -s "$dir/out" ] &&
		[ -z "$(find "$dir/user/images" -name 'tmp.*' -o -name kernel)" ]
	ok 'a builder that is told to stop leaves nothing'
	$as_user "$builder" --cache "$dir/user" --packages $extra \
		>"$dir/first" 2>"$dir/first.err" &
	first=$!
	$as_user "$builder" --cache "$dir/user" --packages $extra \
		>"$dir/second" 2>"$dir/second.err"
	status=$?
	wait "$first" && [ $status -eq 0 ]
	ok 'an ordinary user builds an image with a package of his own'
	cat "$dir/first.err" "$dir/second.err" >"$dir/err"
	cmp "$dir/first" "$dir/second" &&
		[ "$(grep -c ' made in ' "$dir/err")" -eq 1 ]
	ok 'two builders at once share one build'
	grep -q "\"$extra=" "$dir/first"
	ok 'the manifest lists the package'
	unsquashfs -ll "$dir"/user/images/*/root.squashfs 2>/dev/null |
		grep -q 'usr/bin/nc -> /bin/nc.openbsd'
	ok 'the link that update-alternatives would make is there'
	$as_user "$builder" --cache "$dir/user" --list >"$dir/out" &&
		grep -q "$extra" "$dir/out"
	ok '--list shows it'
	$as_user "$builder" --cache "$dir/user" --clean &&
		[ -z "$(find "$dir/user" -name '*.squashfs' -o -name '*.deb')" ]
	ok '--clean removes it, and the packages'
	rm -rf "$dir/user" "$dir/fetched"
}

# ---- running

test_console() {
	start_guest vdelab.host=alpha \
		-chardev "socket,id=shell,path=$dir/shell,server=on,wait=off" \
		-device virtio-serial-pci -device virtconsole,chardev=shell \
		-netdev hubport,id=n0,hubid=0 \
		-device virtio-net-pci,netdev=n0,mac=52:54:00:12:01:01 \
		-netdev hubport,id=n1,hubid=1 \
		-device vmxnet3,netdev=n1,mac=52:54:00:12:02:01
	open_shell "UNIX-CONNECT:$dir/shell"
	in_guest 'echo hello'
	ok 'a shell answers on the virtio console'
	in_guest 'test "$(hostname)" = alpha'
	ok 'the host name is that of the kernel parameter'
	in_guest 'ping -c 1 -W 5 127.0.0.1 && ping -c 1 -W 5 ::1'
	ok 'loopback is up'
	in_guest 'test "$(cat /sys/class/net/eth0/address)" = 52:54:00:12:01:01 &&
		test "$(cat /sys/class/net/eth1/address)" = 52:54:00:12:02:01'
	ok 'network cards are named in order, also one without virtio'
	in_guest 'for m in 8021q bonding bridge nf_nat nf_conntrack_ftp vxlan \
		wireguard vsock veth tun dummy; do modprobe $m || exit; done'
	ok 'modules for networks load'
	in_guest 'for c in ip nft ping curl iperf3 tcpdump ethtool socat dnsmasq \
		bash base64 httpd; do command -v $c || exit; done'
	ok 'the tools are there'
	in_guest 'nft add table t &&
		nft "add chain t c { type nat hook postrouting priority 100; }" &&
		nft add rule t c masquerade'
	ok 'nft masquerades'
	in_guest 'for d in /root /srv /tmp /etc /run /usr/bin; do
		echo x >$d/x && rm $d/x || exit; done'
	ok 'everything can be written to'
	in_guest 'test "$PWD $HOME $TERM" = "/root /root dumb" &&
		test "$(tty)" = /dev/hvc0 && test -z "$(ip route)"'
	ok 'the shell has its environment, its terminal and no routes'
	in_guest 'head -c 100 /dev/urandom >/tmp/a && base64 </tmp/a |
		base64 -d | cmp - /tmp/a'
	ok 'octets survive base64'
	printf 'exit\n' >&9
	# What comes with the exit is lost.
	try 20 in_guest true
	ok 'the shell starts again when it has ended'
	printf 'poweroff\n' >&9
	guest_ends
	ok 'poweroff ends QEMU'
	stop_bridge
	! grep -q 'Kernel panic' "$dir/serial"
	ok 'without a panic'
}

greet() {
	open_shell "$1"
	in_guest 'echo hello' || ! stop_bridge
}

test_tcp() {
	start_guest vdelab.shell=tcp \
		-netdev 'user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:0-:514' \
		-device virtio-net-pci,netdev=n0
	i=100
	until [ -S "$dir/qmp" ] || [ $i -eq 0 ]; do
		sleep 0.1
		i=$((i - 1))
	done
	port=$(qmp '{"execute": "human-monitor-command", "arguments":
		{"command-line": "info usernet"}}' |
		sed -n 's/.*HOST_FORWARD. *[0-9]* *127.0.0.1 *\([0-9]*\) .*/\1/p')
	# The user network accepts before the guest does: what is sent then
	# may take long to arrive, or be lost.
	try 30 greet "TCP:127.0.0.1:$port"
	ok 'a shell answers on TCP port 514'
	in_guest 'x=1; test -z "$(ip route | grep default)" &&
		ip address show eth0 | grep -q 10.0.2.15/24'
	ok 'eth0 has its address and no default route'
	printf 'echo other | tee /tmp/other\n' |
		socat -t 5 - "TCP:127.0.0.1:$port" | grep -q other &&
		in_guest 'test "$x" = 1 && test -s /tmp/other'
	ok 'each connection has a shell of its own'
	printf 'reboot\n' >&9
	guest_ends
	ok 'reboot ends a QEMU that may not reboot'
	stop_bridge
}

test_power_button() {
	start_guest '' \
		-chardev "socket,id=shell,path=$dir/shell,server=on,wait=off" \
		-device virtio-serial-pci -device virtconsole,chardev=shell
	open_shell "UNIX-CONNECT:$dir/shell"
	in_guest 'until ps ax | grep "[p]ower-button"; do sleep 0.1; done'
	qmp '{"execute": "system_powerdown"}' >"$dir/answer"
	guest_ends
	ok 'the power button ends QEMU'
	stop_bridge
}

test_build
if [ "$failed" -eq 0 ]; then
	test_mistakes
	test_ordinary_user
	build
	test_console
	test_tcp
	test_power_button
fi
echo "1..$n"
exit $failed
