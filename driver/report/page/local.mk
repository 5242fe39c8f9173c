# report.html is one file: style and program are put into its shell here, and
# what results is compiled in as one text.
REPORT_STYLE = \
	$(srcdir)/driver/report/page/base.css \
	$(srcdir)/driver/report/page/page.css \
	$(srcdir)/driver/report/page/views.css \
	$(srcdir)/driver/report/page/print.css
REPORT_SCRIPT = \
	$(srcdir)/driver/report/page/text.js \
	$(srcdir)/driver/report/page/dom.js \
	$(srcdir)/driver/report/page/model.js \
	$(srcdir)/driver/report/page/list.js \
	$(srcdir)/driver/report/page/state.js \
	$(srcdir)/driver/report/page/summary.js \
	$(srcdir)/driver/report/page/source.js \
	$(srcdir)/driver/report/page/steps.js \
	$(srcdir)/driver/report/page/times.js \
	$(srcdir)/driver/report/page/lanes.js \
	$(srcdir)/driver/report/page/timeline.js \
	$(srcdir)/driver/report/page/filter.js \
	$(srcdir)/driver/report/page/pcapng.js \
	$(srcdir)/driver/report/page/arrows.js \
	$(srcdir)/driver/report/page/ladder.js \
	$(srcdir)/driver/report/page/events.js \
	$(srcdir)/driver/report/page/machines.js \
	$(srcdir)/driver/report/page/files.js \
	$(srcdir)/driver/report/page/print.js \
	$(srcdir)/driver/report/page/main.js
EXTRA_DIST += $(REPORT_STYLE) $(REPORT_SCRIPT) %D%/shell.html %D%/digest.awk \
	%D%/README.md

driver_libdriver_a_SOURCES += driver/report/page.c driver/report/page.h
driver/report/libdriver_a-page.$(OBJEXT): driver/report/page-html.h \
	driver/report/page-style.h
CLEANFILES += driver/report/page.html driver/report/page-html.h \
	driver/report/page-style.h driver/report/page.tmp

# The browser runs the script that has this digest, and no other: what stands
# between its tags, from the newline after the first one.
driver/report/page.html: $(REPORT_STYLE) $(REPORT_SCRIPT) \
		$(srcdir)/%D%/shell.html $(srcdir)/%D%/digest.awk
	$(AM_V_GEN)$(MKDIR_P) driver/report
	$(AM_V_at){ echo && cat $(REPORT_SCRIPT); } >driver/report/page.tmp
	$(AM_V_at)hash=`sha256sum driver/report/page.tmp | \
			$(AWK) -f $(srcdir)/%D%/digest.awk` && \
	{ sed -e '/^@STYLE@$$/,$$d' $(srcdir)/%D%/shell.html && \
	  cat $(REPORT_STYLE) && \
	  sed -e '1,/^@STYLE@$$/d' -e '/^@SCRIPT@$$/,$$d' \
		$(srcdir)/%D%/shell.html && \
	  cat $(REPORT_SCRIPT) && \
	  sed -e '1,/^@SCRIPT@$$/d' $(srcdir)/%D%/shell.html; } | \
	sed -e "s,@HASH@,$$hash," >$@.tmp && \
	rm -f driver/report/page.tmp && mv $@.tmp $@

# ?? begins what C calls a trigraph.
PAGE_TEXT = sed -e 's/\\/\\\\/g' -e 's/["?]/\\&/g' -e 's/^/"/' -e 's/$$/\\n"/'
driver/report/page-html.h: driver/report/page.html
	$(AM_V_GEN)$(PAGE_TEXT) driver/report/page.html >$@.tmp && mv $@.tmp $@
driver/report/page-style.h: $(srcdir)/%D%/base.css
	$(AM_V_GEN)$(MKDIR_P) driver/report && \
	$(PAGE_TEXT) $(srcdir)/%D%/base.css >$@.tmp && mv $@.tmp $@
