# shellcheck shell=sh disable=SC2034,SC2154 # sourced, after lib.sh
# vhost: what tests of vhost-user ports share.

VHOSTFRONT=$TOP_BUILDDIR/tests/integration/vhostfront/vhostfront

# Descriptors and mappings of guests' memory that the switch has.
n_fds() {
	find "/proc/$switch_pid/fd" -mindepth 1 2>/dev/null | wc -l
}
n_mapped() {
	grep -c 'memfd:' "/proc/$switch_pid/maps"
}

# Memory of its own, kB: not that of guests, and not what ASan keeps back.
rss_kb() {
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$switch_pid/status"
}
sanitized() {
	grep -qs '^VL_CFLAGS = .*-fsanitize=' "$TOP_BUILDDIR/Makefile"
}

n_ports() {
	"$CTL" -t "$T/sw" -j port | grep -o '"id":' | wc -l
}

# keep_in_mind N: when only so many ports are left: what must be the same again
# later on
keep_in_mind() {
	wait_until "[ \$(n_ports) -eq $1 ]" || bail 'ports stay'
	fds_before=$(n_fds)
	mapped_before=$(n_mapped)
	rss_before=$(rss_kb)
}
check_kept() { # NAME
	# Who asked how many ports there are may have been one of them before.
	wait_until "[ \$(n_fds) -le $fds_before ] &&
		[ \$(n_mapped) -le $mapped_before ]"
	result $? "$1: as many descriptors and mappings as before"
	[ "$(n_fds)" -le "$fds_before" ] || find "/proc/$switch_pid/fd" \
		-mindepth 1 -printf '# %f %l\n'
	sanitized && return
	rss_now=$(rss_kb)
	[ "$rss_now" -lt $((rss_before + 4096)) ]
	result $? "$1: as much memory as before"
	echo "# $rss_before kB before, $rss_now kB now"
}
