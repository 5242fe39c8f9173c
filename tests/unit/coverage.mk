if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_coverage_data \
	tests/unit/test_coverage_guest \
	tests/unit/test_coverage_report \
	tests/unit/test_plan_coverage

tests_unit_test_coverage_guest_SOURCES = tests/unit/test_coverage_guest.c
tests_unit_test_coverage_guest_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_coverage_guest_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_plan_coverage_SOURCES = tests/unit/test_plan_coverage.c
tests_unit_test_plan_coverage_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plan_coverage_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_coverage_data_SOURCES = tests/unit/test_coverage_data.c
tests_unit_test_coverage_data_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_coverage_data_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_coverage_report_SOURCES = tests/unit/test_coverage_report.c
tests_unit_test_coverage_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_coverage_report_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_coverage
tests_fuzz_fuzz_coverage_SOURCES = tests/fuzz/fuzz_coverage.c $(FUZZ_MAIN)
tests_fuzz_fuzz_coverage_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_coverage_LDADD = $(LIBDRIVER_LIBS)
