/* fake-host-priv: what both halves of the fake host know: fake-host.c is the
 * test's side, fake-host-abi.c the plugin's. */
#ifndef TESTS_FAKE_HOST_PRIV_H
#define TESTS_FAKE_HOST_PRIV_H

#include "tests/unit/fake-host.h"

enum {
	FAKE_SEGMENTS_MAX = 8,
	FAKE_PORTS_MAX = 4096,
	FAKE_HOOKS_MAX = 16,
	FAKE_METHODS_MAX = 16,
	FAKE_COUNTERS_MAX = 16,
	FAKE_TIMERS_MAX = 8,
	FAKE_BATCH_MAX = 64,
	FAKE_CALLS = 4, /* replies that are remembered */
};

struct fake_hook {
	vl_hook_fn *fn;
	int order;
};

struct fake_method {
	const char *name;
	const char *signature;
	vl_method_fn *fn;
};

struct fake_counter {
	const char *name;
	uint64_t value;
};

struct vl_timer {
	vl_timer_fn *fn;
	void *priv;
	uint64_t deadline_ns;
	bool set;
};

struct fake_port {
	char *name; /* NULL once it is gone */
	uint32_t segment;
};

struct vl_frame {
	uint8_t *data; /* owned */
	uint32_t len;
	uint32_t in_port;
	uint32_t out_port;
	uint64_t time_ns;
};

struct vl_call {
	struct fake_host *host;
	struct fake_reply reply;
	bool deferred;
	bool open; /* not answered since */
};

struct vl_inst {
	struct fake_host *host;
	const struct vl_plugin *plugin;
	void *priv;
	struct fake_hook hooks[VL_N_STAGES][FAKE_HOOKS_MAX];
	size_t n_hooks[VL_N_STAGES];
	bool hooks_on[VL_N_STAGES];
	struct fake_method methods[FAKE_METHODS_MAX];
	size_t n_methods;
	struct fake_counter counters[FAKE_COUNTERS_MAX];
	size_t n_counters;
	struct vl_timer timers[FAKE_TIMERS_MAX];
	size_t n_timers;
	vl_port_fn *port_fn;
};

struct fake_host {
	struct vl_inst *inst; /* NULL unless started */
	char *segments[FAKE_SEGMENTS_MAX];
	size_t n_segments;
	struct fake_port ports[FAKE_PORTS_MAX];
	size_t n_ports;
	uint64_t now_ns;
	struct vl_call calls[FAKE_CALLS]; /* used in turn */
	size_t next_call;
	struct vl_call *running; /* the method that runs; or NULL */
	int method_fd;		 /* what came with it; or -1 */
	size_t n_to_drop[VL_N_STAGES];
	json_t *events; /* name -> data */
	size_t n_held;	/* frames stolen and not given back yet */
	size_t n_resumed;
	size_t n_discarded;
};

#endif /* TESTS_FAKE_HOST_PRIV_H */
