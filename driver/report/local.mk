driver_libdriver_a_SOURCES += \
	%D%/event-log.c %D%/event-log.h \
	%D%/keep.c %D%/keep.h \
	%D%/log-lines.c %D%/log-lines.h \
	%D%/report-text.c %D%/report-text.h \
	%D%/story.c %D%/story.h \
	%D%/story-events.c \
	%D%/story-free.c \
	%D%/story-internal.h \
	%D%/story-run.c \
	%D%/story-steps.c \
	%D%/terminal.c %D%/terminal.h
