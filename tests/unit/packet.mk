if HAVE_CHECK
check_PROGRAMS += tests/unit/test_packet
tests_unit_test_packet_SOURCES = tests/unit/test_packet.c $(PACKET_TEXT)
tests_unit_test_packet_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_packet_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_packet_tshark
tests_unit_test_packet_tshark_SOURCES = tests/unit/test_packet_tshark.c \
	$(PACKET_TEXT)
tests_unit_test_packet_tshark_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_packet_tshark_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_frame_filter
tests_unit_test_frame_filter_SOURCES = tests/unit/test_frame_filter.c \
	$(PACKET_TEXT)
tests_unit_test_frame_filter_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_frame_filter_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_capture_index
tests_unit_test_capture_index_SOURCES = tests/unit/test_capture_index.c
tests_unit_test_capture_index_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_capture_index_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_wire_settings
tests_unit_test_wire_settings_SOURCES = tests/unit/test_wire_settings.c
tests_unit_test_wire_settings_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_wire_settings_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif
PACKET_TEXT = tests/unit/packet-text.c tests/unit/packet-text.h

check_PROGRAMS += tests/fuzz/fuzz_packet
tests_fuzz_fuzz_packet_SOURCES = tests/fuzz/fuzz_packet.c $(FUZZ_MAIN)
tests_fuzz_fuzz_packet_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_packet_LDADD = $(LIBDRIVER_LIBS)
