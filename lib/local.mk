noinst_LIBRARIES += lib/libvdelab.a
lib_libvdelab_a_SOURCES = \
	%D%/base64.c %D%/base64.h \
	%D%/call-rules.c %D%/call-rules.h \
	%D%/cli.c %D%/cli.h \
	%D%/cli-complete.c \
	%D%/cli-help.c %D%/cli-help.h \
	%D%/cli-manual.c \
	%D%/cli-parse.h \
	%D%/clock.c %D%/clock.h \
	%D%/cursor.h \
	%D%/draft.c %D%/draft.h \
	%D%/err.c %D%/err.h \
	%D%/json.c %D%/json.h \
	%D%/json-member.c %D%/json-member.h \
	%D%/landlock.c %D%/landlock.h \
	%D%/line-log.c %D%/line-log.h \
	%D%/log.c %D%/log.h \
	%D%/mac.c %D%/mac.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/octets.h \
	%D%/paths.c %D%/paths.h \
	%D%/process.c %D%/process.h \
	%D%/process-fork.c %D%/process-fork.h \
	%D%/rpc-client.c \
	%D%/rpc-framing.c %D%/rpc-framing.h \
	%D%/rpc-message.c %D%/rpc-message.h \
	%D%/rpc-server.c %D%/rpc.h \
	%D%/rpc-session.c %D%/rpc-session.h \
	%D%/rpc-sync.c \
	%D%/siphash.c %D%/siphash.h \
	%D%/sockpath.c %D%/sockpath.h \
	%D%/supervisor.c %D%/supervisor.h \
	%D%/utf8.c %D%/utf8.h \
	%D%/verb.c %D%/verb.h \
	%D%/verb-complete.c \
	%D%/verb-plugins.c %D%/verb-plugins.h \
	%D%/verb-table.c \
	%D%/verb-usage.c %D%/verb-usage.h \
	%D%/words.c %D%/words.h \
	%D%/xalloc.c %D%/xalloc.h
lib_libvdelab_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS) \
	-DPATHS_LIBEXECDIR='"$(helperdir)"' -DPATHS_PLUGINDIR='"$(plugindir)"' \
	-DPATHS_DATADIR='"$(vldatadir)"' -DPATHS_BINDIR='"$(bindir)"'
LIBVDELAB = lib/libvdelab.a
LIBVDELAB_LIBS = $(LIBVDELAB) $(EVENT_LIBS) $(JANSSON_LIBS)
