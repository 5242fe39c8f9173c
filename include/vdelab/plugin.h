/*
 * The plugin ABI of vdelab-switch: the only header of the project that a
 * plugin includes.
 *
 * A plugin is a shared object that exports one `const struct vl_plugin
 * vl_plugin`.  The host reads .abi before anything else and refuses another
 * number.  Loading the object has no effect by itself: no constructors, no
 * variables that change; everything an instance needs hangs from its priv.
 *
 * Everything runs on the switch's one thread.  Nothing here may block.  A
 * plugin that needs to wait (a disk) has a thread of its own, which calls
 * nothing in this header.
 *
 * Ownership words: borrowed = for the call; taken = the callee frees it;
 * returned owned = the caller frees it.
 */
#ifndef VDELAB_PLUGIN_H
#define VDELAB_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define VL_PLUGIN_ABI 1u
#define VL_EXPORT __attribute__((visibility("default")))

struct json_t;	 /* a jansson value */
struct vl_inst;	 /* one started plugin; the host owns it */
struct vl_frame; /* one Ethernet frame */
struct vl_call;	 /* a method call that will be answered later */

/* Ports are known by number; numbers are never used twice in the life of a
 * switch.  Segments likewise. */
#define VL_PORT_NONE UINT32_MAX
#define VL_PORT_FLOOD (UINT32_MAX - 1)

/* Where a hook runs. */
enum vl_stage {
	VL_STAGE_INGRESS, /* received, before the source address is learned */
	VL_STAGE_FORWARD, /* once a frame, its destination known */
	VL_STAGE_EGRESS,  /* once for each port it is about to leave by */
	VL_N_STAGES
};

enum vl_verdict {
	VL_PASS,   /* on to the next hook */
	VL_DROP,   /* the host frees it and counts the drop on this instance */
	VL_STOLEN, /* the hook keeps it: vl_frame_resume() or vl_frame_discard()
		      later */
};

/* What a hook is given: up to 64 frames at a time. */
struct vl_vector {
	struct vl_frame *const *frames;
	uint8_t *verdicts; /* one a frame, VL_PASS on entry */
	uint32_t n;
	uint32_t port;	 /* ingress, forward: where they came in;
			    egress: where they are about to leave */
	uint64_t now_ns; /* monotonic, the same for all of them */
};

/* Look at v->frames[i], write v->verdicts[i].  Entries whose verdict is not
 * VL_PASS on entry belong to an earlier hook: leave them alone. */
typedef void vl_hook_fn(void *priv, const struct vl_vector *v);

/* @params is borrowed and has been checked against the signature.  Return 0
 * and optionally *result (taken by the host; NULL means null); or a negative
 * errno with the reason for a person in @error. */
typedef int vl_method_fn(void *priv, struct vl_inst *inst,
			 const struct json_t *params, struct json_t **result,
			 char *error, size_t error_size);

enum vl_port_event { VL_PORT_ADDED, VL_PORT_REMOVED };
typedef void vl_port_fn(void *priv, enum vl_port_event event, uint32_t port);
typedef void vl_timer_fn(void *priv);

struct vl_plugin {
	uint32_t abi;	     /* VL_PLUGIN_ABI */
	const char *name;    /* [a-z][a-z0-9-]*; also the file's name */
	const char *summary; /* one line, for `vdelabctl plugin` */
	const char *options; /* signature of .start's options; "" for none */
	/* @options: borrowed, checked.  Return 0 or a negative errno with a
	 * reason in @error.  On failure the host undoes what was added through
	 * @inst; the plugin frees only what it allocated itself. */
	int (*start)(struct vl_inst *inst, const struct json_t *options,
		     char *error, size_t error_size);
	/* Hooks, methods, timers and events are gone already when this runs;
	 * frames the instance stole must be resumed or discarded here. */
	void (*stop)(struct vl_inst *inst);
};

/* ---- an instance ---- */

