if HAVE_CHECK
check_LIBRARIES += tests/unit/libportrig.a
tests_unit_libportrig_a_SOURCES = %D%/port-rig.c %D%/port-rig.h
tests_unit_libportrig_a_CFLAGS = $(UNIT_CFLAGS)
PORT_TEST_LIBS = tests/unit/libportrig.a $(SWITCH_TEST_LIBS)
STREAM_RIG = tests/unit/stream-rig.c tests/unit/stream-rig.h
VDE_RIG = tests/unit/vde-rig.c tests/unit/vde-rig.h
KIND_RIG = tests/unit/kind-rig.c tests/unit/kind-rig.h

OFFLOAD_RIG = tests/unit/offload-rig.c tests/unit/offload-rig.h

check_PROGRAMS += tests/unit/test_offload
tests_unit_test_offload_SOURCES = %D%/test_offload.c $(OFFLOAD_RIG)
tests_unit_test_offload_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_offload_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_kernel_header
tests_unit_test_kernel_header_SOURCES = %D%/test_kernel_header.c
tests_unit_test_kernel_header_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_kernel_header_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_proto
tests_unit_test_vhost_proto_SOURCES = %D%/test_vhost_proto.c
tests_unit_test_vhost_proto_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_proto_LDADD = $(SWITCH_TEST_LIBS)

MEMORY_RIG = tests/unit/memory-rig.c tests/unit/memory-rig.h

check_PROGRAMS += tests/unit/test_vhost_map
tests_unit_test_vhost_map_SOURCES = \
	%D%/test_vhost_map.c $(MEMORY_RIG)
tests_unit_test_vhost_map_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_map_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_memory
tests_unit_test_vhost_memory_SOURCES = \
	%D%/test_vhost_memory.c $(MEMORY_RIG)
tests_unit_test_vhost_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_memory_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_inflight
tests_unit_test_vhost_inflight_SOURCES = \
	%D%/test_vhost_inflight.c $(MEMORY_RIG)
tests_unit_test_vhost_inflight_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_inflight_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_sigbus
tests_unit_test_vhost_sigbus_SOURCES = %D%/test_vhost_sigbus.c
tests_unit_test_vhost_sigbus_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_sigbus_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_header
tests_unit_test_vhost_header_SOURCES = \
	%D%/test_vhost_header.c
tests_unit_test_vhost_header_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_header_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_features
tests_unit_test_vhost_features_SOURCES = \
	%D%/test_vhost_features.c
tests_unit_test_vhost_features_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_features_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vhost_channel
tests_unit_test_vhost_channel_SOURCES = \
	%D%/test_vhost_channel.c $(MEMORY_RIG)
tests_unit_test_vhost_channel_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vhost_channel_LDADD = $(SWITCH_TEST_LIBS)

VHOST_RIG = tests/unit/vhost-rig.c tests/unit/vhost-rig.h \
	tests/unit/vring-driver.c tests/unit/vring-driver.h

check_PROGRAMS += tests/unit/test_port_vhost
tests_unit_test_port_vhost_SOURCES = \
	%D%/test_port_vhost.c $(VHOST_RIG) $(KIND_RIG) $(MEMORY_RIG)
tests_unit_test_port_vhost_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vhost_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_vhost_frames
tests_unit_test_port_vhost_frames_SOURCES = \
	%D%/test_port_vhost_frames.c $(VHOST_RIG) $(KIND_RIG) $(MEMORY_RIG)
tests_unit_test_port_vhost_frames_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vhost_frames_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_vhost_offload
tests_unit_test_port_vhost_offload_SOURCES = \
	%D%/test_port_vhost_offload.c $(VHOST_RIG) $(KIND_RIG) $(MEMORY_RIG) \
	$(OFFLOAD_RIG)
tests_unit_test_port_vhost_offload_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vhost_offload_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_vhost_rings
tests_unit_test_port_vhost_rings_SOURCES = \
	%D%/test_port_vhost_rings.c $(VHOST_RIG) $(KIND_RIG) $(MEMORY_RIG)
