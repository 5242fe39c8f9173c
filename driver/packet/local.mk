# What the octets of frames mean; pure.
driver_libdriver_a_SOURCES += \
	%D%/build.c %D%/build.h \
	%D%/complete.c %D%/complete.h \
	%D%/dissect.c \
	%D%/dns.c \
	%D%/field.c \
	%D%/format.c %D%/format.h \
	%D%/format-internal.h \
	%D%/format-ip.c \
	%D%/icmp.c \
	%D%/internal.h \
	%D%/options.c \
	%D%/packet.h \
	%D%/protocols.c \
	%D%/sums.c %D%/sums.h \
	%D%/tables.h
