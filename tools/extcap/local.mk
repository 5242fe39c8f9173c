# Everything but main() is a library, so that tests link it.
noinst_LIBRARIES += tools/extcap/libextcap.a
tools_extcap_libextcap_a_SOURCES = \
	%D%/install.c %D%/install.h \
	%D%/interfaces.c %D%/interfaces.h \
	%D%/live.c %D%/live.h \
	%D%/switches.c %D%/switches.h
LIBEXTCAP_LIBS = tools/extcap/libextcap.a $(LIBVDELAB_LIBS)

bin_PROGRAMS += out/bin/vdelab-extcap
out_bin_vdelab_extcap_SOURCES = %D%/main.c
out_bin_vdelab_extcap_LDADD = $(LIBEXTCAP_LIBS)
