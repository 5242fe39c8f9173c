if HAVE_CHECK
check_PROGRAMS += tests/unit/test_qemu_args
tests_unit_test_qemu_args_SOURCES = tests/unit/test_qemu_args.c
tests_unit_test_qemu_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_qemu_args_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_qmp
tests_unit_test_qmp_SOURCES = tests/unit/test_qmp.c
tests_unit_test_qmp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_qmp_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_qmp
tests_fuzz_fuzz_qmp_SOURCES = tests/fuzz/fuzz_qmp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_qmp_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_qmp_LDADD = $(LIBDRIVER_LIBS)
