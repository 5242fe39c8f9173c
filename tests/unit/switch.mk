if HAVE_CHECK
SWITCH_TEST_LIBS = $(UNIT_LIBS) $(LIBSWITCH) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_frame
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_frame_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_fdb
tests_unit_test_fdb_SOURCES = tests/unit/test_fdb.c
tests_unit_test_fdb_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_fdb_LDADD = $(SWITCH_TEST_LIBS)
endif
