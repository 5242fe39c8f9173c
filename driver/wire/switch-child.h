/*
 * switch-child: one life of the run's switch: a vdelab-switch of our own in a
 * private directory, and the connection to its control socket.
 */
#ifndef DRIVER_WIRE_SWITCH_CHILD_H
#define DRIVER_WIRE_SWITCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/rpc.h"

struct clock;
struct err;
struct event_base;
struct switch_child;

/* All from the loop.  switch_child_free() is allowed in .ended only. */
struct switch_child_events {
	/* A line it wrote on stderr; borrowed. */
	void (*line)(const char *line, void *arg);
	/* An event of its control socket; borrowed.  NULL: nobody asks. */
	void (*event)(const char *event, const json_t *data, void *arg);
	/* It is up: it can be called from now on. */
	void (*up)(void *arg);
	/* It is gone; calls that were outstanding are forgotten, unless they
	 * have failed with -ECONNRESET before.  @why: "killed by signal 9
	 * (Killed)", with its last words when it never came up.  Once, and the
	 * last of all. */
	void (*ended)(const char *why, void *arg);
};

enum { SWITCH_START_MS = 10000, SWITCH_STOP_MS = 5000 };

/**
 * switch_child_new() - start it in @dir; .up or .ended follows
 * @dir:    absolute, exists; the switch makes its own directory beneath, or
 *          takes over that of an earlier one that was killed
 * @events: borrowed
 *
 * Return: a child the caller owns; NULL with @err set.
 */
struct switch_child *switch_child_new(struct event_base *base,
				      struct clock *clock, const char *dir,
				      const struct switch_child_events *events,
				      void *arg, struct err *err);
/** switch_child_call() - see rpc_conn_call(); only while it is up: fails with
 * -ENOTCONN otherwise */
void switch_child_call(struct switch_child *child, const char *method,
		       json_t *params, const int *fds, size_t n_fds,
		       rpc_done_fn *done, void *arg);
/** switch_child_is_lost() - is it not up, or no more?  What fails then, it has
 * not answered: .ended follows */
bool switch_child_is_lost(const struct switch_child *child);
/** switch_child_stop() - ask it to end, run the loop until it has, and free it;
 * killed after SWITCH_STOP_MS; .ended does not run any more.  Return: 0, or
 * -errno with @err telling what was not orderly.  NULL is a no-op. */
int switch_child_stop(struct switch_child *child, struct err *err);
/** switch_child_free() - of one that has ended, or is killed now */
void switch_child_free(struct switch_child *child);

#endif /* DRIVER_WIRE_SWITCH_CHILD_H */
