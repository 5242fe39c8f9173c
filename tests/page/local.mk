# The page of a run, in a browser.
if HAVE_CHECK
check_PROGRAMS += tests/unit/test_page
tests_unit_test_page_SOURCES = tests/unit/test_page.c
tests_unit_test_page_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_page_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif
dist_check_SCRIPTS += %D%/index.sh %D%/page.sh %D%/failing.sh
EXTRA_DIST += %D%/cdp.py %D%/index.py %D%/failing.py %D%/page.py %D%/reader.py %D%/sample.py
