PIPE_SOURCES = \
	%D%/pipe.c %D%/pipe.h \
	%D%/pipe-ports.c %D%/pipe-ports.h \
	%D%/pipe-proto.c %D%/pipe-proto.h \
	%D%/pipe-queue.c %D%/pipe-queue.h \
	%D%/pipe-talk.c \
	$(INST_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/pipe.so
out_lib_vdelab_pipe_so_SOURCES = $(PIPE_SOURCES)
out_lib_vdelab_pipe_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_pipe_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_pipe_so_LDADD = $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/pipe.md
