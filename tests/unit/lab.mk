if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_check \
	tests/unit/test_check_cmd \
	tests/unit/test_imports \
	tests/unit/test_lua_parse \
	tests/unit/test_methods \
	tests/unit/test_nixos \
	tests/unit/test_plan \
	tests/unit/test_plan_disk \
	tests/unit/test_plan_ways \
	tests/unit/test_setup_script \
	tests/unit/test_test_file

tests_unit_test_check_SOURCES = tests/unit/test_check.c
tests_unit_test_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_check_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_check_cmd_SOURCES = tests/unit/test_check_cmd.c
tests_unit_test_check_cmd_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_check_cmd_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_imports_SOURCES = tests/unit/test_imports.c
tests_unit_test_imports_CFLAGS = $(UNIT_CFLAGS) $(LUA_CFLAGS)
tests_unit_test_imports_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_lua_parse_SOURCES = tests/unit/test_lua_parse.c
tests_unit_test_lua_parse_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lua_parse_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_methods_SOURCES = tests/unit/test_methods.c
tests_unit_test_methods_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_methods_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_nixos_SOURCES = tests/unit/test_nixos.c
tests_unit_test_nixos_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nixos_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_plan_SOURCES = tests/unit/test_plan.c
tests_unit_test_plan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plan_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_plan_disk_SOURCES = tests/unit/test_plan_disk.c
tests_unit_test_plan_disk_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plan_disk_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_plan_ways_SOURCES = tests/unit/test_plan_ways.c
tests_unit_test_plan_ways_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plan_ways_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_setup_script_SOURCES = tests/unit/test_setup_script.c
tests_unit_test_setup_script_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_setup_script_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_test_file_SOURCES = tests/unit/test_test_file.c
tests_unit_test_test_file_CFLAGS = $(UNIT_CFLAGS) $(LUA_CFLAGS)
tests_unit_test_test_file_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_lua_parse
tests_fuzz_fuzz_lua_parse_SOURCES = tests/fuzz/fuzz_lua_parse.c $(FUZZ_MAIN)
tests_fuzz_fuzz_lua_parse_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
tests_fuzz_fuzz_lua_parse_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_lua_parse_LDADD = $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_nixos
tests_fuzz_fuzz_nixos_SOURCES = tests/fuzz/fuzz_nixos.c $(FUZZ_MAIN)
tests_fuzz_fuzz_nixos_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_nixos_LDADD = $(LIBDRIVER_LIBS)
