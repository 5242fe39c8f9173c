#include "bench/cases.h"

#include <fnmatch.h>
#include <string.h>

#define AT_LEAST(target, metric, yardstick)                                    \
	{                                                                      \
		RULE_AT_LEAST, metric, yardstick, target                       \
	}
#define AT_MOST(target, metric, yardstick)                                     \
	{                                                                      \
		RULE_AT_MOST, metric, yardstick, target                        \
	}
#define TELL(metric, yardstick)                                                \
	{                                                                      \
		RULE_TELL, metric, yardstick, 0                                \
	}

/* One sends to the other as fast as it goes. */
#define FLOW(kind, octets)                                                     \
	.mode = "flow", .peer = kind, .busy = 2, .length = octets
/* @n ports have one frame under way each. */
#define TURNS(n) .mode = "turns", .peer = "vde", .busy = n, .length = 64
#define PINGPONG .mode = "pingpong", .peer = "vde", .busy = 2, .length = 64

/* Two devices of dpdk-testpmd, whose frames go round; the peer has its own
 * stations, since it has nothing else. */
#define PMD(how, octets)                                                       \
	.mode = how, .is_pmd = true, .layout = LAYOUT_PIN, .length = octets,   \
	.peer = "vde", .busy = 2
/* Long enough for what a busy guest needs from one frame to the next. */
enum { SPIN_US = 50 };

/* Between two kinds of port, compared with two streams. */
#define MIXED(from, to)                                                        \
	.mode = "flow", .busy = 2, .length = 1500, .is_ours_only = true,       \
	.peer = from, .receiver = to, .base_peer = "stream"
#define MIXED_CHECKS                                                           \
	AT_LEAST(1, METRIC_FPS, VS_BASE), TELL(METRIC_CPU_NS, VS_BASE),        \
	    AT_MOST(0, METRIC_LOSS, VS_NONE)

/* Room for all ports of the large cases; it costs vde_switch a quarter of its
 * speed, so the others do without. */
enum { MANY_PORTS = 1200 };

