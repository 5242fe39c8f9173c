dist_man_MANS += %D%/vdelab-vde_switch.1 %D%/vdelab-vdecmd.1 \
	%D%/vdelab-vde_plug2tap.1 %D%/vdelab-slirpvde.1

# Options and commands in the manual pages come from the programs' own tables.
man_MANS += man/vdelab.1 man/vdelab-extcap.1 man/vdelab-slirp.1 \
	man/vdelab-switch.1 man/vdelabctl.1
EXTRA_DIST += %D%/vdelab.1.in %D%/vdelab-extcap.1.in %D%/vdelab-slirp.1.in \
	%D%/vdelab-switch.1.in %D%/vdelabctl.1.in
CLEANFILES += man/vdelab.1 man/vdelab-extcap.1 man/vdelab-slirp.1 man/vdelab-switch.1 \
	man/vdelabctl.1
MANUAL_FOLDER = out/bin
MAKE_MANUAL = $(AM_V_GEN)$(MKDIR_P) man && \
	$(MANUAL_FOLDER)/$(@F:.1=)$(EXEEXT) --manual $(srcdir)/$@.in \
		>$@.tmp && \
	mv $@.tmp $@

man/vdelab.1: man/vdelab.1.in out/bin/vdelab$(EXEEXT)
	$(MAKE_MANUAL)
man/vdelab-extcap.1: man/vdelab-extcap.1.in out/bin/vdelab-extcap$(EXEEXT)
	$(MAKE_MANUAL)
man/vdelab-slirp.1: MANUAL_FOLDER = out/libexec/vdelab
man/vdelab-slirp.1: man/vdelab-slirp.1.in \
		out/libexec/vdelab/vdelab-slirp$(EXEEXT)
	$(MAKE_MANUAL)
man/vdelab-switch.1: man/vdelab-switch.1.in out/bin/vdelab-switch$(EXEEXT)
	$(MAKE_MANUAL)
man/vdelabctl.1: man/vdelabctl.1.in out/bin/vdelabctl$(EXEEXT)
	$(MAKE_MANUAL)
