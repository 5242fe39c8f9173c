if HAVE_CHECK
check_PROGRAMS += tests/unit/test_base64
tests_unit_test_base64_SOURCES = tests/unit/test_base64.c
tests_unit_test_base64_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_base64_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_cli
tests_unit_test_cli_SOURCES = tests/unit/test_cli.c
tests_unit_test_cli_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_cli_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_cli_complete
tests_unit_test_cli_complete_SOURCES = tests/unit/test_cli_complete.c
tests_unit_test_cli_complete_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_cli_complete_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_cli_manual
tests_unit_test_cli_manual_SOURCES = tests/unit/test_cli_manual.c
tests_unit_test_cli_manual_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_cli_manual_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_clock
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c
tests_unit_test_clock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_clock_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_cursor
tests_unit_test_cursor_SOURCES = tests/unit/test_cursor.c
tests_unit_test_cursor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_cursor_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_err
tests_unit_test_err_SOURCES = tests/unit/test_err.c
tests_unit_test_err_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_err_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_json_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_mac
tests_unit_test_mac_SOURCES = tests/unit/test_mac.c
tests_unit_test_mac_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_mac_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_nearest
tests_unit_test_nearest_SOURCES = tests/unit/test_nearest.c
tests_unit_test_nearest_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nearest_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_paths
tests_unit_test_paths_SOURCES = tests/unit/test_paths.c
tests_unit_test_paths_CPPFLAGS = $(lib_libvdelab_a_CPPFLAGS)
tests_unit_test_paths_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_paths_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_process
tests_unit_test_process_SOURCES = tests/unit/test_process.c \
	tests/unit/process-rig.c tests/unit/process-rig.h
tests_unit_test_process_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_process_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_process_start
tests_unit_test_process_start_SOURCES = tests/unit/test_process_start.c \
	tests/unit/process-rig.c tests/unit/process-rig.h
tests_unit_test_process_start_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_process_start_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_line_log
tests_unit_test_line_log_SOURCES = tests/unit/test_line_log.c
tests_unit_test_line_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_line_log_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_supervisor
tests_unit_test_supervisor_SOURCES = tests/unit/test_supervisor.c \
	tests/unit/process-rig.c tests/unit/process-rig.h
tests_unit_test_supervisor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_supervisor_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_rpc_client
tests_unit_test_rpc_client_SOURCES = tests/unit/test_rpc_client.c
tests_unit_test_rpc_client_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_client_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_rpc_framing
tests_unit_test_rpc_framing_SOURCES = tests/unit/test_rpc_framing.c
tests_unit_test_rpc_framing_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_framing_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_rpc_limits
tests_unit_test_rpc_limits_SOURCES = tests/unit/test_rpc_limits.c \
	tests/unit/rpc-rig.c tests/unit/rpc-rig.h
tests_unit_test_rpc_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_limits_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_rpc_server
tests_unit_test_rpc_server_SOURCES = tests/unit/test_rpc_server.c \
	tests/unit/rpc-rig.c tests/unit/rpc-rig.h
tests_unit_test_rpc_server_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_server_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_siphash
tests_unit_test_siphash_SOURCES = tests/unit/test_siphash.c
tests_unit_test_siphash_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_siphash_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_sockpath
tests_unit_test_sockpath_SOURCES = tests/unit/test_sockpath.c
tests_unit_test_sockpath_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sockpath_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_utf8
tests_unit_test_utf8_SOURCES = tests/unit/test_utf8.c
tests_unit_test_utf8_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_utf8_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_verb
tests_unit_test_verb_SOURCES = tests/unit/test_verb.c
tests_unit_test_verb_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_verb_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_words
tests_unit_test_words_SOURCES = tests/unit/test_words.c
tests_unit_test_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_words_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_xalloc
tests_unit_test_xalloc_SOURCES = tests/unit/test_xalloc.c
tests_unit_test_xalloc_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_xalloc_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_log
tests_fuzz_fuzz_log_SOURCES = tests/fuzz/fuzz_log.c $(FUZZ_MAIN)
tests_fuzz_fuzz_log_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_log_LDADD = $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_json_check
tests_fuzz_fuzz_json_check_SOURCES = tests/fuzz/fuzz_json_check.c $(FUZZ_MAIN)
tests_fuzz_fuzz_json_check_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_check_LDADD = $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_rpc
tests_fuzz_fuzz_rpc_SOURCES = tests/fuzz/fuzz_rpc.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rpc_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_rpc_LDADD = $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_verb
tests_fuzz_fuzz_verb_SOURCES = tests/fuzz/fuzz_verb.c $(FUZZ_MAIN)
tests_fuzz_fuzz_verb_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_verb_LDADD = $(LIBVDELAB_LIBS)
