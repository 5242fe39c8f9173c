if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_methods \
	tests/unit/test_plan \
	tests/unit/test_setup_script

tests_unit_test_methods_SOURCES = tests/unit/test_methods.c
tests_unit_test_methods_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_methods_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_plan_SOURCES = tests/unit/test_plan.c
tests_unit_test_plan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plan_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_setup_script_SOURCES = tests/unit/test_setup_script.c
tests_unit_test_setup_script_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_setup_script_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif
