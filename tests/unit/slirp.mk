if HAVE_CHECK
check_PROGRAMS += tests/unit/test_net_framing
tests_unit_test_net_framing_SOURCES = %D%/test_net_framing.c
tests_unit_test_net_framing_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_net_framing_LDADD = $(UNIT_LIBS) $(LIBVDELABSLIRP_LIBS)

check_PROGRAMS += tests/integration/test_slirp
tests_integration_test_slirp_SOURCES = \
	tests/integration/test_slirp.c \
	tests/integration/slirp-guest.c tests/integration/slirp-guest.h \
	tests/integration/slirp-rig.c tests/integration/slirp-rig.h
tests_integration_test_slirp_CFLAGS = $(UNIT_CFLAGS)
tests_integration_test_slirp_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_net_framing
tests_fuzz_fuzz_net_framing_SOURCES = tests/fuzz/fuzz_net_framing.c $(FUZZ_MAIN)
tests_fuzz_fuzz_net_framing_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_net_framing_LDADD = $(LIBVDELABSLIRP_LIBS)
