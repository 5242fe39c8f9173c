MIRROR_SOURCES = \
	%D%/mirror.c \
	$(BPF_SOURCES) \
	$(INST_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/mirror.so
out_lib_vdelab_mirror_so_SOURCES = $(MIRROR_SOURCES)
out_lib_vdelab_mirror_so_CFLAGS = $(PLUGIN_CFLAGS) $(PCAP_CFLAGS)
out_lib_vdelab_mirror_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_mirror_so_LDADD = $(PCAP_LIBS) $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/mirror.md
