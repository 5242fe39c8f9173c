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

check_PROGRAMS += tests/unit/test_vring_room
tests_unit_test_vring_room_SOURCES = %D%/test_vring_room.c $(VRING_DRIVER)
tests_unit_test_vring_room_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vring_room_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vring_violation
tests_unit_test_vring_violation_SOURCES = \
	%D%/test_vring_violation.c $(VRING_DRIVER)
tests_unit_test_vring_violation_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vring_violation_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vring_notify
tests_unit_test_vring_notify_SOURCES = %D%/test_vring_notify.c $(VRING_DRIVER)
tests_unit_test_vring_notify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vring_notify_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vring_resume
tests_unit_test_vring_resume_SOURCES = %D%/test_vring_resume.c $(VRING_DRIVER)
tests_unit_test_vring_resume_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vring_resume_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vring_once
tests_unit_test_vring_once_SOURCES = %D%/test_vring_once.c $(VRING_DRIVER)
tests_unit_test_vring_once_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vring_once_LDADD = $(SWITCH_TEST_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_vring
tests_fuzz_fuzz_vring_SOURCES = tests/fuzz/fuzz_vring.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vring_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_vring_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)
