driver_libdriver_a_SOURCES += \
	%D%/accel.c %D%/accel.h \
	%D%/image.c %D%/image.h \
	%D%/qemu-args.c %D%/qemu-args.h \
	%D%/qmp.c %D%/qmp.h
