driver_libdriver_a_SOURCES += \
	%D%/event-log.c %D%/event-log.h \
	%D%/terminal.c %D%/terminal.h
