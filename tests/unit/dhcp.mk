DHCP_CLIENT = tests/unit/dhcp-client.c tests/unit/dhcp-client.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_dhcp_message
tests_unit_test_dhcp_message_SOURCES = tests/unit/test_dhcp_message.c \
	$(DHCP_CLIENT) plugins/dhcp/message.c plugins/dhcp/message.h
tests_unit_test_dhcp_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_dhcp_message_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_dhcp_leases
tests_unit_test_dhcp_leases_SOURCES = tests/unit/test_dhcp_leases.c \
	plugins/dhcp/leases.c plugins/dhcp/leases.h
tests_unit_test_dhcp_leases_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_dhcp_leases_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_dhcp
tests_unit_test_dhcp_SOURCES = tests/unit/test_dhcp.c $(FAKE_HOST) \
	$(DHCP_CLIENT) $(DHCP_SOURCES)
tests_unit_test_dhcp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_dhcp_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_dhcp
tests_fuzz_fuzz_dhcp_SOURCES = tests/fuzz/fuzz_dhcp.c $(FUZZ_MAIN) \
	$(DHCP_SERVER_SOURCES)
tests_fuzz_fuzz_dhcp_LDFLAGS = $(FUZZ_LDFLAGS)
