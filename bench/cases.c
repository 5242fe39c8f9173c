#include "bench/cases.h"

#include <fnmatch.h>
#include <string.h>

#define AT_LEAST(metric, yardstick, target)                                    \
	{                                                                      \
		metric, yardstick, false, target                               \
	}
#define AT_MOST(metric, yardstick, target)                                     \
	{                                                                      \
		metric, yardstick, true, target                                \
	}
#define FOR_INFORMATION(metric, yardstick)                                     \
	{                                                                      \
		metric, yardstick, false, NO_TARGET                            \
	}

/* Room for all ports of the large cases; it costs vde_switch a quarter of its
 * speed, so the others do without. */
enum { MANY_PORTS = 1200 };

const struct bench_case bench_cases[] = {
	/* ---- two VDE ports ---- */
	{ .name = "vde-64-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1.65),
		      AT_MOST(METRIC_CPU_NS, VS_PEER, 0.55),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "vde-1500-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .length = 1500,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1.65),
		      AT_MOST(METRIC_CPU_NS, VS_PEER, 0.55),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "vde-64-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1.4),
		      AT_MOST(METRIC_CPU_NS, VS_PEER, 0.55),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "vde-1500-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .length = 1500,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1.2),
		      AT_MOST(METRIC_CPU_NS, VS_PEER, 0.55),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "vde-64-free",
	  .layout = LAYOUT_FREE,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .checks = { FOR_INFORMATION(METRIC_FPS, VS_PEER),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER) },
	  .n_checks = 2 },
	/* ---- few busy of many ---- */
	{ .name = "idle-10",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .idle = 10,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 4),
		      AT_LEAST(METRIC_FPS, VS_BASE, 0.95) },
	  .n_checks = 2 },
	{ .name = "idle-100",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .idle = 100,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 20),
		      AT_LEAST(METRIC_FPS, VS_BASE, 0.95) },
	  .n_checks = 2 },
	{ .name = "idle-1000",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .idle = 1000,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 200),
		      AT_LEAST(METRIC_FPS, VS_BASE, 0.95) },
	  .n_checks = 2 },
	{ .name = "busy-10-of-1000",
	  .layout = LAYOUT_PIN,
	  .mode = "turns",
	  .peer = "vde",
	  .busy = 10,
	  .idle = 990,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 9),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER) },
	  .n_checks = 2 },
	{ .name = "busy-100",
	  .layout = LAYOUT_PIN,
	  .mode = "turns",
	  .peer = "vde",
	  .busy = 100,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER) },
	  .n_checks = 2 },
	{ .name = "busy-1000",
	  .layout = LAYOUT_PIN,
	  .mode = "turns",
	  .peer = "vde",
	  .busy = 1000,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER) },
	  .n_checks = 2 },
	/* ---- one to all ---- */
	{ .name = "broadcast-31-one",
	  .layout = LAYOUT_ONE,
	  .mode = "broadcast",
	  .peer = "vde",
	  .busy = 32,
	  .length = 64,
	  .peer_ports = 64,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 1.5),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER),
		      FOR_INFORMATION(METRIC_LOSS, VS_NONE) },
	  .n_checks = 3 },
	{ .name = "broadcast-31-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "broadcast",
	  .peer = "vde",
	  .busy = 32,
	  .length = 64,
	  .peer_ports = 64,
	  .checks = { FOR_INFORMATION(METRIC_FPS, VS_PEER),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER),
		      FOR_INFORMATION(METRIC_LOSS, VS_NONE) },
	  .n_checks = 3 },
	/* ---- stream ports; vde_switch has VDE ports only ---- */
	{ .name = "stream-64-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "stream",
	  .busy = 2,
	  .length = 64,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 3.2),
		      AT_MOST(METRIC_CPU_NS, VS_PEER, 0.25),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "stream-1500-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "stream",
	  .busy = 2,
	  .length = 1500,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 2.9),
		      AT_MOST(METRIC_CPU_NS, VS_PEER, 0.25),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "stream-40x1500-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "stream",
	  .busy = 2,
	  .length = 1500,
	  .burst = 40,
	  .checks = { AT_LEAST(METRIC_FPS, VS_PEER, 14),
		      FOR_INFORMATION(METRIC_GBPS, VS_NONE),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	{ .name = "stream-64-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "stream",
	  .busy = 2,
	  .length = 64,
	  .checks = { FOR_INFORMATION(METRIC_FPS, VS_PEER),
		      FOR_INFORMATION(METRIC_CPU_NS, VS_PEER) },
	  .n_checks = 2 },
	/* ---- large frames, whole: vde_switch would cut them ---- */
	{ .name = "stream-9000-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "stream",
	  .busy = 2,
	  .length = 9000,
	  .is_ours_only = true,
	  .checks = { AT_LEAST(METRIC_GBPS, VS_NONE, 15),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 2 },
	{ .name = "vde-9000-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 2,
	  .length = 9000,
	  .is_ours_only = true,
	  .checks = { AT_LEAST(METRIC_GBPS, VS_NONE, 7),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 2 },
	{ .name = "stream-65000-one",
	  .layout = LAYOUT_ONE,
	  .mode = "flow",
	  .peer = "stream",
	  .busy = 2,
	  .length = 65000,
	  .is_ours_only = true,
	  .checks = { FOR_INFORMATION(METRIC_GBPS, VS_NONE) },
	  .n_checks = 1 },
	/* ---- there and back ---- */
	{ .name = "rtt-one",
	  .layout = LAYOUT_ONE,
	  .mode = "pingpong",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .checks = { AT_MOST(METRIC_P50_US, VS_PEER, 1),
		      AT_MOST(METRIC_P99_US, VS_PEER, 1) },
	  .n_checks = 2 },
	{ .name = "rtt-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "pingpong",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .checks = { AT_MOST(METRIC_P50_US, VS_PEER, 1),
		      AT_MOST(METRIC_P99_US, VS_PEER, 1) },
	  .n_checks = 2 },
	{ .name = "rtt-free",
	  .layout = LAYOUT_FREE,
	  .mode = "pingpong",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .checks = { FOR_INFORMATION(METRIC_P50_US, VS_PEER),
		      FOR_INFORMATION(METRIC_P99_US, VS_PEER) },
	  .n_checks = 2 },
	{ .name = "rtt-spin-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "pingpong",
	  .peer = "vde",
	  .busy = 2,
	  .length = 64,
	  .switch_args = { "--spin-us", "200" },
	  .checks = { AT_MOST(METRIC_P50_US, VS_PEER, 0.4),
		      AT_MOST(METRIC_P99_US, VS_PEER, 1) },
	  .n_checks = 2 },
	{ .name = "rtt-idle-1000",
	  .layout = LAYOUT_PIN,
	  .mode = "pingpong",
	  .peer = "vde",
	  .busy = 2,
	  .idle = 1000,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { FOR_INFORMATION(METRIC_P50_US, VS_PEER),
		      FOR_INFORMATION(METRIC_P50_US, VS_BASE) },
	  .n_checks = 2 },
	/* ---- others' trouble ---- */
	{ .name = "stalled-1-of-8",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 16,
	  .stalled = 1,
	  .length = 64,
	  .checks = { AT_LEAST(METRIC_FPS, VS_BASE, 0.95),
		      FOR_INFORMATION(METRIC_FPS, VS_PEER),
		      AT_MOST(METRIC_LOSS, VS_NONE, 0) },
	  .n_checks = 3 },
	/* ---- memory ---- */
	{ .name = "memory-256x4",
	  .layout = LAYOUT_FREE,
	  .mode = "idle",
	  .peer = "vde",
	  .idle = 1024,
	  .length = 64,
	  .segments = 256,
	  .is_ours_only = true,
	  .checks = { AT_MOST(METRIC_RSS_MIB, VS_NONE, 24) },
	  .n_checks = 1 },
	{ .name = "memory-1000",
	  .layout = LAYOUT_FREE,
	  .mode = "idle",
	  .peer = "vde",
	  .idle = 1000,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_MOST(METRIC_RSS_MIB, VS_NONE, 32),
		      FOR_INFORMATION(METRIC_RSS_MIB, VS_PEER) },
	  .n_checks = 2 },
};

