if HAVE_CHECK
check_PROGRAMS += tests/unit/test_service_manager
tests_unit_test_service_manager_SOURCES = %D%/test_service_manager.c
tests_unit_test_service_manager_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_service_manager_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_inherited
tests_unit_test_inherited_SOURCES = %D%/test_inherited.c
tests_unit_test_inherited_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inherited_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_config_file
tests_unit_test_config_file_SOURCES = %D%/test_config_file.c
tests_unit_test_config_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_file_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_config_file_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_config_plan
tests_unit_test_config_plan_SOURCES = %D%/test_config_plan.c
tests_unit_test_config_plan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_plan_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_config_plan_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_config_plan_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_config_apply
tests_unit_test_config_apply_SOURCES = %D%/test_config_apply.c \
	tests/unit/control-rig.c tests/unit/control-rig.h
tests_unit_test_config_apply_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_apply_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_config_apply_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_config_apply_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_declared
tests_unit_test_declared_SOURCES = %D%/test_declared.c \
	tests/unit/control-rig.c tests/unit/control-rig.h
tests_unit_test_declared_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_declared_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_declared_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_declared_DEPENDENCIES = $(TEST_PLUGINS)
endif

check_PROGRAMS += tests/fuzz/fuzz_config_file
tests_fuzz_fuzz_config_file_SOURCES = tests/fuzz/fuzz_config_file.c $(FUZZ_MAIN)
tests_fuzz_fuzz_config_file_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_config_file_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)
