driver_libdriver_a_SOURCES += \
	%D%/lua-library.c %D%/lua-library.h \
	%D%/method-check.c \
	%D%/methods-table.c \
	%D%/methods.c %D%/methods.h
