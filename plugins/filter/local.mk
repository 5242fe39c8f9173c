FILTER_SOURCES = \
	%D%/filter.c \
	$(BPF_SOURCES) \
	$(INST_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/filter.so
out_lib_vdelab_filter_so_SOURCES = $(FILTER_SOURCES)
out_lib_vdelab_filter_so_CFLAGS = $(PLUGIN_CFLAGS) $(PCAP_CFLAGS)
out_lib_vdelab_filter_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_filter_so_LDADD = $(PCAP_LIBS) $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/filter.md
