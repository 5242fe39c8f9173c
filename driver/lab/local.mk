driver_libdriver_a_SOURCES += \
	%D%/addresses.c \
	%D%/coverage-key.c %D%/coverage-key.h \
	%D%/disk.c %D%/disk.h %D%/disk-layers.c \
	%D%/imports.c %D%/imports.h \
	%D%/names.c \
	%D%/node.c %D%/node.h %D%/node-boot.c \
	%D%/node-ways.c \
	%D%/nixos.c %D%/nixos.h %D%/nixos-complete.c \
	%D%/plan.c %D%/plan.h \
	%D%/problems.c \
	%D%/reader.c %D%/reader.h \
	%D%/setup-script.c \
	%D%/start-nics.c %D%/start-nics.h
