driver_libdriver_a_SOURCES += \
	%D%/capture-file.c %D%/capture-file.h \
	%D%/frame-info.c %D%/frame-info.h \
	%D%/network.c %D%/network.h \
	%D%/pcapng-read.c %D%/pcapng-read.h \
	%D%/switch-child.c %D%/switch-child.h
