if HAVE_CHECK
check_LIBRARIES += tests/unit/libswitchrig.a
tests_unit_libswitchrig_a_SOURCES = \
	tests/unit/switch-rig.c tests/unit/switch-rig.h
tests_unit_libswitchrig_a_CFLAGS = $(UNIT_CFLAGS)
SWITCH_TEST_LIBS = tests/unit/libswitchrig.a $(LIBSWITCH) \
	$(UNIT_LIBS) $(LIBVDELAB_LIBS) $(SECCOMP_LIBS)

check_PROGRAMS += tests/unit/test_bell
tests_unit_test_bell_SOURCES = tests/unit/test_bell.c \
	tests/unit/memory-rig.c tests/unit/memory-rig.h
tests_unit_test_bell_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_bell_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_pollers
tests_unit_test_pollers_SOURCES = tests/unit/test_pollers.c
tests_unit_test_pollers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pollers_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_finish
tests_unit_test_finish_SOURCES = tests/unit/test_finish.c
tests_unit_test_finish_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_finish_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_frame
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_frame_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_fdb
tests_unit_test_fdb_SOURCES = tests/unit/test_fdb.c
tests_unit_test_fdb_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_fdb_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_switch
tests_unit_test_switch_SOURCES = tests/unit/test_switch.c
tests_unit_test_switch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_switch_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_bridge
tests_unit_test_bridge_SOURCES = tests/unit/test_bridge.c
tests_unit_test_bridge_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_bridge_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_modes
tests_unit_test_modes_SOURCES = tests/unit/test_modes.c
tests_unit_test_modes_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_modes_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vid
tests_unit_test_vid_SOURCES = tests/unit/test_vid.c
tests_unit_test_vid_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vid_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_vlan
tests_unit_test_vlan_SOURCES = tests/unit/test_vlan.c
tests_unit_test_vlan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vlan_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_retag
tests_unit_test_retag_SOURCES = tests/unit/test_retag.c
tests_unit_test_retag_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_retag_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_port
tests_unit_test_port_SOURCES = tests/unit/test_port.c
tests_unit_test_port_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_port_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_backpressure
tests_unit_test_backpressure_SOURCES = tests/unit/test_backpressure.c
tests_unit_test_backpressure_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_backpressure_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_spin
tests_unit_test_spin_SOURCES = tests/unit/test_spin.c
tests_unit_test_spin_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_spin_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_lanes
tests_unit_test_lanes_SOURCES = tests/unit/test_lanes.c
tests_unit_test_lanes_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lanes_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_workers
tests_unit_test_workers_SOURCES = tests/unit/test_workers.c
tests_unit_test_workers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_workers_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_pipeline
tests_unit_test_pipeline_SOURCES = tests/unit/test_pipeline.c
tests_unit_test_pipeline_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pipeline_LDADD = $(SWITCH_TEST_LIBS)

# Plugins for the tests of their host; probe-abi.so speaks the ABI of the past.
TEST_PLUGINS = tests/unit/plugins/probe.so tests/unit/plugins/probe-abi.so \
	tests/unit/plugins/hollow.so tests/unit/plugins/worker.so \
	tests/unit/plugins/runner.so tests/unit/plugins/kinds.so \
	tests/unit/plugins/evil.so tests/unit/plugins/evil-signature.so \
	tests/unit/plugins/evil-stop.so
EXTRA_PROGRAMS += $(TEST_PLUGINS)
CLEANFILES += $(TEST_PLUGINS)
tests_unit_plugins_probe_so_SOURCES = tests/unit/plugins/probe.c
tests_unit_plugins_probe_so_CPPFLAGS = $(AM_CPPFLAGS) -DPROBE_ABI=VL_PLUGIN_ABI
tests_unit_plugins_probe_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_probe_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_probe_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_probe_abi_so_SOURCES = tests/unit/plugins/probe.c
tests_unit_plugins_probe_abi_so_CPPFLAGS = $(AM_CPPFLAGS) -DPROBE_ABI=1
tests_unit_plugins_probe_abi_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_probe_abi_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_probe_abi_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_worker_so_SOURCES = tests/unit/plugins/worker.c
tests_unit_plugins_worker_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_worker_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_worker_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_runner_so_SOURCES = tests/unit/plugins/runner.c
tests_unit_plugins_runner_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_runner_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_runner_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_kinds_so_SOURCES = tests/unit/plugins/kinds.c
tests_unit_plugins_kinds_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_kinds_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_kinds_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_evil_so_SOURCES = tests/unit/plugins/evil.c
tests_unit_plugins_evil_so_CPPFLAGS = $(AM_CPPFLAGS) -DEVIL_STOP=evil_stop
tests_unit_plugins_evil_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_evil_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_evil_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_evil_signature_so_SOURCES = tests/unit/plugins/evil.c
tests_unit_plugins_evil_signature_so_CPPFLAGS = $(AM_CPPFLAGS) -DEVIL_STOP=evil_stop -DEVIL_OPTIONS='"how is it"'
tests_unit_plugins_evil_signature_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_evil_signature_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_evil_signature_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_evil_stop_so_SOURCES = tests/unit/plugins/evil.c
tests_unit_plugins_evil_stop_so_CPPFLAGS = $(AM_CPPFLAGS) -DEVIL_STOP=NULL
tests_unit_plugins_evil_stop_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_evil_stop_so_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_unit_plugins_evil_stop_so_LDADD = $(JANSSON_LIBS)
tests_unit_plugins_hollow_so_SOURCES = tests/unit/plugins/hollow.c
tests_unit_plugins_hollow_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_hollow_so_LDFLAGS = $(PLUGIN_LDFLAGS)

