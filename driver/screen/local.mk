driver_libdriver_a_SOURCES += \
	%D%/filter.c %D%/filter.h \
	%D%/keyboard.c %D%/keyboard.h \
	%D%/ocr.c %D%/ocr.h \
	%D%/picture.c %D%/picture.h \
	%D%/screendump.c %D%/screendump.h \
	%D%/text-screen.c %D%/text-screen.h \
	%D%/vga-font.c %D%/vga-font.h
