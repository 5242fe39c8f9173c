#!/bin/sh
# The plugin dhcp in a real switch, asked by busybox's udhcpc behind a veth.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need ip busybox unshare
in_namespaces -Urn
busybox udhcpc --help >/dev/null 2>&1 ||
	busybox udhcpc --help 2>&1 | grep -q Usage ||
	skip_all 'this busybox has no udhcpc'
VDELAB_DIR=$T/sw
export VDELAB_DIR
umask 077

cat >"$T/lab.conf" <<'IN'
segment add lab
plugin load dhcp
port add lab dhcp name=dhcp address=192.168.7.254/24 range=192.168.7.100-192.168.7.101 router=192.168.7.1 dns=192.168.7.53 domain=lab.test lease=120
dhcp reserve dhcp 52:54:00:00:00:09 192.168.7.9 name nine
IN
check 'a configuration with a server is right' \
	"$SWITCH" --config "$T/lab.conf" --check-config
start_switch --config "$T/lab.conf"

# What udhcpc was told, into a file.
cat >"$T/told" <<'IN'
#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
echo "ip=$ip mask=$mask router=$router dns=$dns domain=$domain lease=$lease hostname=$hostname" >"$TOLD"
IN
chmod +x "$T/told"
TOLD=$T/answer
export TOLD

ip link add station type veth peer name far
ip link set far up
ip link set station up
"$CTL" port add lab packet dev=far >/dev/null
ask="busybox udhcpc -i station -n -q -f -t $PATIENCE_S -T 2 -s $T/told"
# shellcheck disable=SC2086 # words
check 'a client gets an address' $ask
grep -qE '^ip=192\.168\.7\.10[01] mask=(24|255\.255\.255\.0) router=192\.168\.7\.1 dns=192\.168\.7\.53 domain=lab\.test lease=120 ' "$TOLD"
result $? 'and is told of the network'
"$CTL" dhcp | grep -q 'bound'
result $? 'its lease is shown'
ip link set station down
ip link set station address 52:54:00:00:00:09
ip link set station up
rm -f "$TOLD"
# shellcheck disable=SC2086
check 'another one asks' $ask
grep -q '^ip=192\.168\.7\.9 .*hostname=nine' "$TOLD"
result $? 'for it an address is reserved, and a name'

ip addr add 192.168.7.9/24 dev station
busybox arping -c 1 -w "$PATIENCE_S" -I station 192.168.7.254 >"$T/arping.log" 2>&1
result $? 'the server answers for its address'
"$CTL" -j port show | grep -q '"acks":[2-9]'
result $? 'the port shows how many it has served'
check_fails 'a second instance is refused' "$CTL" plugin load dhcp
check 'the books balance with it' "$CTL" stats --check
check 'it goes, and its port with it' "$CTL" plugin unload dhcp
"$CTL" port show | grep -q dhcp
[ $? -eq 1 ]
result $? 'there is no server any more'

stop_switch
finish
