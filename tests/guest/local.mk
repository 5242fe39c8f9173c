# Tests on real guests.
guest_tests = \
	%D%/arm64.sh \
	%D%/commands.sh \
	%D%/coverage.sh \
	%D%/disks.sh \
	%D%/crash.sh \
	%D%/failover.sh \
	%D%/faults.sh \
	%D%/firewall.sh \
	%D%/forward.sh \
	%D%/languages.sh \
	%D%/layer2.sh \
	%D%/methods.sh \
	%D%/nat.sh \
	%D%/nixos.sh \
	%D%/packets.sh \
	%D%/prompt.sh \
	%D%/proxy.sh \
	%D%/restart.sh \
	%D%/screen.sh \
	%D%/snapshot.sh \
	%D%/standalone.sh \
	%D%/start-command.sh \
	%D%/systemd.sh \
	%D%/vhost.sh \
	%D%/vlans.sh \
	%D%/vsock.sh
EXTRA_DIST += $(guest_tests)
EXTRA_DIST += %D%/by-hand.sh %D%/commands.lua %D%/lib.sh %D%/methods.lua %D%/packets.lua %D%/restart.lua \
	%D%/arm64.lua %D%/disks.lua %D%/screen.lua %D%/systemd.lua \
	%D%/snapshot.lua \
	%D%/data/binary
EXTRA_DIST += %D%/nixos
EXTRA_DIST += %D%/languages/compare.py \
	%D%/languages/nat-python.lua %D%/languages/nat.lua \
	%D%/languages/nat.py %D%/languages/panic-python.lua \
	%D%/languages/panic.lua %D%/languages/panic.py \
	%D%/languages/test_nat.py %D%/languages/test_panic.py \
	%D%/languages/test_wait.py %D%/languages/wait-python.lua \
	%D%/languages/wait.lua %D%/languages/wait.py
EXTRA_DIST += %D%/forward.lua %D%/start-command.lua %D%/start-vm
CLEANFILES += .guests.lock

# By hand, for it takes long: RUNS=50 JOBS=4 make soak
EXTRA_DIST += %D%/soak.sh
soak: all
	@TOP_SRCDIR=$(srcdir) TOP_BUILDDIR=$(builddir) \
		$(srcdir)/tests/guest/soak.sh
.PHONY: soak

# By hand as well: MINUTES=30 make long
EXTRA_DIST += %D%/long.lua %D%/long.sh
long: all tests/integration/checklog
	@TOP_SRCDIR=$(srcdir) TOP_BUILDDIR=$(builddir) \
		$(srcdir)/tests/guest/long.sh
.PHONY: long
