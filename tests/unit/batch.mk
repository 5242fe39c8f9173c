if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_attempt \
	tests/unit/test_batch_file \
	tests/unit/test_durations \
	tests/unit/test_host_room \
	tests/unit/test_line_prefix \
	tests/unit/test_log_compare \
	tests/unit/test_record \
	tests/unit/test_schedule \
	tests/unit/test_shard

tests_unit_test_attempt_SOURCES = tests/unit/test_attempt.c
tests_unit_test_attempt_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_attempt_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_batch_file_SOURCES = tests/unit/test_batch_file.c
tests_unit_test_batch_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_batch_file_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_durations_SOURCES = tests/unit/test_durations.c
tests_unit_test_durations_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_durations_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_host_room_SOURCES = tests/unit/test_host_room.c
tests_unit_test_host_room_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_host_room_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_line_prefix_SOURCES = tests/unit/test_line_prefix.c
tests_unit_test_line_prefix_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_line_prefix_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_log_compare_SOURCES = tests/unit/test_log_compare.c
tests_unit_test_log_compare_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_compare_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_record_SOURCES = tests/unit/test_record.c
tests_unit_test_record_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_record_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_schedule_SOURCES = tests/unit/test_schedule.c
tests_unit_test_schedule_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_schedule_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_shard_SOURCES = tests/unit/test_shard.c
tests_unit_test_shard_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_shard_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_log_normal
tests_fuzz_fuzz_log_normal_SOURCES = tests/fuzz/fuzz_log_normal.c $(FUZZ_MAIN)
tests_fuzz_fuzz_log_normal_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_log_normal_LDADD = $(LIBDRIVER_LIBS)