const struct bench_case bench_cases[] = {
	/* ---- two VDE ports ---- */
	{ .name = "vde-64-one",
	  .layout = LAYOUT_ONE,
	  FLOW("vde", 64),
	  .checks = { AT_LEAST(1.65, METRIC_FPS, VS_PEER),
		      AT_MOST(0.55, METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_ALL_CPU_NS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "vde-1500-one",
	  .layout = LAYOUT_ONE,
	  FLOW("vde", 1500),
	  .checks = { AT_LEAST(1.65, METRIC_FPS, VS_PEER),
		      AT_MOST(0.55, METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_ALL_CPU_NS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "vde-64-pin",
	  .layout = LAYOUT_PIN,
	  FLOW("vde", 64),
	  .checks = { AT_LEAST(1.4, METRIC_FPS, VS_PEER),
		      AT_MOST(0.55, METRIC_CPU_NS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "vde-1500-pin",
	  .layout = LAYOUT_PIN,
	  FLOW("vde", 1500),
	  .checks = { AT_LEAST(1.2, METRIC_FPS, VS_PEER),
		      AT_MOST(0.55, METRIC_CPU_NS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "vde-64-free",
	  .layout = LAYOUT_FREE,
	  FLOW("vde", 64),
	  .checks = { TELL(METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER) } },
	{ .name = "vde-64-8-pairs",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 16,
	  .length = 64,
	  .checks = { TELL(METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER) } },
	/* ---- few busy of many ---- */
	{ .name = "idle-10",
	  .layout = LAYOUT_PIN,
	  FLOW("vde", 64),
	  .idle = 10,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(4, METRIC_FPS, VS_PEER),
		      AT_LEAST(0.95, METRIC_FPS, VS_BASE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "idle-100",
	  .layout = LAYOUT_PIN,
	  FLOW("vde", 64),
	  .idle = 100,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(20, METRIC_FPS, VS_PEER),
		      AT_LEAST(0.95, METRIC_FPS, VS_BASE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "idle-1000",
	  .layout = LAYOUT_PIN,
	  FLOW("vde", 64),
	  .idle = 1000,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(200, METRIC_FPS, VS_PEER),
		      AT_LEAST(0.95, METRIC_FPS, VS_BASE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "busy-10-of-1000",
	  .layout = LAYOUT_PIN,
	  TURNS(10),
	  .idle = 990,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(9, METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "busy-100",
	  .layout = LAYOUT_PIN,
	  TURNS(100),
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(1, METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "busy-1000",
	  .layout = LAYOUT_PIN,
	  TURNS(1000),
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_LEAST(1, METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	/* ---- one to all ---- */
	{ .name = "broadcast-31-one",
	  .layout = LAYOUT_ONE,
	  .mode = "broadcast",
	  .peer = "vde",
	  .busy = 32,
	  .length = 64,
	  .peer_ports = 64,
	  .checks = { AT_LEAST(1.5, METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_LOSS, VS_NONE) } },
	{ .name = "broadcast-31-pin",
	  .layout = LAYOUT_PIN,
	  .mode = "broadcast",
	  .peer = "vde",
	  .busy = 32,
	  .length = 64,
	  .peer_ports = 64,
	  .checks = { TELL(METRIC_FPS, VS_PEER), TELL(METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_LOSS, VS_NONE) } },
	/* ---- stream ports; vde_switch has VDE ports only ---- */
	{ .name = "stream-64-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 64),
	  .checks = { AT_LEAST(3.2, METRIC_FPS, VS_PEER),
		      AT_MOST(0.25, METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_ALL_CPU_NS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "stream-1500-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 1500),
	  .checks = { AT_LEAST(2.9, METRIC_FPS, VS_PEER),
		      AT_MOST(0.25, METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_ALL_CPU_NS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "stream-40x1500-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 1500),
	  .burst = 40,
	  .checks = { AT_LEAST(14, METRIC_FPS, VS_PEER),
		      TELL(METRIC_GBPS, VS_NONE),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_FPS, VS_FLOOR) } },
	{ .name = "stream-64-pin",
	  .layout = LAYOUT_PIN,
	  FLOW("stream", 64),
	  .checks = { TELL(METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER) } },
	/* ---- rings in shared memory ---- */
	{ .name = "vhost-64-pin",
	  PMD("flow", 64),
	  .checks = { AT_LEAST(20, METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER), TELL(METRIC_FPS, VS_OVS),
		      TELL(METRIC_FPS, VS_DPDK) } },
	{ .name = "vhost-64-spin-pin",
	  PMD("flow", 64),
	  .spin_us = SPIN_US,
	  .checks = { AT_LEAST(38, METRIC_FPS, VS_PEER),
		      TELL(METRIC_CPU_NS, VS_PEER),
		      AT_LEAST(1, METRIC_FPS, VS_OVS),
		      TELL(METRIC_FPS, VS_DPDK) } },
	{ .name = "vhost-1500-pin",
	  PMD("flow", 1500),
	  .checks = { AT_LEAST(10, METRIC_FPS, VS_PEER),
		      TELL(METRIC_GBPS, VS_NONE), TELL(METRIC_CPU_NS, VS_PEER),
		      TELL(METRIC_FPS, VS_OVS), TELL(METRIC_FPS, VS_DPDK) } },
	{ .name = "vhost-1500-spin-pin",
	  PMD("flow", 1500),
	  .spin_us = SPIN_US,
	  .checks = { AT_LEAST(15, METRIC_FPS, VS_PEER),
		      TELL(METRIC_GBPS, VS_NONE), TELL(METRIC_CPU_NS, VS_PEER),
		      AT_LEAST(1, METRIC_FPS, VS_OVS),
		      TELL(METRIC_FPS, VS_DPDK) } },
	{ .name = "vhost-60000-pin", /* as guests leave segments to others */
	  PMD("flow", 60000),
	  .is_ours_only = true,
	  .checks = { AT_LEAST(100, METRIC_GBPS, VS_NONE),
		      AT_LEAST(3, METRIC_GBPS, VS_DPDK) } },
	{ .name = "vhost-hop-pin",
	  PMD("hop", 64),
	  .is_ours_only = true,
	  .checks = { TELL(METRIC_HOP_US, VS_NONE),
		      TELL(METRIC_HOP_US, VS_DPDK) } },
	{ .name = "vhost-hop-spin-pin",
	  PMD("hop", 64),
	  .spin_us = SPIN_US,
	  .is_ours_only = true,
	  .checks = { AT_MOST(1.7, METRIC_HOP_US, VS_NONE),
		      TELL(METRIC_HOP_US, VS_DPDK) } },
	/* From and to rings, by drivers that sleep; own is stream to stream. */
	{ .name = "vhost-stream-1500-pin",
	  .layout = LAYOUT_PIN,
	  MIXED("vhost", "stream"),
	  .burst = 16,
	  .checks = { MIXED_CHECKS } },
	{ .name = "stream-vhost-1500-pin",
	  .layout = LAYOUT_PIN,
	  MIXED("stream", "vhost"),
	  .checks = { MIXED_CHECKS } },
	{ .name = "vhost-vde-1500-pin",
	  .layout = LAYOUT_PIN,
	  MIXED("vhost", "vde"),
	  .burst = 16,
	  .checks = { MIXED_CHECKS } },
	{ .name = "vde-vhost-1500-pin",
	  .layout = LAYOUT_PIN,
	  MIXED("vde", "vhost"),
	  .checks = { MIXED_CHECKS } },
	/* The same with less noise; what the kernel takes for a datagram alone
	 * is nearly all that a frame from stream to stream takes. */
	{ .name = "stream-vhost-1500-one",
	  .layout = LAYOUT_ONE,
	  MIXED("stream", "vhost"),
	  .checks = { TELL(METRIC_FPS, VS_BASE),
		      TELL(METRIC_CPU_NS, VS_BASE) } },
	{ .name = "vde-vhost-1500-one",
	  .layout = LAYOUT_ONE,
	  MIXED("vde", "vhost"),
	  .checks = { TELL(METRIC_FPS, VS_BASE),
		      TELL(METRIC_CPU_NS, VS_BASE) } },
	{ .name = "vhost-bridge-64", /* own: two addresses and no rules */
	  .layout = LAYOUT_PIN,
	  FLOW("vhost", 64),
	  .burst = 64,
	  .is_ours_only = true,
	  .addresses = 500,
	  .config = "segment set lan0 mode 8021q",
	  .checks = { AT_MOST(15, METRIC_CPU_NS, VS_BASE_MORE),
		      TELL(METRIC_FPS, VS_BASE),
		      AT_MOST(0, METRIC_LOSS, VS_NONE) } },
	{ .name = "vhost-idle-100",
	  .layout = LAYOUT_FREE,
	  .mode = "idle",
	  .peer = "vhost",
	  .idle = 100,
	  .length = 64,
	  .is_ours_only = true,
	  .checks = { AT_MOST(0.001, METRIC_CPU, VS_NONE),
		      TELL(METRIC_RSS_MIB, VS_NONE) } },
	/* Two segments that have nothing to do with each other; own has one
	 * thread. */
	{ .name = "workers-2",
	  .layout = LAYOUT_FREE,
	  .mode = "flow",
	  .peer = "vhost",
	  .busy = 4,
	  .length = 1500,
	  .burst = 64,
	  .segments = 2,
	  .cpus = 4, /* two of them for the stations */
	  .is_ours_only = true,
	  .switch_args = { "--workers", "2" },
	  .checks = { AT_LEAST(1.8, METRIC_FPS, VS_BASE),
		      TELL(METRIC_CPU_NS, VS_BASE) } },
	/* ---- plugins: what is own here has none ---- */
	{ .name = "plugin-off-one", /* its hooks are off: nothing is blocked */
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 64),
	  .is_ours_only = true,
	  .plugins = { "link" },
	  .checks = { AT_LEAST(0.98, METRIC_FPS, VS_BASE),
		      AT_MOST(1.02, METRIC_CPU_NS, VS_BASE) } },
	{ .name = "plugin-1-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 64),
	  .is_ours_only = true,
	  .plugins = { "bench-count" },
	  .checks = { TELL(METRIC_FPS, VS_BASE),
		      TELL(METRIC_CPU_NS, VS_BASE) } },
	{ .name = "plugin-5-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 64),
	  .is_ours_only = true,
	  .plugins = { "bench-count", "bench-count", "bench-count",
		       "bench-count", "bench-count" },
	  .checks = { TELL(METRIC_FPS, VS_BASE),
		      TELL(METRIC_CPU_NS, VS_BASE) } },
	/* ---- large frames, whole: vde_switch would cut them ---- */
	{ .name = "stream-9000-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 9000),
	  .is_ours_only = true,
	  .checks = { AT_LEAST(15, METRIC_GBPS, VS_NONE),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_GBPS, VS_FLOOR) } },
	{ .name = "vde-9000-one",
	  .layout = LAYOUT_ONE,
	  FLOW("vde", 9000),
	  .is_ours_only = true,
	  .checks = { AT_LEAST(7, METRIC_GBPS, VS_NONE),
		      AT_MOST(0, METRIC_LOSS, VS_NONE),
		      TELL(METRIC_GBPS, VS_FLOOR) } },
	{ .name = "stream-65000-one",
	  .layout = LAYOUT_ONE,
	  FLOW("stream", 65000),
	  .is_ours_only = true,
	  .checks = { TELL(METRIC_GBPS, VS_NONE) } },
	/* ---- there and back ---- */
	{ .name = "rtt-one",
	  .layout = LAYOUT_ONE,
	  PINGPONG,
	  .checks = { AT_MOST(1, METRIC_P50_US, VS_PEER),
		      AT_MOST(1, METRIC_P99_US, VS_PEER),
		      TELL(METRIC_P50_US, VS_FLOOR) } },
	{ .name = "rtt-pin",
	  .layout = LAYOUT_PIN,
	  PINGPONG,
	  .checks = { AT_MOST(1, METRIC_P50_US, VS_PEER),
		      AT_MOST(1, METRIC_P99_US, VS_PEER),
		      TELL(METRIC_P50_US, VS_FLOOR) } },
	{ .name = "rtt-free",
	  .layout = LAYOUT_FREE,
	  PINGPONG,
	  .checks = { TELL(METRIC_P50_US, VS_PEER),
		      TELL(METRIC_P99_US, VS_PEER) } },
	{ .name = "rtt-spin-pin",
	  .layout = LAYOUT_PIN,
	  PINGPONG,
	  .switch_args = { "--spin", "200" },
	  .checks = { AT_MOST(0.4, METRIC_P50_US, VS_PEER),
		      AT_MOST(1, METRIC_P99_US, VS_PEER) } },
	{ .name = "rtt-idle-1000",
	  .layout = LAYOUT_PIN,
	  PINGPONG,
	  .idle = 1000,
	  .peer_ports = MANY_PORTS,
	  .checks = { TELL(METRIC_P50_US, VS_PEER),
		      TELL(METRIC_P50_US, VS_BASE) } },
	/* ---- others' trouble ---- */
	{ .name = "stalled-1-of-8",
	  .layout = LAYOUT_PIN,
	  .mode = "flow",
	  .peer = "vde",
	  .busy = 16,
	  .stalled = 1,
	  .length = 64,
	  .checks = { AT_LEAST(0.95, METRIC_FPS, VS_BASE),
		      TELL(METRIC_FPS, VS_PEER),
		      AT_MOST(0, METRIC_LOSS, VS_NONE) } },
	/* ---- memory ---- */
	{ .name = "memory-256x4",
	  .layout = LAYOUT_FREE,
	  .mode = "idle",
	  .peer = "vde",
	  .idle = 1024,
	  .length = 64,
	  .segments = 256,
	  .is_ours_only = true,
	  .checks = { AT_MOST(24, METRIC_RSS_MIB, VS_NONE) } },
	{ .name = "memory-1000",
	  .layout = LAYOUT_FREE,
	  .mode = "idle",
	  .peer = "vde",
	  .idle = 1000,
	  .length = 64,
	  .peer_ports = MANY_PORTS,
	  .checks = { AT_MOST(32, METRIC_RSS_MIB, VS_NONE),
		      TELL(METRIC_RSS_MIB, VS_PEER) } },
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

const struct check *
case_check(const struct bench_case *one, unsigned i)
{
	return i < CHECKS_MAX && one->checks[i].rule != RULE_NONE
		   ? &one->checks[i]
		   : NULL;
}

bool
case_wants(const struct bench_case *one, enum yardstick yardstick)
{
	const struct check *check;

	for (unsigned i = 0; (check = case_check(one, i)) != NULL; i++) {
		if (check->yardstick == yardstick)
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
		[METRIC_ALL_CPU_NS] = "all CPU a frame",
		[METRIC_LOSS] = "loss",
		[METRIC_P50_US] = "RTT p50",
		[METRIC_P99_US] = "RTT p99",
		[METRIC_HOP_US] = "hop",
		[METRIC_CPU] = "CPU",
		[METRIC_RSS_MIB] = "memory",
	};

	return names[metric];
}
