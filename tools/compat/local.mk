# The names of other people's programs lie apart, so that they shadow nothing.
compatdir = $(helperdir)/compat
COMPAT = out/libexec/vdelab/compat

# Everything but main() is a library, so that tests link it.
noinst_LIBRARIES += tools/compat/libcompat.a
tools_compat_libcompat_a_SOURCES = %D%/answer.c %D%/answer.h
LIBCOMPAT_LIBS = tools/compat/libcompat.a $(LIBVDELAB_LIBS)

compat_PROGRAMS = out/libexec/vdelab/compat/vdecmd
out_libexec_vdelab_compat_vdecmd_SOURCES = %D%/vdecmd.c
out_libexec_vdelab_compat_vdecmd_LDADD = $(LIBCOMPAT_LIBS)

# One program, several names.
SWITCH_NAMES = vde_switch vde_plug2tap slirpvde
noinst_DATA += $(COMPAT)/vde_switch $(COMPAT)/vde_plug2tap \
	$(COMPAT)/slirpvde $(COMPAT)/unixcmd
$(COMPAT)/vde_switch $(COMPAT)/vde_plug2tap $(COMPAT)/slirpvde: out/bin/vdelab-switch$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(COMPAT) && \
		ln -sf ../../../bin/vdelab-switch$(EXEEXT) $@
$(COMPAT)/unixcmd: $(COMPAT)/vdecmd$(EXEEXT)
	$(AM_V_GEN)ln -sf vdecmd$(EXEEXT) $@

install-exec-hook:
	$(MKDIR_P) $(DESTDIR)$(compatdir)
	for name in $(SWITCH_NAMES); do \
		ln -srf $(DESTDIR)$(bindir)/vdelab-switch$(EXEEXT) \
			$(DESTDIR)$(compatdir)/$$name || exit; \
	done
	ln -sf vdecmd$(EXEEXT) $(DESTDIR)$(compatdir)/unixcmd
uninstall-hook:
	for name in $(SWITCH_NAMES) unixcmd; do \
		rm -f $(DESTDIR)$(compatdir)/$$name; \
	done
	-rmdir $(DESTDIR)$(compatdir)
