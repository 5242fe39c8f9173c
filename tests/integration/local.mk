# Real programs against a real switch; lib.sh says how such a test is written.
dist_check_SCRIPTS += %D%/test-access.sh %D%/test-device.sh %D%/test-offload.sh %D%/test-dgram.sh %D%/test-stream.sh %D%/test-vde.sh \
	%D%/test-capture.sh %D%/test-capture-files.sh %D%/test-capture-full.sh %D%/test-ctl.sh %D%/test-dhcp.sh %D%/test-driver.sh %D%/test-guards.sh %D%/test-link.sh %D%/test-metrics.sh \
	%D%/test-manager.sh
dist_check_SCRIPTS += %D%/test-pipe.sh %D%/test-plugin-example.sh %D%/test-plugins.sh %D%/test-programs.sh
dist_check_SCRIPTS += %D%/test-two-users.sh %D%/test-workers.sh
dist_check_SCRIPTS += %D%/test-extcap.sh %D%/test-wireshark.sh
dist_check_SCRIPTS += %D%/test-packets.sh
dist_check_SCRIPTS += %D%/test-coverage.sh
dist_check_SCRIPTS += %D%/test-events.sh
dist_check_SCRIPTS += %D%/test-report.sh
dist_check_SCRIPTS += %D%/test-run-many.sh %D%/test-tellers.sh
EXTRA_DIST += %D%/tapcheck.py
dist_check_SCRIPTS += %D%/test-results.sh
EXTRA_DIST += %D%/junit-readers.py tests/data/junit.xsd
dist_check_SCRIPTS += %D%/test-nat.sh %D%/test-python.sh
dist_check_SCRIPTS += %D%/test-completion.sh %D%/test-manual.sh
dist_check_SCRIPTS += %D%/test-config.sh %D%/test-declare.sh \
	%D%/test-units.sh
dist_check_SCRIPTS += %D%/test-stp.sh %D%/test-stp-linux.sh
EXTRA_DIST += %D%/fake-guests.sh %D%/lib.sh

# Stations that the tests start: built for them, no tests themselves.
EXTRA_PROGRAMS += tests/integration/rawpeer tests/integration/vdeclient \
	tests/integration/manager tests/integration/withfds
check_DATA = tests/integration/rawpeer tests/integration/manager \
	tests/integration/withfds
CLEANFILES += tests/integration/rawpeer tests/integration/vdeclient \
	tests/integration/manager tests/integration/withfds
tests_integration_manager_SOURCES = %D%/manager.c
tests_integration_withfds_SOURCES = %D%/withfds.c
tests_integration_rawpeer_SOURCES = %D%/rawpeer.c %D%/peer.c \
	%D%/peer-tcp.c %D%/peer.h
tests_integration_vdeclient_SOURCES = %D%/vdeclient.c %D%/peer.c \
	%D%/peer-tcp.c %D%/peer.h
# libvdeplug loads its modules in a way that AddressSanitizer does not allow.
tests_integration_vdeclient_CFLAGS = \
	$(AM_CFLAGS) $(VDEPLUG_CFLAGS) -fno-sanitize=all
tests_integration_vdeclient_LDFLAGS = $(AM_LDFLAGS) -fno-sanitize=all
tests_integration_vdeclient_LDADD = $(VDEPLUG_LIBS)
if HAVE_VDEPLUG
check_DATA += tests/integration/vdeclient
endif

# In place of QEMU.
check_DATA += tests/unit/fake-qemu

# Reads logs of runs.
EXTRA_PROGRAMS += tests/integration/checklog
CLEANFILES += tests/integration/checklog
check_DATA += tests/integration/checklog
tests_integration_checklog_SOURCES = %D%/checklog.c
tests_integration_checklog_LDADD = $(LIBDRIVER_LIBS)

# Programs behind the plugin pipe.
EXTRA_PROGRAMS += tests/integration/pipepeer
CLEANFILES += tests/integration/pipepeer
check_DATA += tests/integration/pipepeer
tests_integration_pipepeer_SOURCES = %D%/pipepeer.c

# The switch under the name of vde_switch.
dist_check_SCRIPTS += %D%/test-slirpvde.sh %D%/test-vde-face.sh \
	%D%/test-vde-plug.sh %D%/test-vdeplug.sh
EXTRA_DIST += %D%/vde-face.dialogue %D%/vde-face.differences
EXTRA_PROGRAMS += tests/integration/consoletalk tests/integration/mgmtclient
CLEANFILES += tests/integration/consoletalk tests/integration/mgmtclient
check_DATA += tests/integration/consoletalk
tests_integration_consoletalk_SOURCES = %D%/consoletalk.c
tests_integration_mgmtclient_SOURCES = %D%/mgmtclient.c
tests_integration_mgmtclient_CFLAGS = $(AM_CFLAGS) -fno-sanitize=all
tests_integration_mgmtclient_LDFLAGS = $(AM_LDFLAGS) -fno-sanitize=all
tests_integration_mgmtclient_LDADD = -lvdemgmt
if HAVE_VDEMGMT
check_DATA += tests/integration/mgmtclient
endif

