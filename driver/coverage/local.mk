driver_libdriver_a_SOURCES += \
	%D%/child.c %D%/child.h \
	%D%/collect.c %D%/collect.h \
	%D%/data.c %D%/data.h %D%/data-json.c \
	%D%/gcov.c %D%/gcov.h %D%/gcov-json.c \
	%D%/gcovr.c %D%/gcovr.h \
	%D%/guest-text.c %D%/guest-text.h \
	%D%/manifest.c %D%/manifest.h \
	%D%/notes.c %D%/notes.h \
	%D%/report.c \
	%D%/cov-summary.c %D%/cov-summary.h \
	%D%/trace.c %D%/trace.h
