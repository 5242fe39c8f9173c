driver_libdriver_a_SOURCES += \
	%D%/accel.c %D%/accel.h \
	%D%/console-log.c %D%/console-log.h \
	%D%/control-net.c %D%/control-net.h \
	%D%/image.c %D%/image.h \
	%D%/machine.c %D%/machine.h \
	%D%/qemu-args.c %D%/qemu-args.h \
	%D%/qmp.c %D%/qmp.h
