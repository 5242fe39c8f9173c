/* fake-host-priv: what both halves of the fake host know: fake-host.c is the
 * test's side, fake-host-abi.c the plugin's. */
#ifndef TESTS_FAKE_HOST_PRIV_H
#define TESTS_FAKE_HOST_PRIV_H

#include "tests/unit/fake-host.h"

#include <sys/queue.h>

enum {
	FAKE_SEGMENTS_MAX = 8,
	FAKE_PORTS_MAX = 4096,
	FAKE_HOOKS_MAX = 16,
	FAKE_METHODS_MAX = 16,
	FAKE_COUNTERS_MAX = 16,
	FAKE_REASONS_MAX = VL_VERDICT_MAX - VL_DROP_REASONS + 1,
	FAKE_MARKS_MAX = 32,
	FAKE_KINDS_MAX = 4,
	FAKE_REQUESTS_MAX = 256,
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
	struct vl_inst *inst;
	vl_timer_fn *fn;
	void *priv;
	uint64_t deadline_ns;
	bool set;
	TAILQ_ENTRY(vl_timer) link; /* in the order in which they were added */
};

struct vl_watch {
	struct vl_inst *inst;
	vl_watch_fn *fn;
	void *priv;
	int fd;
	unsigned events;
	TAILQ_ENTRY(vl_watch) link;
};

struct vl_program {
	struct vl_inst *inst;
	const struct vl_program_ops *ops;
	void *priv;
	char **argv;
	int fds[2]; /* the plugin's end, and the test's; -1 */
	char *restart_reason;
};

struct fake_asked {
	struct fake_request request;
	char *method;
	json_t *params;
	vl_reply_fn *fn;
	void *priv;
};

enum fake_holder { FAKE_NOBODY, FAKE_STOLEN, FAKE_MADE };

struct fake_port {
	char *name; /* NULL once it is gone */
	uint32_t segment;
	const struct vl_port_kind *kind; /* the plugin's; or NULL */
	void *priv;
	char *lost_reason;
	bool writable;
	size_t n_tx_drops;
};

struct vl_frame {
	uint8_t *data; /* owned */
	uint32_t len;
	uint32_t in_port;
	uint32_t out_port;
	uint64_t time_ns;
	enum fake_holder holder;
	bool in_hook;	     /* may be changed by the plugin now */
	enum vl_stage stage; /* where it was stolen */
	uint32_t port;
	int marks[VL_MARKS_MAX]; /* oldest first */
	uint32_t n_marks;
	struct vl_offload offload;
	bool unfinished; /* .offload tells what is left to do */
	uint8_t checksum[2];
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
	TAILQ_HEAD(, vl_timer) timers;
	TAILQ_HEAD(, vl_watch) watches;
	struct vl_program *program; /* or NULL */
	const struct vl_port_kind *kinds[FAKE_KINDS_MAX];
	size_t n_kinds;
	vl_port_fn *port_fn;
	vl_drop_fn *drop_fn;
	char *reasons[FAKE_REASONS_MAX];
	uint64_t n_drops[FAKE_REASONS_MAX];
	size_t n_reasons;
	uint64_t n_dropped;
	char *marks[FAKE_MARKS_MAX];
	size_t n_marks;
	bool takes_offloads;
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
	const char *next_mark; /* of the frames of the next push; or NULL */
	bool next_unfinished;  /* likewise, as the next two say */
	struct vl_offload next_offload;
	uint8_t next_checksum[2];
	json_t *events;	  /* name -> data */
	json_t *declared; /* names of ports, as members */
	struct vl_scope scope;
	const char *program_refused; /* why; or NULL */
	struct fake_asked asked[FAKE_REQUESTS_MAX];
	size_t n_asked;
	size_t n_held; /* frames stolen or made, not given back yet */
	size_t n_resumed;
	size_t n_injected;
	size_t n_discarded;
	struct fake_out *outs; /* of FAKE_OUTS_MAX, or NULL */
	size_t n_outs;
	fake_out_fn *on_out; /* or NULL */
	void *out_arg;
};

/* fake-host-io.c: nothing is watched any more, and no program runs. */
void fake_io_fini(struct vl_inst *inst);

/* fake-host-ports.c */
void fake_ports_close_all(struct fake_host *h);

/* fake-host-frames.c */
void fake_frame_free(struct vl_frame *frame);
/** fake_count_drop() - Return: the reason of @verdict */
const char *fake_count_drop(struct vl_inst *inst, uint8_t verdict);
/** fake_tell_drop() - those in scope */
void fake_tell_drop(struct fake_host *h, const struct vl_drop *drop);
bool fake_port_in_scope(const struct fake_host *h, uint32_t port);
bool fake_in_scope(const struct fake_host *h, enum vl_stage stage,
		   uint32_t port);
/** fake_note_out() - @frame has left the plugin */
void fake_note_out(struct fake_host *h, enum fake_way way, enum vl_stage stage,
		   uint32_t port, const struct vl_frame *frame,
		   uint8_t verdict);

/** fake_leave() - what is left to do to @frame is what the test has said */
void fake_leave(const struct fake_host *h, struct vl_frame *frame);

#endif /* TESTS_FAKE_HOST_PRIV_H */