# Rough treatment.
dist_check_SCRIPTS += %D%/test-faults.sh
EXTRA_PROGRAMS += tests/integration/fouler tests/integration/faulty.so
CLEANFILES += tests/integration/fouler tests/integration/faulty.so
check_DATA += tests/integration/fouler tests/integration/faulty.so
tests_integration_fouler_SOURCES = %D%/fouler.c
tests_integration_faulty_so_SOURCES = %D%/faulty.c
tests_integration_faulty_so_CFLAGS = \
	$(AM_CFLAGS) -fPIC -fvisibility=default -fno-sanitize=all
tests_integration_faulty_so_LDFLAGS = $(AM_LDFLAGS) -shared -fno-sanitize=all
tests_integration_faulty_so_LDADD = -ldl

# The sandbox.
dist_check_SCRIPTS += %D%/test-sandbox.sh
dist_check_SCRIPTS += %D%/test-run-control.sh
EXTRA_PROGRAMS += tests/integration/forbidden.so tests/integration/without
CLEANFILES += tests/integration/forbidden.so tests/integration/without
check_DATA += tests/integration/forbidden.so tests/integration/without
tests_integration_forbidden_so_SOURCES = %D%/forbidden.c
tests_integration_forbidden_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_integration_forbidden_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_integration_forbidden_so_LDADD = $(JANSSON_LIBS)
tests_integration_without_SOURCES = %D%/without.c
tests_integration_without_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_integration_without_LDADD = $(SECCOMP_LIBS)

# Impaired wires.
dist_check_SCRIPTS += %D%/test-netem.sh
EXTRA_PROGRAMS += tests/integration/pcaphex
CLEANFILES += tests/integration/pcaphex
check_DATA += tests/integration/pcaphex
tests_integration_pcaphex_SOURCES = %D%/pcaphex.c
tests_integration_pcaphex_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
tests_integration_pcaphex_LDADD = $(PCAP_LIBS)

# Everything changes under traffic.
dist_check_SCRIPTS += %D%/test-churn.sh
EXTRA_PROGRAMS += tests/integration/churn/churn
CLEANFILES += tests/integration/churn/churn
check_DATA += tests/integration/churn/churn
tests_integration_churn_churn_SOURCES = %D%/churn/churn.c %D%/churn/churn.h \
	%D%/churn/calls.c %D%/churn/stations.c %D%/churn/steps.c \
	%D%/churn/steps.h %D%/churn/values.c
tests_integration_churn_churn_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_integration_churn_churn_LDADD = $(LIBVDELAB_LIBS)

# A dialogue with a program on a terminal, for this test and for guest tests.
EXTRA_PROGRAMS += tests/integration/ptytalk
check_DATA += tests/integration/ptytalk
CLEANFILES += tests/integration/ptytalk
tests_integration_ptytalk_SOURCES = %D%/ptytalk.c
dist_check_SCRIPTS += %D%/test-prompt.sh

# The front-end of vhost-user, well-behaved and not.
EXTRA_PROGRAMS += tests/integration/vhostfront/vhostfront
CLEANFILES += tests/integration/vhostfront/vhostfront
check_DATA += tests/integration/vhostfront/vhostfront
tests_integration_vhostfront_vhostfront_SOURCES = \
	%D%/peer.c %D%/peer-tcp.c %D%/peer.h \
	%D%/vhostfront/attack.h \
	%D%/vhostfront/attacks.c %D%/vhostfront/attacks.h \
	%D%/vhostfront/attacks-chains.c \
	%D%/vhostfront/attacks-events.c \
	%D%/vhostfront/attacks-memory.c \
	%D%/vhostfront/attacks-messages.c \
	%D%/vhostfront/attacks-told.c \
	%D%/vhostfront/memory.c %D%/vhostfront/memory.h \
	%D%/vhostfront/messages.h \
	%D%/vhostfront/ring.c %D%/vhostfront/ring.h \
	%D%/vhostfront/ring-packed.c %D%/vhostfront/ring-split.c \
	%D%/vhostfront/session.c %D%/vhostfront/session.h \
	%D%/vhostfront/session-socket.c \
	%D%/vhostfront/station.c %D%/vhostfront/station.h \
	%D%/vhostfront/vhostfront.c

# Ports whose rings are in the memory of guests.
dist_check_SCRIPTS += %D%/test-vhost.sh %D%/test-vhost-hostile.sh \
	%D%/test-vhost-testpmd.sh
EXTRA_DIST += %D%/vhost.sh

# The walker of rings, in guests that run at the same time.
dist_check_SCRIPTS += %D%/test-vring.sh %D%/test-vring-testpmd.sh
EXTRA_PROGRAMS += tests/integration/vhostback
CLEANFILES += tests/integration/vhostback
check_DATA += tests/integration/vhostback
tests_integration_vhostback_SOURCES = %D%/vhostback.c \
	%D%/vhostfront/memory.h %D%/vhostfront/messages.h
tests_integration_vhostback_LDADD = \
	$(LIBSWITCH) $(LIBVDELAB_LIBS) $(SECCOMP_LIBS)
