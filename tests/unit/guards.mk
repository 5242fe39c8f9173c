# Plugins that stand guard at ports: link, filter, mirror, storm, portsec.
if HAVE_CHECK
check_PROGRAMS += tests/unit/test_storm_guard
tests_unit_test_storm_guard_SOURCES = tests/unit/test_storm_guard.c \
	plugins/storm/bucket.c plugins/storm/bucket.h \
	plugins/storm/guard.c plugins/storm/guard.h
tests_unit_test_storm_guard_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_storm_guard_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_stations
tests_unit_test_stations_SOURCES = tests/unit/test_stations.c \
	plugins/portsec/stations.c plugins/portsec/stations.h
tests_unit_test_stations_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_stations_LDADD = $(UNIT_LIBS)

GUARD_RIG = $(FAKE_HOST) tests/unit/guard-rig.c tests/unit/guard-rig.h
GUARD_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
GUARD_LIBS = $(UNIT_LIBS) $(PCAP_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_link
tests_unit_test_link_SOURCES = tests/unit/test_link.c $(FAKE_HOST) \
	$(LINK_SOURCES)
tests_unit_test_link_CFLAGS = $(GUARD_CFLAGS)
tests_unit_test_link_LDADD = $(GUARD_LIBS)

check_PROGRAMS += tests/unit/test_link_rules
tests_unit_test_link_rules_SOURCES = tests/unit/test_link_rules.c $(GUARD_RIG) \
	$(LINK_SOURCES)
tests_unit_test_link_rules_CFLAGS = $(GUARD_CFLAGS)
tests_unit_test_link_rules_LDADD = $(GUARD_LIBS)

check_PROGRAMS += tests/unit/test_filter
tests_unit_test_filter_SOURCES = tests/unit/test_filter.c $(GUARD_RIG) \
	$(FILTER_SOURCES)
tests_unit_test_filter_CFLAGS = $(GUARD_CFLAGS)
tests_unit_test_filter_LDADD = $(GUARD_LIBS)

check_PROGRAMS += tests/unit/test_mirror
tests_unit_test_mirror_SOURCES = tests/unit/test_mirror.c $(GUARD_RIG) \
	$(MIRROR_SOURCES)
tests_unit_test_mirror_CFLAGS = $(GUARD_CFLAGS)
tests_unit_test_mirror_LDADD = $(GUARD_LIBS)

check_PROGRAMS += tests/unit/test_storm
tests_unit_test_storm_SOURCES = tests/unit/test_storm.c $(GUARD_RIG) \
	$(STORM_SOURCES)
tests_unit_test_storm_CFLAGS = $(GUARD_CFLAGS)
tests_unit_test_storm_LDADD = $(GUARD_LIBS)

check_PROGRAMS += tests/unit/test_portsec
tests_unit_test_portsec_SOURCES = tests/unit/test_portsec.c $(GUARD_RIG) \
	$(PORTSEC_SOURCES)
tests_unit_test_portsec_CFLAGS = $(GUARD_CFLAGS)
tests_unit_test_portsec_LDADD = $(GUARD_LIBS)
endif
