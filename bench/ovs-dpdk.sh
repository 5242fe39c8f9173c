#!/bin/sh
# ovs-dpdk.sh DIR CPU SOCKET...: Open vSwitch on DPDK as an ordinary learning
# switch, one polling thread on CPU, a vhost-user port for each SOCKET, to which
# it connects.  Everything it has is in DIR; needs neither root nor hugepages.
#
# ovs-dpdk.sh --version: the version, or an exit status other than 0 when it
# cannot run here.
set -eu

PATH=$PATH:/usr/sbin:/sbin
# Debian has it beside the other one, under a name of its own.
vswitchd=/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk
[ -x "$vswitchd" ] || vswitchd=$(command -v ovs-vswitchd) || exit 1

# It makes a tap for each bridge: in a network of its own it may.
if [ "$(id -u)" -eq 0 ]; then
	alone='unshare -n'
else
	alone='unshare -Un --map-current-user --keep-caps'
fi

if [ "$1" = --version ]; then
	version=$("$vswitchd" --version)
	case $version in *DPDK*) ;; *) exit 1 ;; esac
	command -v ovsdb-server ovsdb-tool ovs-vsctl >/dev/null || exit 1
	[ -w /dev/net/tun ] && $alone true 2>/dev/null || exit 1
	printf '%s\n' "$version" | paste -s -d ' '
	exit
fi

# shellcheck disable=SC2086 # words
[ "$1" = --alone ] || exec $alone "$0" --alone "$@"

dir=$2
cpu=$3
shift 3
mkdir -p "$dir"
export OVS_RUNDIR="$dir" OVS_LOGDIR="$dir" OVS_DBDIR="$dir" OVS_SYSCONFDIR="$dir"

ovsdb-tool create "$dir/conf.db" "${OVS_SCHEMA:-/usr/share/openvswitch/vswitch.ovsschema}"
ovsdb-server "$dir/conf.db" --remote="punix:$dir/db.sock" \
	--unixctl="$dir/db.ctl" -vconsole:err -vsyslog:off -vfile:off &
tries=0
while [ ! -S "$dir/db.sock" ]; do
	tries=$((tries + 1))
	[ $tries -lt 200 ]
	sleep 0.05
done

vsctl() {
	ovs-vsctl --db="unix:$dir/db.sock" --no-wait "$@"
}

vsctl init
# Without --legacy-mem it adds --in-memory, which excludes --no-huge; its pool
# of buffers takes more than 2 GiB.
vsctl set Open_vSwitch . other_config:dpdk-init=true \
	"other_config:dpdk-extra=--no-huge --legacy-mem -m 4096 --no-pci --iova-mode=va" \
	"other_config:pmd-cpu-mask=$(printf '0x%x' $((1 << cpu)))"
vsctl add-br br0 -- set bridge br0 datapath_type=netdev
n=0
for socket; do
	vsctl add-port br0 "vh$n" -- set Interface "vh$n" \
		type=dpdkvhostuserclient "options:vhost-server-path=$socket"
	n=$((n + 1))
done
exec "$vswitchd" "unix:$dir/db.sock" --unixctl="$dir/vs.ctl" \
	-vconsole:err -vsyslog:off -vfile:off
