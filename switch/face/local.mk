# The names of other people's programs lie apart, so that they shadow nothing.
compatdir = $(helperdir)/compat
COMPAT_BUILT = out/libexec/vdelab/compat
$(COMPAT_BUILT)/vde_switch: out/bin/vdelab-switch$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(COMPAT_BUILT) && \
		ln -sf ../../../bin/vdelab-switch$(EXEEXT) $@
noinst_DATA += $(COMPAT_BUILT)/vde_switch

install-exec-hook:
	$(MKDIR_P) $(DESTDIR)$(compatdir)
	ln -srf $(DESTDIR)$(bindir)/vdelab-switch$(EXEEXT) \
		$(DESTDIR)$(compatdir)/vde_switch
uninstall-hook:
	rm -f $(DESTDIR)$(compatdir)/vde_switch
	-rmdir $(DESTDIR)$(compatdir)
