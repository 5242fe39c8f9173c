# The load generator and the comparison: built for `make bench` and for their
# smoke test.
EXTRA_PROGRAMS += bench/load bench/pmd-load bench/relay bench/bench
check_DATA += bench/load bench/pmd-load bench/relay bench/bench
CLEANFILES += bench/load bench/pmd-load bench/relay bench/bench \
	bench-results.json
bench_load_SOURCES = \
	%D%/flow.c \
	%D%/load-main.c \
	%D%/load.c %D%/load.h \
	%D%/now.h \
	%D%/number.c %D%/number.h \
	%D%/peer-stream.c \
	%D%/peer-vde.c \
	%D%/peer-vhost.c \
	%D%/peer.c %D%/peer.h \
	%D%/pingpong.c \
	%D%/procfs.c %D%/procfs.h \
	%D%/station.c %D%/station.h
bench_load_LDADD = $(LIBVDELAB_LIBS)

bench_pmd_load_SOURCES = \
	%D%/child.c %D%/child.h \
	%D%/now.h \
	%D%/number.c %D%/number.h \
	%D%/pmd-load-main.c \
	%D%/pmd-load.c %D%/pmd-load.h \
	%D%/pmd-stats.c \
	%D%/pmd.c %D%/pmd.h \
	%D%/procfs.c %D%/procfs.h \
	%D%/words.c %D%/words.h
bench_pmd_load_LDADD = $(LIBVDELAB_LIBS)

bench_relay_SOURCES = %D%/relay.c %D%/number.c %D%/number.h
bench_relay_LDADD = $(LIBVDELAB_LIBS)

bench_bench_SOURCES = \
	%D%/bench-main.c \
	%D%/cases.c %D%/cases.h \
	%D%/child.c %D%/child.h \
	%D%/compare.c %D%/compare.h \
	%D%/contestant.c %D%/contestant.h \
	%D%/floor.c %D%/floor.h \
	%D%/gate.c %D%/gate.h \
	%D%/judge.c %D%/judge.h \
	%D%/machine.c %D%/machine.h \
	%D%/number.c %D%/number.h \
	%D%/procfs.c %D%/procfs.h \
	%D%/report.c %D%/report.h \
	%D%/trial.c %D%/trial.h \
	%D%/words.c %D%/words.h
bench_bench_LDADD = $(LIBVDELAB_LIBS)

# The plugin of the rows plugin-*, where the switch of the build finds it.
EXTRA_PROGRAMS += out/lib/vdelab/bench-count.so
check_DATA += out/lib/vdelab/bench-count.so
CLEANFILES += out/lib/vdelab/bench-count.so
out_lib_vdelab_bench_count_so_SOURCES = %D%/plugin/bench-count.c
out_lib_vdelab_bench_count_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_bench_count_so_LDFLAGS = $(PLUGIN_LDFLAGS)

# make bench [ROWS=vde-64-one,idle-*] [BENCHFLAGS=...]; bench/bench --help tells
# the flags.
bench: bench/bench bench/load bench/pmd-load bench/relay out/bin/vdelab-switch \
	$(plugin_PROGRAMS) out/lib/vdelab/bench-count.so
	@rows='$(ROWS)'; bench/bench --json bench-results.json \
	  --ovs '$(top_srcdir)/bench/ovs-dpdk.sh' \
	  $${rows:+--rows "$$rows"} $(BENCHFLAGS)

.PHONY: bench

dist_check_SCRIPTS += tests/integration/test-bench.sh
nobase_dist_doc_DATA += doc/performance.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_bench
tests_unit_test_bench_SOURCES = tests/unit/test_bench.c %D%/cases.c %D%/judge.c \
	%D%/pmd-stats.c
tests_unit_test_bench_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_bench_LDADD = $(UNIT_LIBS) $(LIBVDELAB_LIBS)
endif

# How long guests boot; by hand.
EXTRA_DIST += %D%/boot.sh

# A peer of the rows vhost-*.
EXTRA_DIST += %D%/ovs-dpdk.sh
