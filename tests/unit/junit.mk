if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_clean_text \
	tests/unit/test_cut_text \
	tests/unit/test_draft \
	tests/unit/test_index \
	tests/unit/test_junit_run \
	tests/unit/test_junit_suite \
	tests/unit/test_merge \
	tests/unit/test_relative_path \
	tests/unit/test_xml

tests_unit_test_clean_text_SOURCES = tests/unit/test_clean_text.c
tests_unit_test_clean_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_clean_text_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_cut_text_SOURCES = tests/unit/test_cut_text.c
tests_unit_test_cut_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_cut_text_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_draft_SOURCES = tests/unit/test_draft.c
tests_unit_test_draft_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_draft_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

tests_unit_test_index_SOURCES = tests/unit/test_index.c
tests_unit_test_index_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_index_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_junit_run_SOURCES = tests/unit/test_junit_run.c \
	tests/unit/story-rig.c tests/unit/story-rig.h
tests_unit_test_junit_run_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_junit_run_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_junit_suite_SOURCES = tests/unit/test_junit_suite.c
tests_unit_test_junit_suite_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_junit_suite_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_merge_SOURCES = tests/unit/test_merge.c
tests_unit_test_merge_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_merge_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_relative_path_SOURCES = tests/unit/test_relative_path.c
tests_unit_test_relative_path_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_relative_path_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_xml_SOURCES = tests/unit/test_xml.c
tests_unit_test_xml_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_xml_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_clean_text tests/fuzz/fuzz_results
tests_fuzz_fuzz_clean_text_SOURCES = tests/fuzz/fuzz_clean_text.c $(FUZZ_MAIN)
tests_fuzz_fuzz_clean_text_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_clean_text_LDADD = $(LIBDRIVER_LIBS)
tests_fuzz_fuzz_results_SOURCES = tests/fuzz/fuzz_results.c $(FUZZ_MAIN)
tests_fuzz_fuzz_results_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_results_LDADD = $(LIBDRIVER_LIBS)
