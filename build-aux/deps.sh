#!/bin/sh
# Makes sure that what the build and the tests need is installed.
#
#   deps.sh            install what is missing, through apt
#   deps.sh --peers    and what other projects' programs are in, which some
#                      tests and `make bench` meet when they are there: some 200
#                      packages, and a service that begins (openvswitch-switch)
#   deps.sh [--peers] --list
#                      print the packages, one a line
#
# Asks nothing: on a machine where it cannot install, it lists what a person
# has to install and ends with 4.
set -u

build='autoconf automake gcc make pkg-config libc6-dev
	libedit-dev libevent-dev libpcap-dev libjansson-dev liblua5.4-dev libglib2.0-dev libseccomp-dev
	libpng-dev libslirp-dev'
image='apt cpio dpkg kmod lz4 squashfs-tools'
tests='check chromium clang-format curl gcovr iproute2 libvde-dev libvdeplug-dev libxml2-utils lua5.4 mandoc python3 python3-junitparser python3-pytest qemu-system-x86 socat tesseract-ocr tshark uidmap vde2'
peers='dpdk-dev openvswitch-switch-dpdk'
# shellcheck disable=SC2086 # lists of words
all=$(printf '%s ' $build $image $tests)
if [ "${1-}" = --peers ]; then
	all="$all$peers "
	shift
fi

if [ "${1-}" = --list ]; then
	# shellcheck disable=SC2086
	printf '%s\n' $all
	exit 0
fi

if ! command -v dpkg-query >/dev/null; then
	# configure names whatever is really missing.
	echo 'deps: not a Debian system; what these packages bring is needed:' >&2
	echo "deps:   $all" >&2
	exit 0
fi

missing=
for p in $all; do
	dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null |
		grep -qx installed || missing="$missing $p"
done
# There are two packages of it, which exclude each other.
command -v busybox >/dev/null || missing="$missing busybox-static"
# Guest images are made from apt's lists, which a new machine may not have.
lists=yes
apt-cache show busybox-static >/dev/null 2>&1 || lists=no
[ -z "$missing" ] && [ $lists = yes ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	sudo=sudo
elif [ -z "$missing" ]; then
	echo 'deps: apt has no package lists, so no guest image can be made' >&2
	echo 'deps: as root, run:  apt-get update' >&2
	exit 0
else
	echo "deps: missing packages:$missing" >&2
	echo 'deps: neither root nor sudo here; as root, run:' >&2
	echo "deps:   apt-get install$missing" >&2
	exit 4
fi

# shellcheck disable=SC2086 # a list of packages
install() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 \
		install -y --no-install-recommends $missing
}

if [ -z "$missing" ]; then
	$sudo apt-get -q update
	exit 0 # without a network, only guests are missing
fi
echo "deps: installing:$missing"
[ $lists = yes ] && install >/dev/null 2>&1 && exit 0
# The package lists may be old, or not there at all.
$sudo apt-get -q update && install && exit 0
echo 'deps: apt could not install them; without a network, bring these:' >&2
echo "deps:  $missing" >&2
exit 4
