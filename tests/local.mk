dist_check_SCRIPTS += %D%/check-includes.sh %D%/check-format.sh \
	%D%/check-lessons.sh %D%/check-lists.sh
EXTRA_DIST += %D%/plain-build.sh %D%/unit/unit.h tests/fuzz/corpus

# The frame of unit tests; a test program foo.c needs
#   check_PROGRAMS += tests/unit/test_foo
#   tests_unit_test_foo_SOURCES = tests/unit/test_foo.c
#   tests_unit_test_foo_CFLAGS = $(UNIT_CFLAGS)
#   tests_unit_test_foo_LDADD = $(UNIT_LIBS) <the libraries under test>
# inside `if HAVE_CHECK`, in the fragment of its area (tests/unit/*.mk).
if HAVE_CHECK
check_LIBRARIES = tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = %D%/unit/unit.c %D%/unit/unit.h
tests_unit_libunit_a_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
endif
UNIT_LIBS = tests/unit/libunit.a $(CHECK_LIBS)

# A fuzz target foo.c needs
#   check_PROGRAMS += tests/fuzz/fuzz_foo
#   tests_fuzz_fuzz_foo_SOURCES = tests/fuzz/fuzz_foo.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_foo_LDFLAGS = $(FUZZ_LDFLAGS)
#   tests_fuzz_fuzz_foo_LDADD = <the library under test>
# and a seed corpus in tests/fuzz/corpus/fuzz_foo/.  With --enable-fuzzer the
# target is a libFuzzer program, otherwise it replays its corpus.
if FUZZER
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif
EXTRA_DIST += tests/fuzz/replay.c
