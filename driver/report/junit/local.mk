driver_libdriver_a_SOURCES += \
	%D%/junit-cases.c \
	%D%/junit-explain.c \
	%D%/junit-maker.h \
	%D%/junit-output.c %D%/junit-output.h \
	%D%/junit-run.c %D%/junit-run.h \
	%D%/junit-suite.c %D%/junit-suite.h \
	%D%/junit-text.c %D%/junit-text.h \
	%D%/junit.c %D%/junit.h
