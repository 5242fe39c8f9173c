driver_libdriver_a_SOURCES += \
	%D%/capture-file.c %D%/capture-file.h \
	%D%/capture-index.c %D%/capture-index.h \
	%D%/frame-filter.c %D%/frame-filter.h \
	%D%/frame-info.c %D%/frame-info.h \
	%D%/frame-sender.c %D%/frame-sender.h \
	%D%/network.c %D%/network.h \
	%D%/pcapng-read.c %D%/pcapng-read.h \
	%D%/plug.c %D%/plug.h %D%/plug-socket.c %D%/plug-socket.h \
	%D%/switch-child.c %D%/switch-child.h \
	%D%/wire-settings.c %D%/wire-settings.h
