if HAVE_CHECK
check_PROGRAMS += tests/unit/test_guest_memory
tests_unit_test_guest_memory_SOURCES = %D%/test_guest_memory.c
tests_unit_test_guest_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_memory_LDADD = $(SWITCH_TEST_LIBS)
endif
