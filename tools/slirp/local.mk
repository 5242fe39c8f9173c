# Everything but main() is a library, so that tests link it.
noinst_LIBRARIES += tools/slirp/libvdelabslirp.a
tools_slirp_libvdelabslirp_a_SOURCES = \
	%D%/confine.c %D%/confine.h %D%/confine-priv.h \
	%D%/confine-calls.c %D%/confine-files.c \
	%D%/forwards.c \
	%D%/frame-link.c %D%/frame-link.h \
	%D%/gate.c %D%/gate.h \
	%D%/guest-filter.c %D%/guest-filter.h \
	%D%/net-config.c %D%/net-config.h \
	%D%/net-framing.c %D%/net-framing.h \
	%D%/options.c %D%/options.h \
	%D%/redirect.c %D%/redirect.h \
	%D%/slirp-forwards.c %D%/slirp-loop.c \
	%D%/slirp-net.c %D%/slirp-net.h %D%/slirp-net-priv.h
tools_slirp_libvdelabslirp_a_CPPFLAGS = $(AM_CPPFLAGS)
tools_slirp_libvdelabslirp_a_CFLAGS = \
	$(AM_CFLAGS) $(SLIRP_CFLAGS) $(SECCOMP_CFLAGS)
if SANITIZED
tools_slirp_libvdelabslirp_a_CPPFLAGS += -DSANITIZED
endif
LIBVDELABSLIRP_LIBS = tools/slirp/libvdelabslirp.a \
	$(LIBVDELAB_LIBS) $(SLIRP_LIBS) $(SECCOMP_LIBS)

helper_PROGRAMS += out/libexec/vdelab/vdelab-slirp
out_libexec_vdelab_vdelab_slirp_SOURCES = %D%/main.c
out_libexec_vdelab_vdelab_slirp_LDADD = $(LIBVDELABSLIRP_LIBS)