void vl_set_priv(struct vl_inst *inst, void *priv);
void *vl_priv(const struct vl_inst *inst);
/* "capture", "capture1", ...: also the first word of its methods. */
const char *vl_name(const struct vl_inst *inst);
/* Rate-limited; never blocks. */
void vl_log(struct vl_inst *inst, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * vl_hook_add() - run @fn at @stage for the frames in the instance's scope
 * @order: hooks of a stage run in ascending order, 0..1000; 500 is usual;
 *         equal orders run in the order in which they were added
 *
 * Return: 0; -EINVAL; -ENOSPC (an instance has 16 hooks a stage).
 */
int vl_hook_add(struct vl_inst *inst, enum vl_stage stage, int order,
		vl_hook_fn *fn);
/** vl_hook_enable() - a hook that is off costs nothing; they start on */
void vl_hook_enable(struct vl_inst *inst, enum vl_stage stage, int on);

/** vl_counter_add() - a number shown in the instance's statistics
 * @unit: "frames", "bytes"
 *
 * *@counter is the host's and may be changed until stop() has returned.
 * @name and @unit are copied.  Return: 0; -EEXIST. */
int vl_counter_add(struct vl_inst *inst, const char *name, const char *unit,
		   uint64_t **counter);

/** vl_method_add() - make "<instance>.<name>" callable over the control socket
 * @signature: "port:name state:block|unblock file:str?"; types: str, name,
 *             int, int(A..B), num, bool, obj, list, any, word|word; '?' marks
 *             an optional member
 * All strings are borrowed until stop() has returned.
 * Return: 0; -EINVAL for a name that is not [a-z][a-z0-9_]*; -EEXIST. */
int vl_method_add(struct vl_inst *inst, const char *name, const char *signature,
		  const char *summary, vl_method_fn *fn);
/** vl_method_take_fd() - inside a method: the next descriptor that came with
 * the request, returned owned; -ENOENT when there is none */
int vl_method_take_fd(struct vl_inst *inst);
/**
 * vl_method_defer() - inside a method: answer this call later
 *
 * The method then returns 0 and leaves *result alone.  Whoever called waits
 * until vl_call_reply() or vl_call_fail(); a caller that has gone meanwhile
 * makes no difference.  Calls that are open when stop() has returned are
 * answered with an error.
 *
 * Return: borrowed until the call is answered; NULL when out of memory.
 */
struct vl_call *vl_method_defer(struct vl_inst *inst);
/** vl_call_reply() - @result: taken by the host, NULL means null; @call is gone
 * when this returns */
void vl_call_reply(struct vl_call *call, struct json_t *result);
/** vl_call_fail() - @code: negative errno; @call is gone when this returns */
void vl_call_fail(struct vl_call *call, int code, const char *text);
/** vl_event_send() - tell whoever listens on the control socket: the event
 * "<instance>.<event>"
 * @data: taken, may be NULL */
void vl_event_send(struct vl_inst *inst, const char *event,
		   struct json_t *data);

/* ---- ports and segments ---- */

/** vl_port_watch() - hear of ports in scope; those that exist are reported at
 * once, as VL_PORT_ADDED.  A port that goes can still be asked for its name
 * and segment inside @fn.  Return: 0; -EEXIST: one watch an instance. */
int vl_port_watch(struct vl_inst *inst, vl_port_fn *fn);
/** vl_port_find() - by name, e.g. "client.eth1"; VL_PORT_NONE if unknown */
uint32_t vl_port_find(const struct vl_inst *inst, const char *name);
/** vl_port_name() - borrowed until the port is removed; NULL if unknown */
const char *vl_port_name(const struct vl_inst *inst, uint32_t port);
/* UINT32_MAX if unknown, like vl_segment_find(). */
uint32_t vl_port_segment(const struct vl_inst *inst, uint32_t port);
uint32_t vl_segment_find(const struct vl_inst *inst, const char *name);
const char *vl_segment_name(const struct vl_inst *inst, uint32_t segment);

/* ---- frames ---- */

/** vl_frame_data() - destination, source, ...; no FCS; readable for
 * vl_frame_len() bytes, 14..65550.  Of a stolen frame ask again: its octets
 * may move when the hook returns. */
const uint8_t *vl_frame_data(const struct vl_frame *frame);
uint32_t vl_frame_len(const struct vl_frame *frame);
/** vl_frame_in_port() - where it entered */
uint32_t vl_frame_in_port(const struct vl_frame *frame);
/** vl_frame_out_port() - forward stage: the one port it goes to, or
 * VL_PORT_FLOOD */
uint32_t vl_frame_out_port(const struct vl_frame *frame);
/** vl_frame_time_ns() - when it was received: nanoseconds since 1970 UTC */
uint64_t vl_frame_time_ns(const struct vl_frame *frame);

/** vl_frame_resume() - a stolen frame goes on behind the hook that stole it;
 * taken.  A frame whose ports are gone meanwhile is dropped and counted.  It
 * goes on when the plugin has returned, in the order of the calls.  Not before
 * the hook that stole it has returned. */
void vl_frame_resume(struct vl_inst *inst, struct vl_frame *frame);
/** vl_frame_discard() - drop a stolen frame, counted on the instance; taken */
void vl_frame_discard(struct vl_inst *inst, struct vl_frame *frame);

/* ---- time ---- */

struct vl_timer;
uint64_t vl_now_ns(const struct vl_inst *inst); /* monotonic */
/* Nanoseconds since 1970 UTC, as vl_frame_time_ns(): for what people read. */
uint64_t vl_wall_ns(const struct vl_inst *inst);
/** vl_timer_add() - an unset one-shot timer, freed with the instance
 * Return: borrowed; NULL when out of memory. */
struct vl_timer *vl_timer_add(struct vl_inst *inst, vl_timer_fn *fn,
			      void *priv);
void vl_timer_set(struct vl_timer *timer, uint64_t deadline_ns);
void vl_timer_cancel(struct vl_timer *timer);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* VDELAB_PLUGIN_H */
