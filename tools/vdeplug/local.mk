# A module that other people's processes load: a copy of what it needs of lib,
# hidden in it, and no sanitizer.
VDEPLUG_MODULE_SOURCES = \
	%D%/module.c %D%/locator.c %D%/locator.h \
	lib/err.c lib/err.h \
	lib/json.c lib/json.h \
	lib/json-member.c lib/json-member.h \
	lib/log.h %D%/log-stderr.c \
	lib/nearest.c lib/nearest.h \
	lib/rpc-framing.c lib/rpc-framing.h \
	lib/rpc-message.c lib/rpc-message.h \
	lib/rpc-sync.c \
	lib/sockpath.c lib/sockpath.h \
	lib/utf8.c lib/utf8.h \
	lib/xalloc.c lib/xalloc.h
if HAVE_VDEPLUG_MOD
vdeplug_PROGRAMS += out/lib/vdeplug/libvdeplug_vdelab.so
out_lib_vdeplug_libvdeplug_vdelab_so_SOURCES = $(VDEPLUG_MODULE_SOURCES)
out_lib_vdeplug_libvdeplug_vdelab_so_CFLAGS = \
	$(PLUGIN_CFLAGS) -fno-sanitize=all
out_lib_vdeplug_libvdeplug_vdelab_so_LDFLAGS = \
	$(PLUGIN_LDFLAGS) -Wl,-z,defs -fno-sanitize=all
out_lib_vdeplug_libvdeplug_vdelab_so_LDADD = $(JANSSON_LIBS)
endif
