driver_libdriver_a_SOURCES += \
	%D%/event-log.c %D%/event-log.h \
	%D%/story.h \
	%D%/terminal.c %D%/terminal.h
