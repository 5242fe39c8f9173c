# Everything of the switch but main() is a library, so that tests link it.
noinst_LIBRARIES += switch/libswitch.a
switch_libswitch_a_SOURCES = \
	%D%/counters.c %D%/counters.h \
	%D%/fdb.c %D%/fdb.h \
	%D%/frame.c %D%/frame.h \
	%D%/ports/port-provider.h
LIBSWITCH = switch/libswitch.a
