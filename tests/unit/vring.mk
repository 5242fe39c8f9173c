if HAVE_CHECK
VRING_DRIVER = tests/unit/vring-driver.c tests/unit/vring-driver.h

check_PROGRAMS += tests/unit/test_guest_memory
tests_unit_test_guest_memory_SOURCES = %D%/test_guest_memory.c
tests_unit_test_guest_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_memory_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vring
tests_unit_test_vring_SOURCES = %D%/test_vring.c $(VRING_DRIVER)
tests_unit_test_vring_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vring_LDADD = $(SWITCH_TEST_LIBS)
endif