const size_t n_bench_cases = sizeof(bench_cases) / sizeof(bench_cases[0]);

bool
case_is_wanted(const struct bench_case *one, const char *rows)
{
	char pattern[64];
	size_t len;

	if (rows == NULL)
		return true;
	for (; *rows != '\0'; rows += len + (rows[len] != '\0')) {
		len = strcspn(rows, ", ");
		if (len >= sizeof(pattern))
			continue;
		memcpy(pattern, rows, len);
		pattern[len] = '\0';
		if (fnmatch(pattern, one->name, 0) == 0)
			return true;
	}
	return false;
}

bool
case_wants(const struct bench_case *one, enum yardstick yardstick)
{
	for (unsigned i = 0; i < one->n_checks; i++) {
		if (one->checks[i].yardstick == yardstick)
			return true;
	}
	return false;
}

const char *
layout_name(enum layout layout)
{
	static const char *const names[] = { [LAYOUT_ONE] = "one",
					     [LAYOUT_PIN] = "pin",
					     [LAYOUT_FREE] = "free" };

	return names[layout];
}

const char *
metric_name(enum metric metric)
{
	static const char *const names[N_METRICS] = {
		[METRIC_FPS] = "goodput",
		[METRIC_GBPS] = "throughput",
		[METRIC_CPU_NS] = "CPU a frame",
		[METRIC_LOSS] = "loss",
		[METRIC_P50_US] = "round trip p50",
		[METRIC_P99_US] = "round trip p99",
		[METRIC_RSS_MIB] = "memory",
	};

	return names[metric];
}