tests_unit_test_port_vhost_rings_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vhost_rings_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_vhost_pair
tests_unit_test_port_vhost_pair_SOURCES = \
	%D%/test_port_vhost_pair.c $(VHOST_RIG) $(KIND_RIG) $(MEMORY_RIG)
tests_unit_test_port_vhost_pair_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vhost_pair_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_device
tests_unit_test_port_device_SOURCES = %D%/test_port_device.c $(KIND_RIG)
tests_unit_test_port_device_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_device_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_exec
tests_unit_test_port_exec_SOURCES = %D%/test_port_exec.c $(KIND_RIG)
tests_unit_test_port_exec_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_exec_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_slirp
tests_unit_test_port_slirp_SOURCES = %D%/test_port_slirp.c $(KIND_RIG)
tests_unit_test_port_slirp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_slirp_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_mcast
tests_unit_test_port_mcast_SOURCES = %D%/test_port_mcast.c $(KIND_RIG)
tests_unit_test_port_mcast_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_mcast_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_stream_client
tests_unit_test_port_stream_client_SOURCES = \
	%D%/test_port_stream_client.c $(KIND_RIG)
tests_unit_test_port_stream_client_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_stream_client_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_plug
tests_unit_test_port_plug_SOURCES = %D%/test_port_plug.c $(KIND_RIG)
tests_unit_test_port_plug_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_plug_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_dgram
tests_unit_test_port_dgram_SOURCES = %D%/test_port_dgram.c $(KIND_RIG)
tests_unit_test_port_dgram_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_dgram_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_dgram_bursts
tests_unit_test_port_dgram_bursts_SOURCES = %D%/test_port_dgram_bursts.c $(KIND_RIG)
tests_unit_test_port_dgram_bursts_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_dgram_bursts_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_stream
tests_unit_test_port_stream_SOURCES = %D%/test_port_stream.c $(STREAM_RIG)
tests_unit_test_port_stream_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_stream_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_stream_slow
tests_unit_test_port_stream_slow_SOURCES = \
	%D%/test_port_stream_slow.c $(STREAM_RIG)
tests_unit_test_port_stream_slow_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_stream_slow_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_datagram_batch
tests_unit_test_datagram_batch_SOURCES = %D%/test_datagram_batch.c
tests_unit_test_datagram_batch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_datagram_batch_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_vde
tests_unit_test_port_vde_SOURCES = %D%/test_port_vde.c $(VDE_RIG)
tests_unit_test_port_vde_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vde_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port_vde_frames
tests_unit_test_port_vde_frames_SOURCES = \
	%D%/test_port_vde_frames.c $(VDE_RIG)
tests_unit_test_port_vde_frames_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_vde_frames_LDADD = $(PORT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_stream_proto
tests_unit_test_stream_proto_SOURCES = %D%/test_stream_proto.c
tests_unit_test_stream_proto_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_stream_proto_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vde_proto
tests_unit_test_vde_proto_SOURCES = %D%/test_vde_proto.c
tests_unit_test_vde_proto_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vde_proto_LDADD = $(SWITCH_TEST_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_offload
tests_fuzz_fuzz_offload_SOURCES = tests/fuzz/fuzz_offload.c $(FUZZ_MAIN)
tests_fuzz_fuzz_offload_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_offload_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_stream_proto
tests_fuzz_fuzz_stream_proto_SOURCES = tests/fuzz/fuzz_stream_proto.c $(FUZZ_MAIN)
tests_fuzz_fuzz_stream_proto_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_stream_proto_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_vde_proto
tests_fuzz_fuzz_vde_proto_SOURCES = tests/fuzz/fuzz_vde_proto.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vde_proto_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_vde_proto_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_vhost_proto
tests_fuzz_fuzz_vhost_proto_SOURCES = tests/fuzz/fuzz_vhost_proto.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vhost_proto_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_vhost_proto_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_vhost_session
tests_fuzz_fuzz_vhost_session_SOURCES = tests/fuzz/fuzz_vhost_session.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vhost_session_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_vhost_session_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)
