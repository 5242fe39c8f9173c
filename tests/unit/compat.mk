if HAVE_CHECK
check_PROGRAMS += tests/unit/test_answer
tests_unit_test_answer_SOURCES = tests/unit/test_answer.c
tests_unit_test_answer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_answer_LDADD = $(UNIT_LIBS) $(LIBCOMPAT_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_answer
tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c $(FUZZ_MAIN)
tests_fuzz_fuzz_answer_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_answer_LDADD = $(LIBCOMPAT_LIBS)

LOCATOR_SOURCES = tools/vdeplug/locator.c tools/vdeplug/locator.h
if HAVE_CHECK
check_PROGRAMS += tests/unit/test_locator
tests_unit_test_locator_SOURCES = tests/unit/test_locator.c $(LOCATOR_SOURCES)
tests_unit_test_locator_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_locator_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_locator
tests_fuzz_fuzz_locator_SOURCES = tests/fuzz/fuzz_locator.c $(FUZZ_MAIN) \
	$(LOCATOR_SOURCES)
tests_fuzz_fuzz_locator_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_locator_LDADD = $(LIBVDELAB_LIBS)
