if HAVE_CHECK
check_PROGRAMS += tests/unit/test_exposition
tests_unit_test_exposition_SOURCES = tests/unit/test_exposition.c \
	plugins/metrics/exposition.c plugins/metrics/exposition.h
tests_unit_test_exposition_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_exposition_LDADD = $(UNIT_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test_metrics
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c $(FAKE_HOST) \
	$(METRICS_SOURCES)
tests_unit_test_metrics_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_metrics_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif
