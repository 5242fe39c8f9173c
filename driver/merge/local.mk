driver_libdriver_a_SOURCES += \
	%D%/inputs.c %D%/inputs.h \
	%D%/merge-cmd.c %D%/merge-cmd.h \
	%D%/merge.c %D%/merge.h \
	%D%/record-read.c %D%/record-read.h
