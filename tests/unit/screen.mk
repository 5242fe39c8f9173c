if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_keyboard \
	tests/unit/test_ocr \
	tests/unit/test_picture \
	tests/unit/test_machine_console \
	tests/unit/test_text_screen

tests_unit_test_keyboard_SOURCES = tests/unit/test_keyboard.c
tests_unit_test_keyboard_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keyboard_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_ocr_SOURCES = tests/unit/test_ocr.c
tests_unit_test_ocr_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ocr_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_picture_SOURCES = tests/unit/test_picture.c
tests_unit_test_picture_CFLAGS = $(UNIT_CFLAGS) $(PNG_CFLAGS)
tests_unit_test_picture_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

tests_unit_test_machine_console_SOURCES = tests/unit/test_machine_console.c
tests_unit_test_machine_console_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_machine_console_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
EXTRA_tests_unit_test_machine_console_DEPENDENCIES = tests/unit/fake-qemu

tests_unit_test_text_screen_SOURCES = tests/unit/test_text_screen.c
tests_unit_test_text_screen_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_text_screen_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_picture
tests_fuzz_fuzz_picture_SOURCES = tests/fuzz/fuzz_picture.c $(FUZZ_MAIN)
tests_fuzz_fuzz_picture_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_picture_LDADD = $(LIBDRIVER_LIBS)
