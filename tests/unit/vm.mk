if HAVE_CHECK
SHELL_RIG = tests/unit/shell-rig.c tests/unit/shell-rig.h \
	tests/unit/shells.c tests/unit/shells.h
check_PROGRAMS += tests/unit/test_guest_shell
tests_unit_test_guest_shell_SOURCES = tests/unit/test_guest_shell.c $(SHELL_RIG)
tests_unit_test_guest_shell_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_shell_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_guest_shell_bytes
tests_unit_test_guest_shell_bytes_SOURCES = tests/unit/test_guest_shell_bytes.c $(SHELL_RIG)
tests_unit_test_guest_shell_bytes_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_shell_bytes_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_guest_shell_end
tests_unit_test_guest_shell_end_SOURCES = tests/unit/test_guest_shell_end.c $(SHELL_RIG)
tests_unit_test_guest_shell_end_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_shell_end_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_guest_shell_fed
tests_unit_test_guest_shell_fed_SOURCES = tests/unit/test_guest_shell_fed.c $(SHELL_RIG)
tests_unit_test_guest_shell_fed_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_shell_fed_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_guest_shell_memory
tests_unit_test_guest_shell_memory_SOURCES = \
	tests/unit/test_guest_shell_memory.c $(SHELL_RIG)
tests_unit_test_guest_shell_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_shell_memory_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_snapshot
tests_unit_test_snapshot_SOURCES = tests/unit/test_snapshot.c
tests_unit_test_snapshot_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_snapshot_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_net_choice
tests_unit_test_net_choice_SOURCES = tests/unit/test_net_choice.c
tests_unit_test_net_choice_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_net_choice_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_guest_shell_host
tests_unit_test_guest_shell_host_SOURCES = tests/unit/test_guest_shell_host.c \
	tests/unit/fake-guest.c tests/unit/fake-guest.h
tests_unit_test_guest_shell_host_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_shell_host_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_machine
tests_unit_test_machine_SOURCES = tests/unit/test_machine.c
tests_unit_test_machine_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_machine_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
EXTRA_tests_unit_test_machine_DEPENDENCIES = tests/unit/fake-qemu
# What it starts instead of QEMU; no test itself.
EXTRA_PROGRAMS += tests/unit/fake-qemu
CLEANFILES += tests/unit/fake-qemu
tests_unit_fake_qemu_SOURCES = tests/unit/fake-qemu.c
tests_unit_fake_qemu_LDADD = $(JANSSON_LIBS)

check_PROGRAMS += tests/integration/test_watched
tests_integration_test_watched_SOURCES = tests/integration/test_watched.c $(SCREEN_MODEL)
tests_integration_test_watched_CFLAGS = $(UNIT_CFLAGS)
tests_integration_test_watched_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS) -lutil

check_PROGRAMS += tests/integration/test_network
tests_integration_test_network_SOURCES = tests/integration/test_network.c
tests_integration_test_network_CFLAGS = $(UNIT_CFLAGS)
tests_integration_test_network_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_forwards
tests_unit_test_forwards_SOURCES = tests/unit/test_forwards.c
tests_unit_test_forwards_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_forwards_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_start_script
tests_unit_test_start_script_SOURCES = tests/unit/test_start_script.c
tests_unit_test_start_script_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_start_script_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_qemu_args
tests_unit_test_qemu_args_SOURCES = tests/unit/test_qemu_args.c
tests_unit_test_qemu_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_qemu_args_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_qcow2
tests_unit_test_qcow2_SOURCES = tests/unit/test_qcow2.c
tests_unit_test_qcow2_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_qcow2_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_disk_set
tests_unit_test_disk_set_SOURCES = tests/unit/test_disk_set.c
tests_unit_test_disk_set_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_disk_set_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_host_check
tests_unit_test_host_check_SOURCES = tests/unit/test_host_check.c
tests_unit_test_host_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_host_check_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_vsock
tests_unit_test_vsock_SOURCES = tests/unit/test_vsock.c
tests_unit_test_vsock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vsock_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_qmp
tests_unit_test_qmp_SOURCES = tests/unit/test_qmp.c
tests_unit_test_qmp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_qmp_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_console_log
tests_unit_test_console_log_SOURCES = tests/unit/test_console_log.c
tests_unit_test_console_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_console_log_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_image
tests_unit_test_image_SOURCES = tests/unit/test_image.c
tests_unit_test_image_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_image_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_shell_output
tests_unit_test_shell_output_SOURCES = tests/unit/test_shell_output.c
tests_unit_test_shell_output_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_shell_output_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/unit/test_shell_proto
tests_unit_test_shell_proto_SOURCES = tests/unit/test_shell_proto.c
tests_unit_test_shell_proto_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_shell_proto_LDADD = $(UNIT_LIBS) $(LIBDRIVER_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_qcow2
tests_fuzz_fuzz_qcow2_SOURCES = tests/fuzz/fuzz_qcow2.c $(FUZZ_MAIN)
tests_fuzz_fuzz_qcow2_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_qcow2_LDADD = $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_qmp
tests_fuzz_fuzz_qmp_SOURCES = tests/fuzz/fuzz_qmp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_qmp_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_qmp_LDADD = $(LIBDRIVER_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_guest_shell
tests_fuzz_fuzz_guest_shell_SOURCES = tests/fuzz/fuzz_guest_shell.c \
	tests/unit/fake-guest.c tests/unit/fake-guest.h $(FUZZ_MAIN)
tests_fuzz_fuzz_guest_shell_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_guest_shell_LDADD = $(LIBDRIVER_LIBS)
