PORTSEC_SOURCES = \
	%D%/portsec.c \
	%D%/stations.c %D%/stations.h \
	$(INST_SOURCES) \
	$(PORT_TABLE_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/portsec.so
out_lib_vdelab_portsec_so_SOURCES = $(PORTSEC_SOURCES)
out_lib_vdelab_portsec_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_portsec_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_portsec_so_LDADD = $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/portsec.md