check_PROGRAMS += tests/unit/test_plugin_host
tests_unit_test_plugin_host_SOURCES = tests/unit/test_plugin_host.c
tests_unit_test_plugin_host_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_host_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_plugin_host_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_plugin_host_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_plugin_program
tests_unit_test_plugin_program_SOURCES = tests/unit/test_plugin_program.c \
	tests/unit/plugin-rig.c tests/unit/plugin-rig.h
tests_unit_test_plugin_program_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_program_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_plugin_program_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_plugin_program_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_plugin_frames
tests_unit_test_plugin_frames_SOURCES = tests/unit/test_plugin_frames.c \
	tests/unit/plugin-rig.c tests/unit/plugin-rig.h
tests_unit_test_plugin_frames_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_frames_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_plugin_frames_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_plugin_frames_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_plugin_kinds
tests_unit_test_plugin_kinds_SOURCES = tests/unit/test_plugin_kinds.c \
	tests/unit/plugin-rig.c tests/unit/plugin-rig.h
tests_unit_test_plugin_kinds_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_kinds_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_plugin_kinds_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_plugin_kinds_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_plugin_evil
tests_unit_test_plugin_evil_SOURCES = tests/unit/test_plugin_evil.c \
	tests/unit/plugin-rig.c tests/unit/plugin-rig.h
tests_unit_test_plugin_evil_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_evil_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_plugin_evil_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_plugin_evil_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_plugin_churn
tests_unit_test_plugin_churn_SOURCES = tests/unit/test_plugin_churn.c \
	tests/unit/plugin-rig.c tests/unit/plugin-rig.h
tests_unit_test_plugin_churn_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_churn_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_plugin_churn_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_plugin_churn_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_marks
tests_unit_test_marks_SOURCES = tests/unit/test_marks.c
tests_unit_test_marks_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_marks_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_access
tests_unit_test_access_SOURCES = tests/unit/test_access.c
tests_unit_test_access_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_access_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_options_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_control
tests_unit_test_control_SOURCES = tests/unit/test_control.c \
	tests/unit/control-rig.c tests/unit/control-rig.h
tests_unit_test_control_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_control_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_control_vlan
tests_unit_test_control_vlan_SOURCES = tests/unit/test_control_vlan.c \
	tests/unit/control-rig.c tests/unit/control-rig.h
tests_unit_test_control_vlan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_control_vlan_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_trace
tests_unit_test_trace_SOURCES = tests/unit/test_trace.c
tests_unit_test_trace_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_trace_LDADD = $(SWITCH_TEST_LIBS)

check_PROGRAMS += tests/unit/test_control_plugins
tests_unit_test_control_plugins_SOURCES = tests/unit/test_control_plugins.c \
	tests/unit/control-rig.c tests/unit/control-rig.h
tests_unit_test_control_plugins_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_control_plugins_LDFLAGS = $(AM_LDFLAGS) $(SWITCH_EXPORT)
tests_unit_test_control_plugins_LDADD = $(SWITCH_TEST_LIBS)
EXTRA_tests_unit_test_control_plugins_DEPENDENCIES = $(TEST_PLUGINS)

check_PROGRAMS += tests/unit/test_switch_program
tests_unit_test_switch_program_SOURCES = tests/unit/test_switch_program.c
tests_unit_test_switch_program_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_switch_program_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
EXTRA_tests_unit_test_switch_program_DEPENDENCIES = out/bin/vdelab-switch
endif

check_PROGRAMS += tests/fuzz/fuzz_switch
tests_fuzz_fuzz_switch_SOURCES = tests/fuzz/fuzz_switch.c $(FUZZ_MAIN)
tests_fuzz_fuzz_switch_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_switch_LDADD = $(LIBSWITCH) $(LIBVDELAB_LIBS)
