/*
 * script: a test script under way.
 *
 * The script runs as a coroutine on the event loop.  Whatever takes time
 * (a command, a wait) starts an operation and yields; the operation's end
 * resumes it, with results or by raising an error at the script's own line.
 * parallel() makes further coroutines.  There are no threads and no nested
 * loops.
 *
 * What scripts call is written in Lua (prelude.lua) over a few primitives in C
 * (script-*.c); the tables in methods-*.c describe it.
 */
#ifndef DRIVER_SCRIPT_SCRIPT_H
#define DRIVER_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/vm/machine.h"

struct clock;
struct coverage;
struct err;
struct event_base;
struct event_log;
struct live;
struct script;
struct test_file;

struct script_spec {
	struct event_base *base;
	struct clock *clock;
	struct event_log *log;
	struct test_file *file;
	double timeout_scale;	   /* every deadline is multiplied by it */
	uint64_t seed;		   /* the global `seed` */
	const char *results_dir;   /* where copy_from_machine() copies to */
	struct coverage *coverage; /* NULL: none is collected */
	/* The control socket, for scripts in other languages; or NULL. */
	const char *socket;
	/* Keep the script's variables where it fails, for who may look. */
	bool inspect;
	/* A task stands still at @place until script_continue(); or NULL.
	 * Return: NULL; why that cannot be. */
	const char *(*on_pause)(const char *place, void *arg);
	void *pause_arg; /* borrowed */
};

/* @error: NULL when the script ran to its end; else what it died of, with the
 * script's line.  Once, from the loop. */
typedef void script_done_fn(const char *error, void *arg);

/** script_new() - prepare; @spec's pointers are borrowed
 * Return: owned by the caller; NULL with @err set. */
struct script *script_new(const struct script_spec *spec, struct err *err);
/** script_start() - run it on @live, borrowed */
void script_start(struct script *script, struct live *live,
		  script_done_fn *done, void *arg);
/**
 * script_serve() - from now on calls from outside (script-call.h) may come when
 * the script is not running: before it began, or in its place, or after its end
 *
 * What has stopped the script stops them no more, nor does a guest's panic, but
 * for the calls that wait for that guest.
 */
void script_serve(struct script *script, struct live *live);
/** script_continue() - what stands still longest goes on; Return: false when
 * nothing does */
bool script_continue(struct script *script);
/** script_n_paused() - how many stand still */
size_t script_n_paused(const struct script *script);
/** script_paused_at() - where that stands; NULL: nothing does; borrowed until it
 * goes on */
const char *script_paused_at(const struct script *script);
/** script_on_machine() - to be told what machines do */
void script_on_machine(struct script *script, size_t node,
		       enum machine_event event, const char *text);
/** script_abort() - raise @why in whatever waits, and in everything that would
 * wait after it; @done follows soon */
void script_abort(struct script *script, const char *why);
/** script_time_out() - the same when @why is that time is up */
void script_time_out(struct script *script, const char *why);
/** script_step_begin() - a step of the log that is not the script's own, such as
 * what is done after its end; Return: its number */
uint64_t script_step_begin(struct script *script, const char *kind,
			   const char *machine, const char *text);
/** script_step_end() - @error: NULL: it went well */
void script_step_end(struct script *script, uint64_t step, const char *error);
/** script_stop() - end it wherever it is; nothing of it runs any more, done
 * neither.  What it has begun may still end; NULL is a no-op. */
void script_stop(struct script *script);
/** script_free() - after @live, to which what it has begun may belong; NULL is
 * a no-op */
void script_free(struct script *script);

#endif /* DRIVER_SCRIPT_SCRIPT_H */
