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

NETEM_SOURCES = $(INST_SOURCES) \
	%D%/methods.c \
	%D%/netem.c %D%/netem.h \
	%D%/settings.c
plugin_PROGRAMS += out/lib/vdelab/netem.so
out_lib_vdelab_netem_so_SOURCES = $(NETEM_SOURCES)
out_lib_vdelab_netem_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_netem_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_netem_so_LDADD = plugins/netem/libnetem.a $(JANSSON_LIBS) -lm
nobase_dist_doc_DATA += %D%/netem.md
