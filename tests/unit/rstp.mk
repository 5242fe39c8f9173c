if HAVE_CHECK
RSTP_RIG = tests/unit/rstp-net.c tests/unit/rstp-net.h

check_PROGRAMS += tests/unit/test_bpdu
tests_unit_test_bpdu_SOURCES = tests/unit/test_bpdu.c
tests_unit_test_bpdu_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_bpdu_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_rstp
tests_unit_test_rstp_SOURCES = tests/unit/test_rstp.c $(RSTP_RIG)
tests_unit_test_rstp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rstp_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_rstp_old
tests_unit_test_rstp_old_SOURCES = tests/unit/test_rstp_old.c $(RSTP_RIG)
tests_unit_test_rstp_old_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rstp_old_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_rstp_bpdus
tests_unit_test_rstp_bpdus_SOURCES = tests/unit/test_rstp_bpdus.c $(RSTP_RIG)
tests_unit_test_rstp_bpdus_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rstp_bpdus_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_rstp_random
tests_unit_test_rstp_random_SOURCES = tests/unit/test_rstp_random.c $(RSTP_RIG)
tests_unit_test_rstp_random_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rstp_random_LDADD = $(SWITCH_TEST_LIBS)
check_PROGRAMS += tests/unit/test_stp
tests_unit_test_stp_SOURCES = tests/unit/test_stp.c
tests_unit_test_stp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_stp_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_control_stp
tests_unit_test_control_stp_SOURCES = tests/unit/test_control_stp.c \
	tests/unit/control-rig.c tests/unit/control-rig.h
tests_unit_test_control_stp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_control_stp_LDADD = $(SWITCH_TEST_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_bpdu
tests_fuzz_fuzz_bpdu_SOURCES = tests/fuzz/fuzz_bpdu.c $(FUZZ_MAIN)
tests_fuzz_fuzz_bpdu_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_bpdu_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_rstp
tests_fuzz_fuzz_rstp_SOURCES = tests/fuzz/fuzz_rstp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rstp_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_rstp_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)
