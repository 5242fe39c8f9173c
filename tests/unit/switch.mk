if HAVE_CHECK
check_LIBRARIES += tests/unit/libswitchrig.a
tests_unit_libswitchrig_a_SOURCES = \
	tests/unit/switch-rig.c tests/unit/switch-rig.h
tests_unit_libswitchrig_a_CFLAGS = $(UNIT_CFLAGS)
SWITCH_TEST_LIBS = tests/unit/libswitchrig.a $(LIBSWITCH) \
	$(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_frame
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_frame_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_fdb
tests_unit_test_fdb_SOURCES = tests/unit/test_fdb.c
tests_unit_test_fdb_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_fdb_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_switch
tests_unit_test_switch_SOURCES = tests/unit/test_switch.c
tests_unit_test_switch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_switch_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port
tests_unit_test_port_SOURCES = tests/unit/test_port.c
tests_unit_test_port_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_LDADD = $(SWITCH_TEST_LIBS)
endif
