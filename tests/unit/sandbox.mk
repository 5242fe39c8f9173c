if HAVE_CHECK
SANDBOX_TEST_LIBS = $(LIBSWITCH) $(UNIT_LIBS) $(LIBVDELAB_LIBS) $(SECCOMP_LIBS)

check_PROGRAMS += tests/unit/test_sandbox
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c
tests_unit_test_sandbox_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sandbox_LDADD = $(SANDBOX_TEST_LIBS)

# a sanitizer's run-time does not live in so small a room
if !SANITIZED
check_PROGRAMS += tests/unit/test_sandbox_calls
tests_unit_test_sandbox_calls_SOURCES = tests/unit/test_sandbox_calls.c
tests_unit_test_sandbox_calls_CFLAGS = $(UNIT_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_sandbox_calls_LDADD = $(SANDBOX_TEST_LIBS)
endif
endif
