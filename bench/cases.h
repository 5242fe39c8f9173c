/* cases: what is measured, and what is to be reached. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include <stdbool.h>
#include <stddef.h>

enum layout {
	LAYOUT_ONE, /* switch and stations share a CPU: the least noise */
	LAYOUT_PIN, /* the switch has a CPU for itself */
	LAYOUT_FREE /* the scheduler decides: the most noise */
};

enum metric {
	METRIC_FPS, /* at the receivers */
	METRIC_GBPS,
	METRIC_CPU_NS,	   /* of the switch, a frame delivered */
	METRIC_ALL_CPU_NS, /* of switch and stations */
	METRIC_LOSS,
	METRIC_P50_US,
	METRIC_P99_US,
	METRIC_HOP_US, /* through the switch, once, and to look for it */
	METRIC_CPU,    /* of the switch, in parts of one CPU */
	METRIC_RSS_MIB,
	N_METRICS
};

enum yardstick {
	VS_NONE,  /* the figure itself */
	VS_PEER,  /* its ratio to vde_switch's in the same round */
	VS_BASE,  /* ... to our own without what the case is about: with nobody
		     idle, nobody stalled and no plugin */
	VS_FLOOR, /* ... to what comes through a switch that takes no time */
	VS_BASE_MORE, /* what ours takes more than our own */
	VS_OVS,	      /* ... to OVS-DPDK's in the same round */
	VS_DPDK,      /* ... to what DPDK's own back-end hands on */
};

enum rule {
	RULE_NONE, /* the end of the checks */
	RULE_AT_LEAST,
	RULE_AT_MOST,
	RULE_TELL, /* for information: there is no target */
};

struct check {
	enum rule rule;
	enum metric metric;
	enum yardstick yardstick;
	double target;
};

enum { CHECKS_MAX = 5, SWITCH_ARGS_MAX = 4, PLUGINS_MAX = 5 };

struct bench_case {
	const char *name;
	enum layout layout;
	const char *mode;	     /* of the load generator */
	const char *peer, *receiver; /* .receiver: NULL = as .peer */
	const char *base_peer; /* of our own to compare with; NULL = the same */
	unsigned busy, idle, stalled;
	unsigned cpus; /* that must be there; 0 = what the layout takes */
	unsigned length;
	unsigned burst;	     /* 0 = 1 */
	unsigned addresses;  /* of each port; 0 = 1 */
	const char *config;  /* of our switch, a line; NULL = none */
	unsigned segments;   /* 0 = 1 */
	unsigned peer_ports; /* vde_switch -n; 0 = its default */
	bool is_pmd;	     /* the load is dpdk-testpmd; .mode: flow or hop */
	unsigned spin_us;    /* of our vhost-user ports */
	bool is_ours_only;   /* vde_switch cannot do it */
	/* For our switch, NULL-ended, not for our own to compare with; [0] is
	 * skipped for when it is missing. */
	const char *switch_args[SWITCH_ARGS_MAX];
	const char *plugins[PLUGINS_MAX]; /* that our switch loads */
	struct check checks[CHECKS_MAX];  /* by case_check() */
};

extern const struct bench_case bench_cases[];
extern const size_t n_bench_cases;

/** case_is_wanted() - @rows: names and shell patterns, parted by commas; NULL
 * is all */
bool case_is_wanted(const struct bench_case *one, const char *rows);
/** case_check() - its check number @i; NULL when there are fewer */
const struct check *case_check(const struct bench_case *one, unsigned i);
/** case_wants() - is there a check against @yardstick? */
bool case_wants(const struct bench_case *one, enum yardstick yardstick);

const char *layout_name(enum layout layout);
/** metric_name() - "goodput" */
const char *metric_name(enum metric metric);

#endif /* BENCH_CASES_H */
