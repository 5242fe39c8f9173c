driver_libdriver_a_SOURCES += \
	%D%/collect.c %D%/collect.h \
	%D%/guest-text.c %D%/guest-text.h \
	%D%/manifest.c %D%/manifest.h \
	%D%/notes.c %D%/notes.h
