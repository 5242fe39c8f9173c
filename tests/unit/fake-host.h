/*
 * fake-host: the plugin ABI without a switch, to test plugins with.
 *
 * A test links the plugin's sources with this, adds segments and ports, calls
 * the plugin's methods and pushes frames through its hooks.  Time stands still
 * until fake_advance().  What the ABI forbids (a hook at a wrong time, a call
 * answered twice, a frame stolen and lost) fails the test at once.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "vdelab/plugin.h"

/* The wall clock is this far ahead of the monotonic one. */
#define FAKE_WALL_OFFSET_NS UINT64_C(1700000000000000000)

struct fake_host;

struct fake_frame {
	const void *data;
	uint32_t len;
};

/* What became of frames that were pushed. */
struct fake_fate {
	unsigned verdict;    /* in the end */
	enum vl_stage stage; /* the last one it saw */
};

struct fake_reply {
	json_t *result; /* NULL on failure; the host's */
	int code;	/* 0 or negative errno */
	char text[256]; /* why it failed */
	bool deferred;	/* not answered yet */
};

/* How a frame left the plugin. */
enum fake_way {
	FAKE_PASSED,	/* every hook, at egress of .port */
	FAKE_RESUMED,	/* it was held; at .stage of .port */
	FAKE_INJECTED,	/* likewise, or made; the plugin said where */
	FAKE_DISCARDED, /* with .verdict */
	FAKE_INPUT,	/* by vl_port_input() */
};

struct fake_out {
	enum fake_way way;
	enum vl_stage stage;
	uint32_t port;
	uint32_t in_port;
	const uint8_t *data; /* NULL: one of those beyond FAKE_OUTS_MAX */
	uint32_t len;
	uint8_t verdict;
	uint64_t at_ns;
	const char *marks[VL_MARKS_MAX]; /* "lossy: delayed", oldest first */
	uint32_t n_marks;
};
/* @out: borrowed for the call */
typedef void fake_out_fn(const struct fake_out *out, void *arg);
enum { FAKE_OUTS_MAX = 4096 }; /* that are remembered */

struct fake_host *fake_host_new(void);
/** fake_host_free() - stops what is started */
void fake_host_free(struct fake_host *h);

uint32_t fake_segment_add(struct fake_host *h, const char *name);
uint32_t fake_port_add(struct fake_host *h, uint32_t segment, const char *name);
void fake_port_del(struct fake_host *h, uint32_t port);
/** fake_port_declare() - a port called @name will come, and go, and come */
void fake_port_declare(struct fake_host *h, const char *name);
void fake_port_undeclare(struct fake_host *h, const char *name);
void fake_port_rename(struct fake_host *h, uint32_t port, const char *name);

/** fake_scope() - what the next plugin is started for; all unless told */
void fake_scope(struct fake_host *h, struct vl_scope scope);

/** fake_start() - start @plugin; @options: JSON text or NULL
 * Return: what the plugin returned; its reason is in @error. */
int fake_start(struct fake_host *h, const struct vl_plugin *plugin,
	       const char *options, char *error, size_t error_size);
void fake_stop(struct fake_host *h);
/** fake_set() - change options; @options: JSON text.  As fake_start() */
int fake_set(struct fake_host *h, const char *options, char *error,
	     size_t error_size);

/**
 * fake_call() - call the plugin's method @name ("start")
 * @params: JSON text; must fit the method's signature
 * @fd:     sent along, taken; or -1
 *
 * Return: borrowed until the third call from this one; when .deferred, the
 *         answer appears in it once the plugin gives it.
 */
const struct fake_reply *fake_call(struct fake_host *h, const char *name,
				   const char *params, int fd);

/** fake_push() - @frame enters at @in and, unless dropped, leaves by @out
 * (VL_PORT_FLOOD: every other port of the segment).  Return: its fate; with a
 * flood, that of the last copy. */
struct fake_fate fake_push(struct fake_host *h, uint32_t in, uint32_t out,
			   const struct fake_frame *frame);
/** fake_push_n() - up to 64 frames at once; fates[i] is that of frames[i] */
void fake_push_n(struct fake_host *h, uint32_t in, uint32_t out,
		 const struct fake_frame *frames, size_t n,
		 struct fake_fate *fates);

/** fake_drop_next() - the first @n frames of the next push are dropped at @stage
 * by somebody who comes before the plugin */
void fake_drop_next(struct fake_host *h, enum vl_stage stage, size_t n);

/** fake_mark_next() - the frames of the next push carry the mark @text,
 * "netem0: delayed", of somebody who comes before the plugin */
void fake_mark_next(struct fake_host *h, const char *text);

/** fake_unfinished_next() - of the first frame of the next push, or the next one
 * that is dropped, this is left to do
 * @checksum: what vl_frame_checksum() tells; two octets, copied */
void fake_unfinished_next(struct fake_host *h, const struct vl_offload *offload,
			  const uint8_t *checksum);

