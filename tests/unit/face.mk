if HAVE_CHECK
check_LIBRARIES += tests/unit/libfacerig.a
tests_unit_libfacerig_a_SOURCES = \
	tests/unit/face-rig.c tests/unit/face-rig.h
tests_unit_libfacerig_a_CFLAGS = $(UNIT_CFLAGS)

check_PROGRAMS += tests/unit/test_face tests/unit/test_face_lines
tests_unit_test_face_SOURCES = tests/unit/test_face.c
tests_unit_test_face_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_face_LDADD = tests/unit/libfacerig.a $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_slirp_words
tests_unit_test_slirp_words_SOURCES = tests/unit/test_slirp_words.c
tests_unit_test_slirp_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_slirp_words_LDADD = $(SWITCH_TEST_LIBS)

tests_unit_test_face_lines_SOURCES = tests/unit/test_face_lines.c
tests_unit_test_face_lines_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_face_lines_LDADD = $(SWITCH_TEST_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_console
tests_fuzz_fuzz_console_SOURCES = tests/fuzz/fuzz_console.c $(FUZZ_MAIN)
tests_fuzz_fuzz_console_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_console_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS) $(SECCOMP_LIBS)
