if HAVE_CHECK
check_PROGRAMS += tests/unit/test_service_manager
tests_unit_test_service_manager_SOURCES = %D%/test_service_manager.c
tests_unit_test_service_manager_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_service_manager_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_inherited
tests_unit_test_inherited_SOURCES = %D%/test_inherited.c
tests_unit_test_inherited_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inherited_LDADD = $(SWITCH_TEST_LIBS)
endif
