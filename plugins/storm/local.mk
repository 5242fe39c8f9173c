STORM_SOURCES = \
	%D%/bucket.c %D%/bucket.h \
	%D%/guard.c %D%/guard.h \
	%D%/storm.c \
	$(INST_SOURCES) \
	$(PORT_TABLE_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/storm.so
out_lib_vdelab_storm_so_SOURCES = $(STORM_SOURCES)
out_lib_vdelab_storm_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_storm_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_storm_so_LDADD = $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/storm.md
