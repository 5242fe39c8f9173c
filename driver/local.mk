# What the vdelab program is made of, for it and its tests to link.  Each folder
# appends its sources in its own fragment.
noinst_LIBRARIES += driver/libdriver.a
driver_libdriver_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(builddir)
driver_libdriver_a_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS) $(PCAP_CFLAGS) $(PNG_CFLAGS) \
	$(EDIT_CFLAGS)
driver_libdriver_a_SOURCES = \
	%D%/check-cmd.c %D%/check-cmd.h \
	%D%/failed-screens.c %D%/failed-screens.h \
	%D%/host-check.c %D%/host-check.h \
	%D%/image-cmd.c %D%/image-cmd.h \
	%D%/janitor.c %D%/janitor.h \
	%D%/live.c %D%/live.h %D%/live-internal.h %D%/live-start.c \
	%D%/loop.c %D%/loop.h \
	%D%/many-coverage.c %D%/many-coverage.h \
	%D%/many-options.c %D%/many-options.h \
	%D%/methods-cmd.c %D%/methods-cmd.h \
	%D%/report-cmd.c %D%/report-cmd.h \
	%D%/results.c %D%/results.h \
	%D%/run-cmd.c %D%/run-cmd.h \
	%D%/run-coverage.c \
	%D%/run-control.c \
	%D%/run-facts.c %D%/run-facts.h \
	%D%/run-internal.h \
	%D%/run-many.c %D%/run-many.h \
	%D%/run.c %D%/run.h
LIBDRIVER_LIBS = driver/libdriver.a $(LIBVDELAB_LIBS) $(LUA_LIBS) $(PCAP_LIBS) $(PNG_LIBS) \
	$(EDIT_LIBS) -lm

bin_PROGRAMS += out/bin/vdelab
out_bin_vdelab_SOURCES = %D%/main.c
out_bin_vdelab_LDADD = $(LIBDRIVER_LIBS)

# The manual of scripts comes from the table that it describes.
noinst_PROGRAMS += driver/script-manual
driver_script_manual_SOURCES = %D%/script-manual.c
driver_script_manual_LDADD = $(LIBDRIVER_LIBS)
doc/script-api.md: doc/script-api.md.in driver/script-manual$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc
	$(AM_V_at)driver/script-manual$(EXEEXT) \
		$(srcdir)/doc/script-api.md.in >$@.tmp && mv $@.tmp $@
nobase_doc_DATA += doc/script-api.md
EXTRA_DIST += doc/script-api.md.in
CLEANFILES += doc/script-api.md
