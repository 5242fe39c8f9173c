NAME_SERVICE = tests/unit/name-service.c tests/unit/name-service.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_bpf
tests_unit_test_bpf_SOURCES = tests/unit/test_bpf.c $(BPF_SOURCES) \
	$(NAME_SERVICE)
tests_unit_test_bpf_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_bpf_LDADD = $(UNIT_LIBS) $(PCAP_LIBS)

check_PROGRAMS += tests/unit/test_pcapng
tests_unit_test_pcapng_SOURCES = tests/unit/test_pcapng.c \
	plugins/capture/pcapng.c plugins/capture/pcapng.h
tests_unit_test_pcapng_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_pcapng_LDADD = $(UNIT_LIBS) $(PCAP_LIBS)

check_PROGRAMS += tests/unit/test_capture_writer
tests_unit_test_capture_writer_SOURCES = tests/unit/test_capture_writer.c \
	plugins/capture/pcap-file.c plugins/capture/pcap-file.h \
	plugins/capture/series.c plugins/capture/series.h \
	plugins/capture/writer.c plugins/capture/writer.h
tests_unit_test_capture_writer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_capture_writer_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_capture_limits
tests_unit_test_capture_limits_SOURCES = tests/unit/test_capture_limits.c \
	plugins/capture/limits.c plugins/capture/limits.h $(REFUSE_SOURCES)
tests_unit_test_capture_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_capture_limits_LDADD = $(UNIT_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test_capture_names
tests_unit_test_capture_names_SOURCES = tests/unit/test_capture_names.c \
	plugins/capture/names.c plugins/capture/names.h $(REFUSE_SOURCES)
tests_unit_test_capture_names_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_capture_names_LDADD = $(UNIT_LIBS) $(JANSSON_LIBS)

# A plugin under test is linked with a host that is not a switch.
FAKE_HOST = tests/unit/fake-host.c tests/unit/fake-host.h \
	tests/unit/fake-host-abi.c tests/unit/fake-host-frames.c \
	tests/unit/fake-host-io.c tests/unit/fake-host-offload.c \
	tests/unit/fake-host-ports.c tests/unit/fake-host-priv.h

CAPTURE_FIXTURE = $(FAKE_HOST) $(CAPTURE_SOURCES) \
	tests/unit/capture-fixture.c tests/unit/capture-fixture.h

check_PROGRAMS += tests/unit/test_capture
tests_unit_test_capture_SOURCES = tests/unit/test_capture.c $(CAPTURE_FIXTURE)
tests_unit_test_capture_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_capture_LDADD = $(UNIT_LIBS) $(PCAP_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_capture_files
tests_unit_test_capture_files_SOURCES = tests/unit/test_capture_files.c \
	$(CAPTURE_FIXTURE)
tests_unit_test_capture_files_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_capture_files_LDADD = $(UNIT_LIBS) $(PCAP_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_capture_notes
tests_unit_test_capture_notes_SOURCES = tests/unit/test_capture_notes.c \
	$(CAPTURE_FIXTURE)
tests_unit_test_capture_notes_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_capture_notes_LDADD = $(UNIT_LIBS) $(PCAP_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_capture_end
tests_unit_test_capture_end_SOURCES = tests/unit/test_capture_end.c \
	$(CAPTURE_FIXTURE)
tests_unit_test_capture_end_CFLAGS = $(UNIT_CFLAGS) $(PCAP_CFLAGS)
tests_unit_test_capture_end_LDADD = $(UNIT_LIBS) $(PCAP_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_pipe
tests_unit_test_pipe_SOURCES = tests/unit/test_pipe.c $(FAKE_HOST) \
	$(PIPE_SOURCES)
tests_unit_test_pipe_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pipe_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_ctl_rates
tests_unit_test_ctl_rates_SOURCES = tests/unit/test_ctl_rates.c \
	tools/ctl-rates.c tools/ctl.h
tests_unit_test_ctl_rates_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ctl_rates_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/unit/test_extcap
tests_unit_test_extcap_SOURCES = tests/unit/test_extcap.c
tests_unit_test_extcap_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_extcap_LDADD = $(UNIT_LIBS) $(LIBEXTCAP_LIBS)

check_PROGRAMS += tests/unit/test_ctl_table
tests_unit_test_ctl_table_SOURCES = tests/unit/test_ctl_table.c \
	tools/ctl-table.c tools/ctl-table.h
tests_unit_test_ctl_table_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ctl_table_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_bpf
tests_fuzz_fuzz_bpf_SOURCES = tests/fuzz/fuzz_bpf.c $(FUZZ_MAIN) \
	$(BPF_SOURCES) $(NAME_SERVICE)
tests_fuzz_fuzz_bpf_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
tests_fuzz_fuzz_bpf_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_bpf_LDADD = $(PCAP_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_pipe_proto
tests_fuzz_fuzz_pipe_proto_SOURCES = tests/fuzz/fuzz_pipe_proto.c $(FUZZ_MAIN) \
	plugins/pipe/pipe-proto.c plugins/pipe/pipe-proto.h \
	plugins/pipe/pipe-queue.c plugins/pipe/pipe-queue.h
tests_fuzz_fuzz_pipe_proto_LDFLAGS = $(FUZZ_LDFLAGS)

check_PROGRAMS += tests/fuzz/fuzz_recording
tests_fuzz_fuzz_recording_SOURCES = tests/fuzz/fuzz_recording.c $(FUZZ_MAIN) \
	plugins/capture/names.c plugins/capture/names.h \
	plugins/capture/pcap-file.c plugins/capture/pcap-file.h \
	plugins/capture/pcapng.c plugins/capture/pcapng.h \
	plugins/capture/recording.c plugins/capture/recording.h \
	plugins/capture/recording-file.c plugins/capture/recording-file.h \
	plugins/capture/series.c plugins/capture/series.h \
	plugins/capture/writer.c plugins/capture/writer.h \
	$(BPF_SOURCES) $(REFUSE_SOURCES)
tests_fuzz_fuzz_recording_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
tests_fuzz_fuzz_recording_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_recording_LDADD = $(PCAP_LIBS) $(JANSSON_LIBS)
