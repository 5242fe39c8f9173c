# Everything of the switch but main() is a library, so that tests link it.
noinst_LIBRARIES += switch/libswitch.a
switch_libswitch_a_SOURCES = \
	%D%/counters.c %D%/counters.h \
	%D%/fdb.c %D%/fdb.h \
	%D%/forward.c %D%/forward.h \
	%D%/frame.c %D%/frame.h \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/port.c %D%/port.h \
	%D%/port-queue.c %D%/port-queue.h \
	%D%/segment.c %D%/segment.h \
	%D%/switch.c %D%/switch.h \
	%D%/ports/dummy.c %D%/ports/dummy.h \
	%D%/ports/port-provider.h
LIBSWITCH = switch/libswitch.a
