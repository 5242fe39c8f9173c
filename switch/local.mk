# Everything of the switch but main() is a library, so that tests link it.
noinst_LIBRARIES += switch/libswitch.a
switch_libswitch_a_SOURCES = \
	%D%/access.c %D%/access.h \
	%D%/backpressure.c %D%/backpressure.h \
	%D%/config-apply.c %D%/config-apply.h \
	%D%/config-check.c %D%/config-check.h %D%/config-compare.c \
	%D%/config-file.c %D%/config-file.h \
	%D%/config-plan.c %D%/config-plan.h \
	%D%/config-rules.c %D%/config-rules.h \
	%D%/control.c %D%/control.h \
	%D%/counters.c %D%/counters.h \
	%D%/fdb.c %D%/fdb.h %D%/fdb-priv.h %D%/fdb-owner.c \
	%D%/declared.c %D%/declared.h \
	%D%/decide.c %D%/decide.h \
	%D%/drop-watch.c %D%/drop-watch.h \
	%D%/finish.c %D%/finish.h \
	%D%/forward.c %D%/forward.h \
	%D%/frame.c %D%/frame.h \
	%D%/frame-pool.c %D%/frame-priv.h \
	%D%/inherited.c %D%/inherited.h \
	%D%/kinds.c %D%/kinds.h \
	%D%/lane.c %D%/lane.h %D%/lanes.c %D%/lanes.h \
	%D%/bell.c %D%/bell.h \
	%D%/options.c %D%/options.h \
	%D%/methods/methods.c %D%/methods/methods.h \
	%D%/methods/events.c %D%/methods/fdb-methods.c %D%/methods/plugin-methods.c \
	%D%/methods/port-methods.c %D%/methods/segment-methods.c \
	%D%/methods/stats-methods.c %D%/methods/switch-methods.c \
	%D%/methods/vlan-methods.c \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/pollers.c %D%/pollers.h \
	%D%/marks.c %D%/marks.h \
	%D%/plugin-api.c %D%/plugin-control.c \
	%D%/plugin-file.c %D%/plugin-file.h %D%/plugin-frames.c \
	%D%/plugin-host.c %D%/plugin-host.h %D%/plugin-inst.h \
	%D%/plugin-kinds.c \
	%D%/plugin-ports.c %D%/plugin-program.c \
	%D%/plugin-scope.c %D%/plugin-scope.h %D%/plugin-show.c \
	%D%/plugin-watch.c \
	%D%/port.c %D%/port.h \
	%D%/port-queue.c %D%/port-queue.h \
	%D%/port-store.c %D%/port-store.h \
	%D%/retag.c %D%/retag.h \
	%D%/segment.c %D%/segment.h \
	%D%/service-manager.c %D%/service-manager.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/sandbox-calls.c %D%/sandbox-enter.c \
	%D%/sandbox-places.c %D%/sandbox-places.h \
	%D%/sandbox-start.c %D%/sandbox-start.h \
	%D%/spin.c %D%/spin.h \
	%D%/startup.c %D%/startup.h \
	%D%/switch.c %D%/switch-find.c %D%/switch-tell.c %D%/switch.h \
	%D%/trace.c %D%/trace.h \
	%D%/vid.c %D%/vid.h \
	%D%/workers.c %D%/workers.h \
	%D%/face/command.c %D%/face/command.h \
	%D%/face/debug.c %D%/face/debug.h %D%/face/debug-commands.c \
	%D%/face/ds-commands.c \
	%D%/face/face.c %D%/face/face.h %D%/face/face-main.c \
	%D%/face/fstp-commands.c \
	%D%/face/general-commands.c %D%/face/hash-commands.c \
	%D%/face/lines.c %D%/face/lines.h \
	%D%/face/mgmt.c %D%/face/mgmt.h \
	%D%/face/numbers.c %D%/face/numbers.h \
	%D%/face/options.c %D%/face/options.h \
	%D%/face/cable.c %D%/face/cable.h %D%/face/plug2tap-main.c \
	%D%/face/slirp-words.c %D%/face/slirp-words.h \
	%D%/face/slirpvde-main.c \
	%D%/face/pid-file.c %D%/face/pid-file.h \
	%D%/face/plugin-commands.c %D%/face/port-commands.c \
	%D%/face/session.c %D%/face/session.h \
	%D%/face/terminal.c %D%/face/terminal.h \
	%D%/face/tree.c %D%/face/tree.h \
	%D%/face/vlan-commands.c \
	%D%/ports/dummy.c %D%/ports/dummy.h \
	%D%/ports/port-provider.h
switch_libswitch_a_SOURCES += \
	%D%/methods/check.c %D%/methods/declare-methods.c \
	%D%/options-file.c %D%/options-file.h \
	%D%/port-settings.c %D%/port-settings.h
switch_libswitch_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
if SANITIZED
switch_libswitch_a_CPPFLAGS += -DSANITIZED
endif
LIBSWITCH = switch/libswitch.a

# Plugins find the functions of include/vdelab/plugin.h in the program.
SWITCH_EXPORT = '-Wl,--export-dynamic-symbol=vl_*'

bin_PROGRAMS += out/bin/vdelab-switch
out_bin_vdelab_switch_SOURCES = %D%/main.c
out_bin_vdelab_switch_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
out_bin_vdelab_switch_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS) $(SECCOMP_LIBS)

# The manual of the control socket comes from the tables that it describes.
noinst_PROGRAMS += switch/control-manual
switch_control_manual_SOURCES = %D%/control-manual.c
switch_control_manual_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
switch_control_manual_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)
doc/control-api.md: doc/control-api.md.in switch/control-manual$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc
	$(AM_V_at)switch/control-manual$(EXEEXT) \
		$(srcdir)/doc/control-api.md.in >$@.tmp && mv $@.tmp $@
nobase_doc_DATA += doc/control-api.md
EXTRA_DIST += doc/control-api.md.in
CLEANFILES += doc/control-api.md
