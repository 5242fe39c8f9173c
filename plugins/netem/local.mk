# What is pure, for the plugin and its tests.
noinst_LIBRARIES += plugins/netem/libnetem.a
plugins_netem_libnetem_a_SOURCES = \
	%D%/distribution.c %D%/distribution.h \
	%D%/impair.c %D%/impair.h \
	%D%/lane.c %D%/lane.h \
	%D%/loss.c %D%/loss.h \
	%D%/pace.c %D%/pace.h \
	%D%/quantity.c %D%/quantity.h \
	%D%/random.c %D%/random.h \
	%D%/spec.c %D%/spec-format.c %D%/spec.h \
	%D%/wheel.c %D%/wheel.h
plugins_netem_libnetem_a_CFLAGS = $(PLUGIN_CFLAGS)
