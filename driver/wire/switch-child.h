/*
 * switch-child: the switch of a run: a vdelab-switch of our own in a private
 * directory, and the connection to its control socket.
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

/* A line it wrote on stderr; borrowed. */
typedef void switch_line_fn(const char *line, void *arg);
/* It ended though nobody asked it to; once, from the loop. */
typedef void switch_ended_fn(const char *how, void *arg);

enum { SWITCH_START_MS = 10000, SWITCH_STOP_MS = 5000 };

/**
 * switch_child_start() - start it in @dir and connect; runs @base until it
 * answers, so not from inside a callback
 * @dir: absolute, exists; the switch makes its own directory beneath
 *
 * Return: a child the caller owns; NULL with @err set.
 */
struct switch_child *switch_child_start(struct event_base *base,
					struct clock *clock, const char *dir,
					switch_line_fn *on_line,
					switch_ended_fn *on_ended, void *arg,
					struct err *err);
/** switch_child_call() - see rpc_conn_call(); fails with -ENOTCONN when the
 * switch is gone */
void switch_child_call(struct switch_child *child, const char *method,
		       json_t *params, const int *fds, size_t n_fds,
		       rpc_done_fn *done, void *arg);
/** switch_child_call_wait() - the same, running the loop until the reply; not
 * from inside a callback.  Return: returned owned; NULL with @err set. */
json_t *switch_child_call_wait(struct switch_child *child, const char *method,
			       json_t *params, const int *fds, size_t n_fds,
			       struct err *err);
/** switch_child_stop() - ask it to end, run the loop until it has, and free it;
 * killed after SWITCH_STOP_MS.  Return: 0, or -errno with @err telling what was
 * not orderly.  NULL is a no-op. */
int switch_child_stop(struct switch_child *child, struct err *err);

#endif /* DRIVER_WIRE_SWITCH_CHILD_H */
