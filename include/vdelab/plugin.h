/*
 * The plugin ABI of vdelab-switch: the only header of the project that a
 * plugin includes.
 *
 * A plugin is a shared object that exports one `const struct vl_plugin
 * vl_plugin`.  The host reads .abi before anything else and refuses another
 * number.  The number changes when plugins that were built before would do
 * something wrong; functions are added without that, and a plugin that calls one
 * is not loaded by a switch that is too old to have it.  Loading the object has no effect by itself: no constructors, no
 * variables that change; everything an instance needs hangs from its priv.
 *
 * Everything of an instance runs on one thread at a time: the switch's one, or
 * in a switch with workers that of its segment; start(), stop(), set(), methods,
 * what is heard of ports, and answers of vl_control() then run on the first
 * thread while the segment's stands.  Instances on several segments run at the
 * same time.  Nothing here may block.  A plugin that needs to wait (a disk) has a thread of its own, which calls
 * nothing in this header; one that is not to be trusted is a program behind
 * a socket (vl_program_start(), the plugin `pipe`, ports of kind `exec`).
 *
 * Ownership words: borrowed = for the call; taken = the callee frees it;
 * returned owned = the caller frees it.
 *
 * The functions here may be called from every callback of the plugin, unless
 * a function says otherwise.
 */
#ifndef VDELAB_PLUGIN_H
#define VDELAB_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define VL_PLUGIN_ABI 2u
#define VL_EXPORT __attribute__((visibility("default")))

struct json_t;	 /* a jansson value */
struct vl_inst;	 /* one started plugin; the host owns it */
struct vl_frame; /* one Ethernet frame */
struct vl_call;	 /* a method call that will be answered later */

/* Ports are known by number; numbers are never used twice in the life of a
 * switch.  Segments likewise. */
#define VL_PORT_NONE UINT32_MAX
#define VL_PORT_FLOOD (UINT32_MAX - 1)

enum {
	VL_FRAME_LEN_MIN = 14,
	VL_FRAME_LEN_MAX = 65550,
	VL_VECTOR_MAX = 64, /* frames a hook is given at once */
	VL_INJECTS_MAX = 4, /* of a frame, with those of which it is a clone */
};

/* Where a hook runs. */
enum vl_stage {
	VL_STAGE_INGRESS, /* received, before the source address is learned */
	VL_STAGE_FORWARD, /* once a frame, its destination known */
	VL_STAGE_EGRESS,  /* once for each port it is about to leave by */
	VL_N_STAGES
};

/*
 * What a hook decides about a frame.  A drop with a reason is counted under
 * that reason: vl_drop_reason_add() returns further verdicts.
 */
enum vl_verdict {
	VL_PASS,   /* on to the next hook */
	VL_DROP,   /* the host frees it and counts the drop on this instance */
	VL_STOLEN, /* the hook keeps it: vl_frame_resume(), vl_frame_inject()
		      or vl_frame_discard() later */
	VL_DROP_REASONS = 16, /* this and above: drops with a reason */
	VL_VERDICT_MAX = 255,
};

/* What a hook is given: up to VL_VECTOR_MAX frames at a time. */
struct vl_vector {
	struct vl_frame **frames; /* changed by vl_frame_edit() alone */
	uint8_t *verdicts;	  /* one a frame, VL_PASS on entry */
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

enum vl_port_event {
	VL_PORT_ADDED,
	VL_PORT_REMOVED,
	VL_PORT_RENAMED /* vl_port_name() gives the new name; not sent by this
			   version, whose ports keep theirs */
};
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
	/* Hooks, methods, timers, watches, programs, ports and events are gone
	 * already when this runs; frames the instance stole must be resumed or
	 * discarded here. */
	void (*stop)(struct vl_inst *inst);
	/* Change options under traffic (`plugin set`).  @options: borrowed,
	 * checked against .options with every member optional; only members
	 * that are to change.  All or nothing: on failure everything is as
	 * before.  NULL: options are those of the start. */
	int (*set)(struct vl_inst *inst, const struct json_t *options,
		   char *error, size_t error_size);
	/* For the manual: what the options mean; plain text with `words` in
	 * backquotes; or NULL. */
	const char *details;
	/* What .start adds by vl_method_add(), as far as it is always the same:
	 * a configuration that calls these is checked without a start.  Ended
	 * by a row without a name; or NULL. */
	const struct vl_method *methods;
};

