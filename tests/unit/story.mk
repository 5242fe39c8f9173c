if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_findings \
	tests/unit/test_keep \
	tests/unit/test_log_lines \
	tests/unit/test_report \
	tests/unit/test_report_text \
	tests/unit/test_story \
	tests/unit/test_story_wire

tests_unit_test_keep_SOURCES = tests/unit/test_keep.c
tests_unit_test_keep_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keep_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_log_lines_SOURCES = tests/unit/test_log_lines.c
tests_unit_test_log_lines_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_lines_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_report_SOURCES = tests/unit/test_report.c $(STORY_RIG)
tests_unit_test_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_report_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_report_text_SOURCES = tests/unit/test_report_text.c
tests_unit_test_report_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_report_text_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

STORY_RIG = tests/unit/story-rig.c tests/unit/story-rig.h \
	tests/unit/wire-rig.c tests/unit/wire-rig.h \
	tests/unit/packet-text.c tests/unit/packet-text.h

tests_unit_test_findings_SOURCES = tests/unit/test_findings.c $(STORY_RIG)
tests_unit_test_findings_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_findings_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_story_wire_SOURCES = tests/unit/test_story_wire.c $(STORY_RIG)
tests_unit_test_story_wire_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_story_wire_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_story_SOURCES = tests/unit/test_story.c $(STORY_RIG)
tests_unit_test_story_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_story_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_story
tests_fuzz_fuzz_story_SOURCES = tests/fuzz/fuzz_story.c $(FUZZ_MAIN)
tests_fuzz_fuzz_story_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_story_LDADD = $(LIBDRIVER_LIBS)
