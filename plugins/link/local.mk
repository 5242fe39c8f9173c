plugin_PROGRAMS += out/lib/vdelab/link.so
out_lib_vdelab_link_so_SOURCES = %D%/link.c
out_lib_vdelab_link_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_link_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_link_so_LDADD = $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/link.md