/* ---- an instance ---- */

void vl_set_priv(struct vl_inst *inst, void *priv);
void *vl_priv(const struct vl_inst *inst);
/* "capture", "capture1", or what `plugin load ... id=NAME` says: also the
 * first word of its methods. */
const char *vl_name(const struct vl_inst *inst);
/* Rate-limited; never blocks. */
void vl_log(struct vl_inst *inst, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What the instance was loaded for.  Hooks, vl_port_watch() and drops that are
 * watched keep to it by themselves. */
enum vl_direction {
	VL_DIR_BOTH,
	VL_DIR_IN, /* what ports send into their segment: ingress, forward */
	VL_DIR_OUT /* what ports receive from it: egress */
};
struct vl_scope {
	uint32_t segment; /* UINT32_MAX = all */
	uint32_t port;	  /* VL_PORT_NONE = all; VL_PORT_FLOOD = one that is
			     declared and has not come yet */
	enum vl_direction direction;
};
struct vl_scope vl_scope(const struct vl_inst *inst);

/**
 * vl_hook_add() - run @fn at @stage for the frames in the instance's scope
 * @order: hooks of a stage run in ascending order, 0..1000; 500 is usual;
 *         equal orders run in the order in which they were added.  An order
 *         given to `plugin load` takes the place of this one.
 *
 * A stage that the direction of the scope leaves out is accepted and never
 * runs.
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
/**
 * vl_drop_reason_add() - a verdict that drops for @reason, e.g. "loss"
 * @reason: one or a few words; copied.  The frames dropped for it are counted
 *          in the instance's statistics, and who watches drops is told.
 *
 * Return: VL_DROP_REASONS..VL_VERDICT_MAX, for verdicts and
 * vl_frame_discard(); -EEXIST; -ENOSPC.
 */
int vl_drop_reason_add(struct vl_inst *inst, const char *reason);

/** vl_method_add() - make "<instance>.<name>" callable over the control socket
 * @signature: "port:name state:block|unblock file:str?"; types: str, name,
 *             int, int(A..B), num, bool, obj, list, any, word|word; '?' marks
 *             an optional member
 * All strings are borrowed until stop() has returned.
 * Return: 0; -EINVAL for a name that is not [a-z][a-z0-9_]*; -EEXIST. */
int vl_method_add(struct vl_inst *inst, const char *name, const char *signature,
		  const char *summary, vl_method_fn *fn);
/* A row of a plugin's table of methods, with the words of vl_method_add() and
 * vl_method_describe(). */
struct vl_method {
	const char *name, *params /* the signature */, *summary;
	const char *result, *details; /* or NULL */
	vl_method_fn *fn;
	/* What is wrong with @params, which fit the signature, as far as that
	 * is known before the plugin runs: a negative errno with the reason in
	 * @error; else 0.  For configurations; or NULL. */
	int (*check)(const struct json_t *params, char *error,
		     size_t error_size);
};
/** vl_method_describe() - for help and manuals
 * @result:  what the method answers; @details: what it does with its
 *           parameters; plain text with `words` in backquotes; borrowed until
 *           stop() has returned; either may be NULL
 * Return: 0; -ENOENT no such method of the instance. */
int vl_method_describe(struct vl_inst *inst, const char *name,
		       const char *result, const char *details);
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

/*
 * @result: borrowed, NULL when the call failed; @code: 0 or a negative errno,
 * with the reason in @error.
 */
typedef void vl_reply_fn(void *priv, const struct json_t *result, int code,
			 const char *error);
/**
 * vl_control() - call a method of the switch, as a client of the control
 * socket would: "stats.show", "link.set", ...
 * @params: taken; NULL = {}
 * @fn:     hears of the answer, never inside this function; NULL: nobody does
 *
 * It runs between turns, soon.  Answers of calls that are open when the
 * instance stops are not heard.  plugin.unload of the calling instance itself
 * is allowed.
 * Return: 0; -ENOMEM; -EBUSY with 256 calls open.
 */
int vl_control(struct vl_inst *inst, const char *method, struct json_t *params,
	       vl_reply_fn *fn, void *priv);

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
/** vl_port_is_declared() - does its name outlive it?  Settings for it should,
 * too. */
int vl_port_is_declared(const struct vl_inst *inst, const char *name);
uint32_t vl_segment_find(const struct vl_inst *inst, const char *name);
const char *vl_segment_name(const struct vl_inst *inst, uint32_t segment);

/*
 * A kind of port that the plugin brings: `port add SEGMENT KIND ...`.  Only
 * .priv of a port is the plugin's, the rest is the host's.
 */
struct vl_port_kind {
	const char *name;    /* [a-z][a-z0-9-]*, not one the switch has */
	const char *summary; /* one line, for help */
	const char *params;  /* signature of what `port add` takes further */
	const char *details; /* for the manual; or NULL */
	/**
	 * open - attach what @params (borrowed, checked) describe
	 * @fd: that came with the request, taken also on failure; or -1
	 *
	 * Return: 0 and *priv; or a negative errno with a reason in @error.
	 */
	int (*open)(struct vl_inst *inst, uint32_t port,
		    const struct json_t *params, int fd, void **priv,
		    char *error, size_t error_size);
	/**
	 * transmit - frames leave by the port, in order
	 * @frames: borrowed; what is to stay is copied, or vl_frame_clone()
	 * @n:      at most VL_VECTOR_MAX
	 *
	 * Return: how many of @n have been taken.  With fewer than @n the port
	 * waits for vl_port_writable().
	 */
	uint32_t (*transmit)(void *priv, struct vl_frame *const *frames,
			     uint32_t n);
	/* Stop handing in frames, for some milliseconds, or go on.  NULL: it
	 * cannot. */
	void (*pause)(void *priv, int paused);
	/* Adds members to the port's object in `port show`.  May be NULL. */
	void (*describe)(const void *priv, struct json_t *into);
	/* Frees priv.  Never inside a callback of the same port. */
	void (*close)(void *priv);
};

/** vl_port_kind_add() - @kind: borrowed until stop() has returned.  Ports of
 * the kind are removed before the instance stops.  In a switch with workers for
 * start() and methods only, and for segments of the instance's worker.
 * Return: 0; -EINVAL, also when .params has a member of the name but not of the
 * type of another kind's; -EEXIST; -EBUSY on the thread of a worker. */
int vl_port_kind_add(struct vl_inst *inst, const struct vl_port_kind *kind);
/**
 * vl_port_input() - frames enter the switch by a port of the instance's kinds
 * @frames: of vl_frame_new() or vl_frame_clone(); taken; any number
 *
 * They go on when the plugin has returned, also those from .transmit.  Ones
 * longer than the port's MTU are dropped and counted.
 */
void vl_port_input(struct vl_inst *inst, uint32_t port,
		   struct vl_frame *const *frames, uint32_t n);
/** vl_port_writable() - .transmit may be called again; not inside it */
void vl_port_writable(struct vl_inst *inst, uint32_t port);
/** vl_port_lost() - the peer is gone: the port is removed soon */
void vl_port_lost(struct vl_inst *inst, uint32_t port, const char *reason);
/** vl_port_tx_drop() - a frame that .transmit took will not reach the peer */
void vl_port_tx_drop(struct vl_inst *inst, uint32_t port,
		     const struct vl_frame *frame);

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

/*
 * Frames that are not finished: their sender has left work to others, a
 * checksum or the cutting of a long frame into segments, because guests and
 * kernels can take such frames.  Hooks are given what a wire would have seen, all
 * that is left done, unless their plugin says that it can do better; frames go
 * on whole then if the other hooks of the stage and the port where they leave
 * allow it.
 */
/** vl_takes_offloads() - from now on the instance's hooks are given frames as
 * they are: longer than the MTU, and without checksums */
void vl_takes_offloads(struct vl_inst *inst);

enum vl_segmentation {
	VL_SEGMENT_NONE,
	VL_SEGMENT_TCP,
	VL_SEGMENT_DATAGRAMS, /* UDP */
	VL_SEGMENT_FRAGMENTS  /* of a datagram of UDP */
};
/* What is left to be done to a frame. */
struct vl_offload {
	uint32_t segmentation; /* enum vl_segmentation */
	uint32_t n_segments;   /* that the frame is to become; 1 */
	uint32_t segment_len;  /* payload of each but the last; 0 */
	uint32_t checksum;     /* the two octets where the checksum of TCP, UDP
				  or what else there is belongs are here in the
				  frame; 0: there is nothing to put in */
};
/** vl_frame_offload() - Return: whether there is anything; @to is set
 * anyway.  Frames of which vl_drop_watch() tells may have something left, too,
 * also when the instance's hooks are not given such. */
int vl_frame_offload(const struct vl_frame *frame, struct vl_offload *to);
/** vl_frame_checksum() - the two octets that belong at .checksum, in the order
 * of the frame; of one that is to be cut, those with which it is right as it is
 *
 * Takes a look at every octet.  Without a .checksum they are 0. */
void vl_frame_checksum(const struct vl_frame *frame, uint8_t octets[2]);

/**
 * vl_frame_edit() - make the octets of a frame the plugin's to change
 * @frame: in a hook &v->frames[i] of a frame that passes; else the plugin's
 *         own pointer to one it holds; changed, because others may see the
 *         frame that was there
 * @len:   the new length, VL_FRAME_LEN_MIN..VL_FRAME_LEN_MAX.  Octets up to
 *         the shorter of both lengths stay, what is new is zero.
 *
 * Return: its first octet, @len of them writable until the hook returns (of a
 * held frame: until anything else is done with it); NULL when out of memory,
 * @len is out of range, or the frame is not finished (vl_frame_offload()), and
 * nothing has changed.
 */
uint8_t *vl_frame_edit(struct vl_inst *inst, struct vl_frame **frame,
		       uint32_t len);
/** vl_frame_new() - a frame of the plugin's own, copied from @data
 * @data: may be NULL: the octets are zero, write them by vl_frame_edit()
 *
 * It is on no segment's books until it is injected.  Return: owned:
 * vl_frame_inject(), vl_port_input() or vl_frame_discard() takes it; NULL when
 * out of memory or @len is out of range. */
struct vl_frame *vl_frame_new(struct vl_inst *inst, const void *data,
			      uint32_t len);
/** vl_frame_clone() - another frame with the same octets, marks, ports and
 * time, as vl_frame_new() otherwise; the octets themselves are shared */
struct vl_frame *vl_frame_clone(struct vl_inst *inst,
				const struct vl_frame *frame);
/**
 * vl_frame_inject() - a frame enters the way of frames at a chosen place
 * @frame: stolen, new or a clone; taken
 * @stage: VL_STAGE_INGRESS: as if @port had sent it: hooks, learning, look-up;
 *         VL_STAGE_FORWARD: from @port, looked up, its source not learned;
 *         VL_STAGE_EGRESS: it leaves by @port
 *
 * Of hooks at @stage, those behind the instance's own first hook there run; all,
 * when it has none there.  It goes on when the plugin has returned, in the order
 * of the calls of this function and vl_frame_resume().  A frame whose port is
 * gone is dropped and counted, like one that has been injected VL_INJECTS_MAX
 * times: plugins could send it round for ever.
 */
void vl_frame_inject(struct vl_inst *inst, enum vl_stage stage, uint32_t port,
		     struct vl_frame *frame);
/** vl_frame_resume() - a stolen frame goes on behind the hook that stole it;
 * taken.  A frame whose ports are gone meanwhile is dropped and counted.  It
 * goes on when the plugin has returned, in the order of the calls.  Not before
 * the hook that stole it has returned. */
void vl_frame_resume(struct vl_inst *inst, struct vl_frame *frame);
/** vl_frame_discard() - drop a frame the instance holds; taken
 * @verdict: VL_DROP, or one of vl_drop_reason_add(); a frame that is on no
 *           books is just freed */
void vl_frame_discard(struct vl_inst *inst, struct vl_frame *frame,
		      uint8_t verdict);

/*
 * Marks: what plugins did to a frame that nobody can see in its octets, or
 * should be told of: "delayed", "corrupted".  Captures write them beside the
 * frame.  A frame carries the last VL_MARKS_MAX different ones.
 */
enum { VL_MARKS_MAX = 4 };
/** vl_mark_add() - @text: copied.  Return: for vl_frame_mark(); -EEXIST;
 * -ENOSPC */
int vl_mark_add(struct vl_inst *inst, const char *text);
/* @frame: of a hook's vector, or held. */
void vl_frame_mark(struct vl_inst *inst, struct vl_frame *frame, int mark);
/** vl_frame_marks() - who did what to @frame, oldest first
 * @texts: filled with "INSTANCE: TEXT", borrowed for the call of the hook
 * Return: how many there are. */
uint32_t vl_frame_marks(const struct vl_inst *inst,
			const struct vl_frame *frame,
			const char *texts[VL_MARKS_MAX]);

/*
 * Frames in scope that get no further, by a plugin's verdict or the switch's.
 * Not told of are copies that could not be made, for want of memory or because
 * a tag would have made them too long: these are counted only.
 */
struct vl_drop {
	const struct vl_frame *frame; /* borrowed */
	uint32_t port;		      /* where: as vl_vector.port */
	enum vl_stage stage;
	const char *by;	    /* an instance's name; NULL: the switch */
	const char *reason; /* "loss", "queue-full" */
	uint64_t now_ns;
};
typedef void vl_drop_fn(void *priv, const struct vl_drop *drop);
/** vl_drop_watch() - @fn NULL: not any more.  Nobody pays while nobody watches.
 * Inside @fn nothing may be done to frames.  Return: 0. */
int vl_drop_watch(struct vl_inst *inst, vl_drop_fn *fn);

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
/** vl_timer_free() - also inside its own function; NULL is a no-op */
void vl_timer_free(struct vl_timer *timer);

/* ---- descriptors and programs ---- */

enum { VL_READ = 1, VL_WRITE = 2 };
struct vl_watch;
typedef void vl_watch_fn(void *priv, int fd, unsigned events);
/** vl_watch_add() - call @fn when @fd, which stays the plugin's, can be read or
 * written; @events: VL_READ, VL_WRITE, both or 0
 * Return: borrowed; NULL when out of memory. */
struct vl_watch *vl_watch_add(struct vl_inst *inst, int fd, unsigned events,
			      vl_watch_fn *fn, void *priv);
void vl_watch_set(struct vl_watch *watch, unsigned events);
/** vl_watch_free() - before @fd is closed; also inside its own function; NULL
 * is a no-op */
void vl_watch_free(struct vl_watch *watch);

/*
 * A program under the host's supervision: it gets one end of a pair of
 * SOCK_SEQPACKET sockets as descriptor 3 (VDELAB_FD=3 in its environment), what
 * it prints is logged, it dies with the switch, and is started again when it
 * ends: at once, then after 0.1 s, 0.2 s, ... 10 s; one that ran for 10 s begins
 * at the first again.
 */
struct vl_program;
struct vl_program_ops {
	/* It runs: @fd, non-blocking, is our end: the host's, until .ended. */
	void (*started)(void *priv, int fd);
	/* It has ended, @fd will be closed: what it sent before can be read
	 * in here; @reason for people. */
	void (*ended)(void *priv, const char *reason);
};
/** vl_program_start() - @argv: copied; argv[0] is looked up in PATH
 * @ops: borrowed until stop() has returned
 * Return: borrowed; NULL with a reason in @error. */
struct vl_program *vl_program_start(struct vl_inst *inst,
				    const char *const *argv,
				    const struct vl_program_ops *ops,
				    void *priv, char *error, size_t error_size);
/** vl_program_restart() - end it, e.g. because it does not answer, and start
 * it again as if it had ended by itself; .ended runs, later */
void vl_program_restart(struct vl_program *program, const char *reason);
/** vl_program_pid() - 0 while it does not run */
int vl_program_pid(const struct vl_program *program);
/** vl_program_stop() - neither callback runs any more; NULL is a no-op */
void vl_program_stop(struct vl_program *program);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* VDELAB_PLUGIN_H */
