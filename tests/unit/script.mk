if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_complete_line \
	tests/unit/test_frame_info \
	tests/unit/test_janitor \
	tests/unit/test_pcapng_read \
	tests/unit/test_results \
	tests/unit/test_run_control \
	tests/unit/test_script

tests_unit_test_frame_info_SOURCES = tests/unit/test_frame_info.c
tests_unit_test_frame_info_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_frame_info_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_janitor_SOURCES = tests/unit/test_janitor.c
tests_unit_test_janitor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_janitor_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_pcapng_read_SOURCES = tests/unit/test_pcapng_read.c
tests_unit_test_pcapng_read_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pcapng_read_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_results_SOURCES = tests/unit/test_results.c
tests_unit_test_results_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_results_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_complete_line_SOURCES = tests/unit/test_complete_line.c
tests_unit_test_complete_line_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_complete_line_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_run_control_SOURCES = tests/unit/test_run_control.c
tests_unit_test_run_control_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_run_control_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

SCRIPT_RIG = tests/unit/script-rig.c tests/unit/script-rig.h
tests_unit_test_script_SOURCES = tests/unit/test_script.c $(SCRIPT_RIG)
tests_unit_test_script_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_script_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_step_facts
tests_unit_test_step_facts_SOURCES = tests/unit/test_step_facts.c $(SCRIPT_RIG)
tests_unit_test_step_facts_CFLAGS = $(UNIT_CFLAGS) $(LUA_CFLAGS)
tests_unit_test_step_facts_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_event_budget
tests_unit_test_event_budget_SOURCES = tests/unit/test_event_budget.c
tests_unit_test_event_budget_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_event_budget_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_kernel_trouble
tests_unit_test_kernel_trouble_SOURCES = tests/unit/test_kernel_trouble.c
tests_unit_test_kernel_trouble_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_kernel_trouble_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_event_log
tests_unit_test_event_log_SOURCES = tests/unit/test_event_log.c
tests_unit_test_event_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_event_log_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_loop
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c
tests_unit_test_loop_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_loop_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_look
tests_unit_test_look_SOURCES = tests/unit/test_look.c
tests_unit_test_look_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_look_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS) -lutil

check_PROGRAMS += tests/unit/test_annotations
tests_unit_test_annotations_SOURCES = tests/unit/test_annotations.c
tests_unit_test_annotations_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_annotations_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_tap
tests_unit_test_tap_SOURCES = tests/unit/test_tap.c
tests_unit_test_tap_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_tap_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

SCREEN_MODEL = tests/unit/screen-model.c tests/unit/screen-model.h
check_PROGRAMS += tests/unit/test_status_block
tests_unit_test_status_block_SOURCES = tests/unit/test_status_block.c $(SCREEN_MODEL)
tests_unit_test_status_block_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_status_block_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS) -lutil

check_PROGRAMS += tests/unit/test_log_follow
tests_unit_test_log_follow_SOURCES = tests/unit/test_log_follow.c
tests_unit_test_log_follow_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_follow_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_shown_text
tests_unit_test_shown_text_SOURCES = tests/unit/test_shown_text.c
tests_unit_test_shown_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_shown_text_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_live
tests_unit_test_live_SOURCES = tests/unit/test_live.c $(SCREEN_MODEL)
tests_unit_test_live_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_live_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS) -lutil

check_PROGRAMS += tests/unit/test_terminal
tests_unit_test_terminal_SOURCES = tests/unit/test_terminal.c
tests_unit_test_terminal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_terminal_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_conditions
tests_unit_test_conditions_SOURCES = tests/unit/test_conditions.c $(SCRIPT_RIG)
tests_unit_test_conditions_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_conditions_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_script_words
tests_unit_test_script_words_SOURCES = tests/unit/test_script_words.c $(SCRIPT_RIG)
tests_unit_test_script_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_script_words_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_script_objects
tests_unit_test_script_objects_SOURCES = tests/unit/test_script_objects.c
tests_unit_test_script_objects_CFLAGS = $(UNIT_CFLAGS) $(LUA_CFLAGS)
tests_unit_test_script_objects_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_script_json
tests_unit_test_script_json_SOURCES = tests/unit/test_script_json.c
tests_unit_test_script_json_CFLAGS = $(UNIT_CFLAGS) $(LUA_CFLAGS)
tests_unit_test_script_json_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_event_log
tests_fuzz_fuzz_event_log_SOURCES = tests/fuzz/fuzz_event_log.c $(FUZZ_MAIN)
tests_fuzz_fuzz_event_log_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_event_log_LDADD = $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_pcapng_read
tests_fuzz_fuzz_pcapng_read_SOURCES = tests/fuzz/fuzz_pcapng_read.c $(FUZZ_MAIN)
tests_fuzz_fuzz_pcapng_read_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_pcapng_read_LDADD = $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_script_value
tests_fuzz_fuzz_script_value_SOURCES = tests/fuzz/fuzz_script_value.c $(FUZZ_MAIN)
tests_fuzz_fuzz_script_value_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
tests_fuzz_fuzz_script_value_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_script_value_LDADD = $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_terminal
tests_fuzz_fuzz_terminal_SOURCES = tests/fuzz/fuzz_terminal.c $(FUZZ_MAIN)
tests_fuzz_fuzz_terminal_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_terminal_LDADD = $(LIBDRIVER_LIBS)