/** fake_drop() - somebody else drops @frame: whoever watches drops is told
 * @by: NULL is the switch */
void fake_drop(struct fake_host *h, enum vl_stage stage, uint32_t port,
	       const struct fake_frame *frame, const char *by,
	       const char *reason);

/* Frames that left the plugin, in order: how many so far, and the first
 * FAKE_OUTS_MAX of them since fake_outs_clear(). */
size_t fake_n_outs(const struct fake_host *h);
const struct fake_out *fake_out(const struct fake_host *h, size_t i);
void fake_outs_clear(struct fake_host *h);
/** fake_on_out() - they are told to @fn instead of being remembered */
void fake_on_out(struct fake_host *h, fake_out_fn *fn, void *arg);

/* Frames given back so far, to go on (here or elsewhere) or to be dropped, and
 * those that the plugin holds, stolen or made. */
size_t fake_n_resumed(const struct fake_host *h);
size_t fake_n_injected(const struct fake_host *h);
size_t fake_n_discarded(const struct fake_host *h);
size_t fake_n_held(const struct fake_host *h);
/** fake_takes_offloads() - has the plugin said that it takes unfinished frames?
 */
bool fake_takes_offloads(const struct fake_host *h);
/** fake_dropped() - by verdicts and vl_frame_discard(), for @reason; NULL: in
 * all */
uint64_t fake_dropped(const struct fake_host *h, const char *reason);

uint64_t fake_now_ns(const struct fake_host *h);
/** fake_advance() - move time; timers that come due run in between */
void fake_advance(struct fake_host *h, uint64_t ns);

/*
 * Ports of kinds that the plugin brings.
 */
/** fake_port_open() - @params: JSON text; @fd: taken, or -1
 * Return: its number; VL_PORT_NONE with @error filled. */
uint32_t fake_port_open(struct fake_host *h, uint32_t segment, const char *kind,
			const char *name, const char *params, int fd,
			char *error, size_t error_size);
/** fake_port_send() - up to 64 frames leave by @port; Return: how many the
 * plugin has taken */
uint32_t fake_port_send(struct fake_host *h, uint32_t port,
			const struct fake_frame *frames, uint32_t n);
/** fake_port_is_writable() - has the plugin said so since it was last sent to? */
bool fake_port_is_writable(const struct fake_host *h, uint32_t port);
/** fake_port_lost_reason() - NULL: it is not lost */
const char *fake_port_lost_reason(const struct fake_host *h, uint32_t port);
size_t fake_port_n_tx_drops(const struct fake_host *h, uint32_t port);
/** fake_port_describe() - returned owned */
json_t *fake_port_describe(const struct fake_host *h, uint32_t port);
/** fake_port_close() - also done by fake_stop() */
void fake_port_close(struct fake_host *h, uint32_t port);

/* What the plugin has asked of the switch by vl_control(). */
struct fake_request {
	const char *method;
	const json_t *params;
	bool answered;
};
/** fake_n_requests() - so far */
size_t fake_n_requests(const struct fake_host *h);
const struct fake_request *fake_request(const struct fake_host *h, size_t i);
/** fake_answer() - the answer to the @i-th
 * @code:   0, or a negative errno, with the reason in @text
 * @result: JSON text, when @code is 0; NULL is null */
void fake_answer(struct fake_host *h, size_t i, int code, const char *text,
		 const char *result);

/** fake_port_rename() - and tell who watches ports */
void fake_port_rename(struct fake_host *h, uint32_t port, const char *name);

/** fake_io() - one of the descriptors that the plugin watches is ready, and it is
 * told.  Return: false: none is. */
bool fake_io(struct fake_host *h);

/*
 * The plugin's program, of which it has at most one.  The test plays it.
 */
enum { FAKE_PROGRAM_PID = 4711 };
/** fake_program_refuse() - none can be started, because of @reason, borrowed;
 * NULL: one can */
void fake_program_refuse(struct fake_host *h, const char *reason);
/** fake_program_argv() - borrowed until it is stopped */
const char *const *fake_program_argv(const struct fake_host *h);
/** fake_program_run() - it runs from now on.  Return: its descriptor 3, which
 * does not block; borrowed until its end. */
int fake_program_run(struct fake_host *h);
/** fake_program_close() - it has closed its descriptor */
void fake_program_close(struct fake_host *h);
/** fake_program_restart_reason() - why the plugin wants it to end; NULL: it does
 * not */
const char *fake_program_restart_reason(const struct fake_host *h);
/** fake_program_end() - it has ended, as the plugin wanted or else for
 * @reason */
void fake_program_end(struct fake_host *h, const char *reason);

bool fake_hook_enabled(const struct fake_host *h, enum vl_stage stage);
uint64_t fake_counter(const struct fake_host *h, const char *name);
/** fake_event() - the last event called @name ("link.down"), borrowed; NULL:
 * there was none */
const json_t *fake_event(const struct fake_host *h, const char *name);

#endif /* TESTS_FAKE_HOST_H */
