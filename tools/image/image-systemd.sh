# shellcheck shell=sh
# Part of build-image: systemd as process 1, trimmed for an emulated CPU.
#
# Everything stays installed: what is left out of a boot can be started.
#
# shellcheck disable=SC2154 # variables of build-image

# What a boot starts, of all that packages want of these targets; see
# doc/guest-image.md for what is left out.
systemd_wanted='
sysinit.target.wants/systemd-journald.service
sysinit.target.wants/systemd-modules-load.service
sysinit.target.wants/systemd-sysctl.service
sysinit.target.wants/systemd-tmpfiles-setup-dev.service
sysinit.target.wants/systemd-tmpfiles-setup.service
sysinit.target.wants/systemd-udev-trigger.service
sysinit.target.wants/systemd-udevd.service
sockets.target.wants/dbus.socket
sockets.target.wants/systemd-journald-dev-log.socket
sockets.target.wants/systemd-journald.socket
sockets.target.wants/systemd-udevd-control.socket
sockets.target.wants/systemd-udevd-kernel.socket
multi-user.target.wants/getty.target
multi-user.target.wants/systemd-logind.service
'

# Generators run one after the other at each start and reload.
systemd_no_generators='cryptsetup getty gpt-auto hibernate-resume integritysetup
	rc-local system-update veritysetup'

configure_systemd() {
	units=$root/usr/lib/systemd/system
	say 'systemd'
	ln -sf ../systemd/systemd "$root/usr/lib/vdelab/init"
	trim_systemd
	write_units
	write_systemd_conf
	# Written by the initramfs, of the machine's name.
	: >"$root/etc/machine-id"
	: >"$root/etc/default/locale"
	mkdir -p "$root/var/lib/dbus"
	ln -sf /etc/machine-id "$root/var/lib/dbus/machine-id"
}

trim_systemd() {
	for link in "$units"/*.target.wants/*; do
		printf '%s\n' "$systemd_wanted" |
			grep -qxF "${link#"$units"/}" || rm "$link"
	done
	mkdir -p "$root/etc/systemd/system-generators"
	for name in $systemd_no_generators; do
		ln -s /dev/null "$root/etc/systemd/system-generators/systemd-$name-generator"
	done
}

# unit NAME: from standard input
unit() {
	mkdir -p "$units/${1%/*}"
	cat >"$units/$1"
}

write_units() {
	ln -sf multi-user.target "$units/default.target"
	mkdir -p "$units/getty.target.wants"
	ln -s ../getty@.service "$units/getty.target.wants/getty@tty1.service"
	ln -s ../vdelab-shell.service "$units/sysinit.target.wants/"
	cp "$data/guest-shell.service" "$units/vdelab-shell.service"
	install -m 755 "$data/guest-coldplug" "$root/usr/lib/vdelab/coldplug"
	unit systemd-udev-trigger.service.d/vdelab.conf <<-EOF
	[Service]
	ExecStart=
	ExecStart=/usr/lib/vdelab/coldplug
	EOF
	# Calls to the bus wait for it from the first command on.
	unit dbus.socket.d/vdelab.conf <<-EOF
	[Unit]
	DefaultDependencies=no
	Before=vdelab-shell.service
	EOF
	# There is no graphics card to wait for, and nothing to remount.
	for name in modprobe@drm systemd-remount-fs; do
		ln -s /dev/null "$root/etc/systemd/system/$name.service"
	done
	for name in journald logind udevd; do
		unit systemd-$name.service.d/vdelab.conf <<-EOF
		# To build a sandbox takes an emulated CPU longer than the start
		# of what it is for.
		[Service]
		CapabilityBoundingSet=~
		DeviceAllow=
		DevicePolicy=auto
		IPAddressDeny=
		LockPersonality=no
		MemoryDenyWriteExecute=no
		NoNewPrivileges=no
		PrivateMounts=no
		PrivateTmp=no
		ProtectClock=no
		ProtectControlGroups=no
		ProtectHome=no
		ProtectHostname=no
		ProtectKernelLogs=no
		ProtectKernelModules=no
		ProtectSystem=no
		ReadWritePaths=
		RestrictAddressFamilies=
		RestrictNamespaces=no
		RestrictRealtime=no
		RestrictSUIDSGID=no
		SystemCallArchitectures=
		SystemCallFilter=
		# A busy host is no reason to be killed.
		WatchdogSec=0
		EOF
	done
	for name in sysctl tmpfiles-setup tmpfiles-setup-dev; do
		unit systemd-$name.service.d/vdelab.conf <<-EOF
		# Nobody passes any; each would be a mount.
		[Service]
		LoadCredential=
		EOF
	done
}

# etc_file PATH: from standard input
etc_file() {
	mkdir -p "$root/etc/${1%/*}"
	cat >"$root/etc/$1"
}

write_systemd_conf() {
	etc_file systemd/system.conf.d/vdelab.conf <<-EOF
	[Manager]
	ShowStatus=no
	LogColor=no
	DefaultTimeoutStartSec=300s
	DefaultDeviceTimeoutSec=300s
	EOF
	etc_file systemd/journald.conf.d/vdelab.conf <<-EOF
	[Journal]
	Storage=volatile
	RuntimeMaxUse=24M
	RuntimeKeepFree=4M
	ForwardToConsole=yes
	MaxLevelConsole=debug
	RateLimitIntervalSec=0
	Compress=no
	Audit=no
	EOF
	# The shell may have written there already.
	etc_file tmpfiles.d/tmp.conf <<-EOF
	d /tmp 1777 root root -
	d /var/tmp 1777 root root -
	EOF
	ln -s /dev/null "$root/etc/tmpfiles.d/systemd-nologin.conf"
	# It names none.
	rm -f "$root/etc/modules-load.d/modules.conf"
	# Nodes of devices whose drivers are loaded when they are opened.
	awk '/^[^#]/ {
		print substr($3, 1, 1) "! /dev/" $2, "0600 - - -", substr($3, 2)
	}' "$modules/modules.devname" >"$root/usr/lib/tmpfiles.d/static-nodes.conf"
	for name in input kvm render sgx; do
		group=$((${group:-190} + 1))
		add_group $name $group
	done
}
