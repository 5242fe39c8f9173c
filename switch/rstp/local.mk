switch_libswitch_a_SOURCES += \
	%D%/bpdu.c %D%/bpdu.h \
	%D%/config.c \
	%D%/information.c \
	%D%/machine.h \
	%D%/receive.c \
	%D%/roles.c \
	%D%/rstp.c %D%/rstp.h \
	%D%/topology.c \
	%D%/transitions.c \
	%D%/transmit.c \
	%D%/vector.c %D%/vector.h

# the segment's side of it
switch_libswitch_a_SOURCES += \
	switch/stp.c switch/stp.h \
	switch/methods/stp-methods.c
