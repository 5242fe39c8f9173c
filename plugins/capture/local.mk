CAPTURE_SOURCES = \
	%D%/capture.c %D%/capture.h \
	%D%/limits.c %D%/limits.h \
	%D%/methods.c \
	%D%/names.c %D%/names.h \
	%D%/pcap-file.c %D%/pcap-file.h \
	%D%/pcapng.c %D%/pcapng.h \
	%D%/recording.c %D%/recording.h \
	%D%/recording-file.c %D%/recording-file.h \
	%D%/series.c %D%/series.h \
	%D%/session.c %D%/session.h \
	%D%/start.c %D%/start.h \
	%D%/target.c %D%/target.h \
	%D%/writer.c %D%/writer.h \
	$(BPF_SOURCES) $(INST_SOURCES) $(REFUSE_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/capture.so
out_lib_vdelab_capture_so_SOURCES = $(CAPTURE_SOURCES)
out_lib_vdelab_capture_so_CFLAGS = $(PLUGIN_CFLAGS) $(PCAP_CFLAGS)
# nodelete: a thread that a stuck disk holds up may outlive its capture
out_lib_vdelab_capture_so_LDFLAGS = $(PLUGIN_LDFLAGS) -Wl,-z,nodelete
out_lib_vdelab_capture_so_LDADD = $(PCAP_LIBS) $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/capture.md
