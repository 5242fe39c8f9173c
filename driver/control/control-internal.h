/* control-internal: what the files of control share. */
#ifndef DRIVER_CONTROL_CONTROL_INTERNAL_H
#define DRIVER_CONTROL_CONTROL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "driver/control/control.h"
#include "lib/rpc.h"

struct method;
struct script_call;

/* A call of a client that its script has not ended; or a scope of it, whose
 * call has had its answer. */
struct control_pending {
	LIST_ENTRY(control_pending) entry;
	struct control *control;
	struct rpc_call *call;	  /* NULL: a scope that has begun */
	struct rpc_call *leaving; /* of a scope: who ended it; or NULL */
	struct script_call *script_call;
	uint64_t client;
	char *id;     /* of its request, as JSON; owned; NULL: none */
	char *method; /* owned */
	struct console *console; /* owned; or NULL */
	json_int_t step;	 /* of a scope that has begun */
	bool has_failed; /* of one: its client has said so when it left */
	json_t *types;	 /* of run.wait: of what events; owned; or NULL */
};

/* A row for lib/rpc, and what it stands for. */
struct control_row {
	struct rpc_method rpc;
	char *name; /* owned; .rpc.name */
	const struct method *method;
	struct control *control;
};

struct control {
	struct control_spec spec;
	struct rpc_server *server; /* owned */
	struct control_row *rows;  /* one for each method; owned */
	size_t n_rows;
	LIST_HEAD(, control_pending) pending;
	bool stopped;
};

/** control_fail() - answer @call with an error of @kind (doc/run-api.md) */
void control_fail(struct rpc_call *call, const char *method, const char *kind,
		  const char *text);
/** control_read_at() - the parameter `at` of @params; *@at: borrowed, NULL if
 * there is none.  Return: 0; -EINVAL when @call has been refused for it. */
int control_read_at(struct rpc_call *call, const char *method,
		    const json_t *params, const json_t **at);
/** control_pending_cancel() - end it; its client is told @why */
void control_pending_cancel(struct control_pending *p, const char *why);

/** control_tell_waiting() - those that wait for such an event */
void control_tell_waiting(struct control *control, const json_t *event);

/* Each an rpc_method_fn; @arg: the control_row. */
void control_call_method(struct rpc_call *call, const json_t *params,
			 void *arg);
void control_subtest_begin(struct rpc_call *call, const json_t *params,
			   void *arg);
void control_subtest_end(struct rpc_call *call, const json_t *params,
			 void *arg);
void control_scope_begin(struct rpc_call *call, const json_t *params,
			 void *arg);
void control_run_wait(struct rpc_call *call, const json_t *params, void *arg);
void control_script_eval(struct rpc_call *call, const json_t *params,
			 void *arg);
void control_script_run(struct rpc_call *call, const json_t *params, void *arg);
void control_object_release(struct rpc_call *call, const json_t *params,
			    void *arg);
void control_capture_read(struct rpc_call *call, const json_t *params,
			  void *arg);
void control_console_open(struct rpc_call *call, const json_t *params,
			  void *arg);
void control_call_cancel(struct rpc_call *call, const json_t *params,
			 void *arg);

#endif /* DRIVER_CONTROL_CONTROL_INTERNAL_H */
