if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_stream_proto \
	tests/unit/test_vde_proto
tests_unit_test_stream_proto_SOURCES = %D%/test_stream_proto.c
tests_unit_test_stream_proto_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_stream_proto_LDADD = $(UNIT_LIBS) $(LIBPORTPROTO)
tests_unit_test_vde_proto_SOURCES = %D%/test_vde_proto.c
tests_unit_test_vde_proto_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vde_proto_LDADD = $(UNIT_LIBS) $(LIBPORTPROTO)
endif

check_PROGRAMS += tests/fuzz/fuzz_stream_proto tests/fuzz/fuzz_vde_proto
tests_fuzz_fuzz_stream_proto_SOURCES = tests/fuzz/fuzz_stream_proto.c $(FUZZ_MAIN)
tests_fuzz_fuzz_stream_proto_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_stream_proto_LDADD = $(LIBPORTPROTO)
tests_fuzz_fuzz_vde_proto_SOURCES = tests/fuzz/fuzz_vde_proto.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vde_proto_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_vde_proto_LDADD = $(LIBPORTPROTO)
