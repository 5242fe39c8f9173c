# The table of tests: its style and its program are compiled in.
driver_libdriver_a_SOURCES += %D%/index.c %D%/index.h %D%/index-row.c \
	%D%/index-row.h
EXTRA_DIST += %D%/index.css %D%/index.js
INDEX_MADE = %D%/index-css.h %D%/index-js.h %D%/index-hash.h
%D%/libdriver_a-index.$(OBJEXT): $(INDEX_MADE)
CLEANFILES += $(INDEX_MADE)

%D%/index-css.h: $(srcdir)/%D%/index.css
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(PAGE_TEXT) $(srcdir)/%D%/index.css >$@.tmp && mv $@.tmp $@
%D%/index-js.h: $(srcdir)/%D%/index.js
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(PAGE_TEXT) $(srcdir)/%D%/index.js >$@.tmp && mv $@.tmp $@
# Of what stands between its tags, from the newline after the first one.
%D%/index-hash.h: $(srcdir)/%D%/index.js $(srcdir)/driver/report/page/digest.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ echo && cat $(srcdir)/%D%/index.js; } | sha256sum | \
	$(AWK) -f $(srcdir)/driver/report/page/digest.awk | \
	$(PAGE_TEXT) | tr -d '\n' | sed -e 's/\\n//' >$@.tmp && mv $@.tmp $@
