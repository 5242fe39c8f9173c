if HAVE_CHECK
check_PROGRAMS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_json_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_json_check
tests_fuzz_fuzz_json_check_SOURCES = tests/fuzz/fuzz_json_check.c $(FUZZ_MAIN)
tests_fuzz_fuzz_json_check_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_check_LDADD = $(LIBVDELAB_LIBS)
