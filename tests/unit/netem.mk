NETEM_LIBS = plugins/netem/libnetem.a -lm

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_netem_random
tests_unit_test_netem_random_SOURCES = tests/unit/test_netem_random.c
tests_unit_test_netem_random_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_netem_random_LDADD = $(UNIT_LIBS) $(NETEM_LIBS) \
	$(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_netem_spec
tests_unit_test_netem_spec_SOURCES = tests/unit/test_netem_spec.c
tests_unit_test_netem_spec_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_netem_spec_LDADD = $(UNIT_LIBS) $(NETEM_LIBS)

check_PROGRAMS += tests/unit/test_netem_lane
tests_unit_test_netem_lane_SOURCES = tests/unit/test_netem_lane.c
tests_unit_test_netem_lane_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_netem_lane_LDADD = $(UNIT_LIBS) $(NETEM_LIBS)

check_PROGRAMS += tests/unit/test_netem_statistics
tests_unit_test_netem_statistics_SOURCES = \
	tests/unit/test_netem_statistics.c \
	tests/unit/netem-measure.c tests/unit/netem-measure.h
tests_unit_test_netem_statistics_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_netem_statistics_LDADD = $(UNIT_LIBS) $(NETEM_LIBS)

check_PROGRAMS += tests/unit/test_netem
NETEM_RIG = tests/unit/netem-rig.c tests/unit/netem-rig.h $(FAKE_HOST) \
	$(NETEM_SOURCES)
tests_unit_test_netem_SOURCES = tests/unit/test_netem.c $(NETEM_RIG)
tests_unit_test_netem_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_netem_LDADD = $(UNIT_LIBS) $(NETEM_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_netem_settings
tests_unit_test_netem_settings_SOURCES = tests/unit/test_netem_settings.c \
	$(NETEM_RIG)
tests_unit_test_netem_settings_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_netem_settings_LDADD = $(UNIT_LIBS) $(NETEM_LIBS) \
	$(LIBVDELAB_LIBS)
endif

# make netem-table: what was asked for beside what was measured
EXTRA_PROGRAMS += tests/unit/netem-table
tests_unit_netem_table_SOURCES = tests/unit/netem-table.c \
	tests/unit/netem-measure.c tests/unit/netem-measure.h
tests_unit_netem_table_LDADD = $(NETEM_LIBS)
netem-table: tests/unit/netem-table
	@tests/unit/netem-table
.PHONY: netem-table
CLEANFILES += tests/unit/netem-table

check_PROGRAMS += tests/fuzz/fuzz_netem
tests_fuzz_fuzz_netem_SOURCES = tests/fuzz/fuzz_netem.c $(FUZZ_MAIN)
tests_fuzz_fuzz_netem_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_netem_LDADD = $(NETEM_LIBS)
