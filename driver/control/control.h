/*
 * control: the control socket of a run: DIR/control, where others of the same
 * user call what a script can call, and look at the run.
 *
 * JSON-RPC 2.0, an object a line (lib/rpc); doc/run-api.md says it all.  What
 * clients do is no part of the test's result: their calls fail for them alone.
 */
#ifndef DRIVER_CONTROL_CONTROL_H
#define DRIVER_CONTROL_CONTROL_H

#include <stdbool.h>

#include <jansson.h>

struct control;
struct err;
struct event_base;
struct event_log;
struct machine;
struct script;

struct control_spec {
	struct event_base *base;
	struct event_log *log;
	struct script *script;
	const char *dir; /* where the socket is made; borrowed for the call */
	/* What is known of the run; returned owned. */
	json_t *(*info)(void *arg);
	/* The machine @name; NULL: there is none, or none yet. */
	struct machine *(*machine)(const char *name, void *arg);
	/* What stands still goes on.  Return: 0; -EINVAL: nothing does. */
	int (*go_on)(void *arg);
	/* The run ends, failed if @error is not NULL, at the place @at, {file,
	 * line}, if that is known.  Both are borrowed. */
	void (*end)(const char *error, const json_t *at, void *arg);
	/* A file that the test is made of. */
	void (*source)(const char *file, const char *text, size_t size,
		       void *arg);
	void *arg; /* borrowed */
};

/** control_new() - @spec's objects are borrowed
 * Return: owned by the caller; NULL with @err set. */
struct control *control_new(const struct control_spec *spec, struct err *err);
/** control_stop() - end all calls, and take no others: the script ends; clients
 * still hear what happens.  NULL is a no-op. */
void control_stop(struct control *control);
/** control_free() - stopped by now; the clients are sent away; NULL is a no-op */
void control_free(struct control *control);

#endif /* DRIVER_CONTROL_CONTROL_H */
