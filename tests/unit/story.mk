if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_keep \
	tests/unit/test_log_lines \
	tests/unit/test_report_text \
	tests/unit/test_story

tests_unit_test_keep_SOURCES = tests/unit/test_keep.c
tests_unit_test_keep_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keep_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_log_lines_SOURCES = tests/unit/test_log_lines.c
tests_unit_test_log_lines_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_lines_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_report_text_SOURCES = tests/unit/test_report_text.c
tests_unit_test_report_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_report_text_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_story_SOURCES = tests/unit/test_story.c tests/unit/story-rig.c \
	tests/unit/story-rig.h
tests_unit_test_story_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_story_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif
