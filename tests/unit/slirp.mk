if HAVE_CHECK
check_PROGRAMS += tests/unit/test_net_framing
tests_unit_test_net_framing_SOURCES = %D%/test_net_framing.c
tests_unit_test_net_framing_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_net_framing_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

check_PROGRAMS += tests/unit/test_gate
tests_unit_test_gate_SOURCES = %D%/test_gate.c
tests_unit_test_gate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_gate_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

check_PROGRAMS += tests/unit/test_guest_filter
tests_unit_test_guest_filter_SOURCES = %D%/test_guest_filter.c
tests_unit_test_guest_filter_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_filter_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

check_PROGRAMS += tests/unit/test_net_config
tests_unit_test_net_config_SOURCES = %D%/test_net_config.c
tests_unit_test_net_config_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_net_config_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

check_PROGRAMS += tests/unit/test_redirect
tests_unit_test_redirect_SOURCES = %D%/test_redirect.c
tests_unit_test_redirect_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_redirect_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

check_PROGRAMS += tests/unit/test_slirp_options
tests_unit_test_slirp_options_SOURCES = %D%/test_slirp_options.c
tests_unit_test_slirp_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_slirp_options_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

# a sanitizer's run-time does not live in so small a room
if !SANITIZED
check_PROGRAMS += tests/unit/test_confine
tests_unit_test_confine_SOURCES = %D%/test_confine.c
tests_unit_test_confine_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_confine_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)
endif

# a test in the place of QEMU and its guest
SLIRP_RIG = \
	tests/integration/slirp-guest.c tests/integration/slirp-guest.h \
	tests/integration/slirp-rig.c tests/integration/slirp-rig.h
check_PROGRAMS += tests/integration/test_slirp
tests_integration_test_slirp_SOURCES = \
	tests/integration/test_slirp.c $(SLIRP_RIG)
tests_integration_test_slirp_CFLAGS = $(UNIT_CFLAGS)
tests_integration_test_slirp_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/integration/test_slirp_ways
tests_integration_test_slirp_ways_SOURCES = \
	tests/integration/test_slirp_ways.c $(SLIRP_RIG)
tests_integration_test_slirp_ways_CPPFLAGS = $(AM_CPPFLAGS)
tests_integration_test_slirp_ways_CFLAGS = $(UNIT_CFLAGS)
tests_integration_test_slirp_ways_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
if SANITIZED
tests_integration_test_slirp_ways_CPPFLAGS += -DSANITIZED
endif

check_PROGRAMS += tests/integration/test_slirp_walls
tests_integration_test_slirp_walls_SOURCES = \
	tests/integration/test_slirp_walls.c $(SLIRP_RIG)
tests_integration_test_slirp_walls_CPPFLAGS = $(AM_CPPFLAGS)
tests_integration_test_slirp_walls_CFLAGS = $(UNIT_CFLAGS)
tests_integration_test_slirp_walls_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
if SANITIZED
tests_integration_test_slirp_walls_CPPFLAGS += -DSANITIZED
endif
endif

check_PROGRAMS += tests/fuzz/fuzz_net_framing
tests_fuzz_fuzz_net_framing_SOURCES = tests/fuzz/fuzz_net_framing.c $(FUZZ_MAIN)
tests_fuzz_fuzz_net_framing_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_net_framing_LDADD = $(LIBVDELABSLIRP_LIBS)
