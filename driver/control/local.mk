# The control socket of a run.
driver_libdriver_a_SOURCES += \
	%D%/console.c %D%/console.h \
	%D%/control-calls.c \
	%D%/control-internal.h \
	%D%/control.c %D%/control.h \
	%D%/methods-list.c %D%/methods-list.h \
	%D%/run-info.c %D%/run-info.h \
	%D%/standstill.c %D%/standstill.h
