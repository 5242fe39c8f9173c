# shellcheck shell=sh
# Part of build-image: the root file system.  Maintainer scripts of packages do
# not run; what guests need of their work is done here.
#
# shellcheck disable=SC2154 # variables of build-image

unpack_root() {
	say "unpacking $(wc -l <"$work/debs") packages"
	root=$work/root
	mkdir "$root/usr"
	for dir in bin sbin lib lib64; do
		mkdir "$root/usr/$dir"
		ln -s "usr/$dir" "$root/$dir"
	done
	mkdir "$work/control"
	while read -r deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xp -C "$root" --keep-directory-symlink \
				--no-same-owner --exclude='./usr/share/doc' \
				--exclude='./usr/share/man' \
				--exclude='./usr/share/info' \
				--exclude='./usr/share/locale' \
				--exclude='./usr/share/lintian' ||
			die "cannot unpack $deb (no space? damaged? then remove it)"
		name=${deb##*/}
		dpkg-deb --ctrl-tarfile "$deb" |
			tar -xO ./postinst >"$work/control/${name%%_*}" \
				2>/dev/null || :
	done <"$work/debs"
}

# Modules are for a CPU that is emulated.  Debian 13 compresses them: undone
# here, not in every guest.  Nothing asks for their signatures, but a kernel that
# finds one checks it, which takes 10 ms each.  Linux puts it at the end of the
# file: its length in 4 octets big-endian, then a mark.
prepare_modules() {
	modules=$root/usr/lib/modules/$kernel_version
	find "$modules" -name '*.ko.xz' -exec xz -d {} +
	find "$modules" -name '*.ko' -exec perl -e '
		for my $name (@ARGV) {
			open(my $file, "+<:raw", $name) or die "$name: $!\n";
			seek($file, -32, 2) && read($file, my $end, 32) or next;
			my ($size, $mark) = unpack("N a*", $end);
			next if $mark ne "~Module signature appended~\n";
			truncate($file, (-s $name) - 40 - $size)
				or die "$name: $!\n";
		}' {} +
	depmod -b "$root" "$kernel_version"
}

configure_root() {
	mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" \
		"$root/root" "$root/home" "$root/srv" "$root/mnt" "$root/media" \
		"$root/opt" "$root/usr/local/bin" "$root/usr/local/sbin"
	chmod 1777 "$root/tmp"
	rm -rf "$root/boot/System.map"*
	# As base-files does; packages may have been there before.
	cp -a "$root/var/run/." "$root/run/"
	rm -rf "$root/var/run" "$root/var/lock"
	ln -s /run "$root/var/run"
	ln -s /run/lock "$root/var/lock"
	link_alternatives
	link_busybox
	write_etc
	add_users
	install_init
	prepare_modules
	"configure_$init"
	# Another architecture's libraries are unknown to this host's ldconfig;
	# programs find them all the same where Debian puts them.
	[ -n "$foreign" ] || ldconfig -r "$root"
}

# has FILE: also a link whose target is not there, seen from the host
has() {
	[ -e "$1" ] || [ -L "$1" ]
}

# Links that update-alternatives would make; a link of higher priority is first
# to come.  Only what is written out plainly in a postinst is understood.
link_alternatives() {
	for script in "$work/control"/*; do
		sed -e ':a' -e '/\\$/{N; s/\\\n/ /; ta' -e '}' "$script"
	done | awk '
	/update-alternatives/ {
		gsub(/["'\'']/, "")
		prio = 0
		for (i = 1; i <= NF; i++) {
			if ($i == "--install") {
				prio = $(i + 4)
				print prio, $(i + 1), $(i + 3)
			} else if ($i == "--slave")
				print prio, $(i + 1), $(i + 3)
		}
	}' | grep -E '^[0-9]+( /[A-Za-z0-9._/+-]+){2}$' | sort -s -k 1,1nr |
		while read -r _ link target; do
			has "$root$link" || ! has "$root$target" ||
				ln -s "$target" "$root$link"
		done
}

# busybox stands in for every program that no package brings, /bin/sh excepted.
# Its names stand in it one after the other, as C strings; it may be a program for
# another machine, that cannot be asked.
link_busybox() {
	ln -sf dash "$root/usr/bin/sh"
	perl -0777 -ne 'print join("\n", split(/\0/, $1)), "\n"
		if /\0(\[\0\[\[\0(?:[^\0]+\0)+)\0/' \
		"$root/usr/bin/busybox" >"$work/applets"
	grep -qx sh "$work/applets" ||
		die "$root/usr/bin/busybox does not name its programs"
	while read -r name; do
		case $name in
		dpkg* | init | linuxrc | rpm*) continue ;;
		esac
		has "$root/usr/bin/$name" || has "$root/usr/sbin/$name" ||
			ln -s busybox "$root/usr/bin/$name"
	done <"$work/applets"
}

write_etc() {
	etc=$root/etc
	ln -sf /proc/mounts "$etc/mtab"
	: >"$etc/resolv.conf"
	printf '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost\n' >"$etc/hosts"
	echo vdelab >"$etc/hostname"
	cat >"$etc/nsswitch.conf" <<EOF
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files
ethers: files
rpc: files
EOF
	cp "$root/usr/share/base-files/profile" "$etc/profile"
	write_pam
}

# What pam-auth-update makes of the modules that every guest has.
write_pam() {
	mkdir -p "$etc/pam.d"
	echo 'auth required pam_unix.so nullok' >"$etc/pam.d/common-auth"
	echo 'account required pam_unix.so' >"$etc/pam.d/common-account"
	echo 'password required pam_unix.so yescrypt' >"$etc/pam.d/common-password"
	echo 'session required pam_unix.so' \
		>"$etc/pam.d/common-session-noninteractive"
	printf '%s\n' 'session required pam_unix.so' \
		'-session optional pam_systemd.so' >"$etc/pam.d/common-session"
}

add_users() {
	cp "$root/usr/share/base-passwd/passwd.master" "$etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$etc/group"
	sed '/^#/d' "$data/guest-users" | while read -r package user uid home; do
		grep -q "^$package=" "$work/packages" || continue
		add_user "$user" "$uid" "$home"
	done
	uid=200
	find "$root/usr/lib/sysusers.d" -name '*.conf' -exec cat {} + 2>/dev/null |
		awk '$1 ~ /^[ug]!?$/ { print substr($1, 1, 1), $2 }' | sort -u |
		while read -r kind user; do
			uid=$((uid + 1))
			case $kind in
			u) add_user "$user" $uid / ;;
			g) add_group "$user" $uid ;;
			esac
		done
	# Root logs in without a password, nobody else with any.
	sed -i 's/^root:\*:/root:x:/' "$etc/passwd"
	sed -e 's/^\([^:]*\):.*/\1:*:19700:0:99999:7:::/' -e 's/^root:\*:/root::/' \
		"$etc/passwd" >"$etc/shadow"
	chmod 640 "$etc/shadow"
}

add_group() {
	grep -q "^$1:" "$etc/group" || echo "$1:x:$2:" >>"$etc/group"
}

add_user() {
	grep -q "^$1:" "$etc/passwd" && return
	add_group "$1" "$2"
	echo "$1:x:$2:$2::$3:/usr/sbin/nologin" >>"$etc/passwd"
}

install_init() {
	own=$root/usr/lib/vdelab
	mkdir "$own"
	install -m 755 "$data/guest-prepare" "$own/prepare"
	install -m 755 "$data/guest-shell" "$own/shell"
}

configure_busybox() {
	cp "$data/guest-inittab" "$etc/inittab"
	cp "$data/guest-fstab" "$etc/fstab"
	ln -s ../../bin/busybox "$own/init"
	ln -s ../../bin/busybox "$own/login"
	install -m 755 "$data/guest-init" "$root/usr/sbin/vdelab-init"
	install -m 755 "$data/guest-power-button" "$own/power-button"
	install -m 755 "$data/guest-halt" "$own/halt"
	for name in poweroff halt reboot shutdown; do
		rm -f "$root/usr/bin/$name" "$root/usr/sbin/$name"
		ln -s ../lib/vdelab/halt "$root/usr/sbin/$name"
	done
}

make_disk() {
	rm -f "$root/boot/vmlinuz"*
	# Measured: lz4 starts a guest as fast as zstd or no compression, and is
	# made in a tenth of the time of zstd.
	mksquashfs "$root" "$work/image/root.squashfs" -all-root -comp lz4 \
		-no-xattrs -no-progress -quiet >"$work/squash.out" 2>&1 || {
		cat "$work/squash.out" >&2
		die "cannot make the root disk: is there space in $cache?"
	}
}
