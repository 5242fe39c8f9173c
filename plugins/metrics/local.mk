METRICS_SOURCES = \
	%D%/exposition.c %D%/exposition.h \
	%D%/metrics.c \
	%D%/responder.c %D%/responder.h \
	%D%/textfile.c %D%/textfile.h \
	$(INST_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/metrics.so
out_lib_vdelab_metrics_so_SOURCES = $(METRICS_SOURCES)
out_lib_vdelab_metrics_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_metrics_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_metrics_so_LDADD = $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/metrics.md
