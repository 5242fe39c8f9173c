LINK_SOURCES = \
	%D%/held.c %D%/held.h \
	%D%/line.c %D%/line.h \
	%D%/link.c %D%/link.h \
	%D%/methods.c \
	%D%/rule.c %D%/rule.h \
	$(BPF_SOURCES) \
	$(INST_SOURCES) \
	$(PORT_TABLE_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/link.so
out_lib_vdelab_link_so_SOURCES = $(LINK_SOURCES)
out_lib_vdelab_link_so_CFLAGS = $(PLUGIN_CFLAGS) $(PCAP_CFLAGS)
out_lib_vdelab_link_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_link_so_LDADD = $(PCAP_LIBS) $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/link.md
