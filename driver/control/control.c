#include "driver/control/control-internal.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "driver/control/methods-list.h"
#include "driver/report/event-log.h"
#include "driver/script/methods.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* ---- the run ---- */

static void
run_info(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;

	(void)params;
	rpc_reply(call, row->control->spec.info(row->control->spec.arg));
}

static void
run_continue(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;

	(void)params;
	if (row->control->spec.go_on(row->control->spec.arg) < 0)
		control_fail(call, row->name, "failed", "nothing stands still");
	else
		rpc_reply(call, json_true());
}

static void
run_end(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	const json_t *at;

	if (control_read_at(call, row->name, params, &at) < 0)
		return;
	row->control->spec.end(json_str_or(params, "error", NULL), at,
			       row->control->spec.arg);
	rpc_reply(call, json_true());
}

static void
run_source(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	const json_t *text = json_object_get(params, "text");

	row->control->spec.source(
	    json_str_or(params, "file", ""), json_string_value(text),
	    json_string_length(text), row->control->spec.arg);
	rpc_reply(call, json_true());
}

static void
list_methods(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	json_t *list = methods_list();

	(void)params;
	for (size_t i = 0; i < row->control->n_rows; i++) {
		const struct rpc_method *m = &row->control->rows[i].rpc;

		if (row->control->rows[i].method == NULL)
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s}", "name", m->name,
					    "signature", m->params, "doc",
					    m->summary));
	}
	rpc_reply(call, list);
}

static const struct rpc_method run_methods[] = {
	{ .name = "run.info",
	  .params = "",
	  .summary = "what is known of the run",
	  .fn = run_info },
	{ .name = "run.continue",
	  .params = "",
	  .summary = "what stands still goes on: a breakpoint, or a run that "
		     "has failed, to its end",
	  .fn = run_continue },
	{ .name = "run.end",
	  .params = "error:str? at:obj?",
	  .summary = "end the run; failed, if there is an error",
	  .fn = run_end },
	{ .name = "run.source",
	  .params = "file:str text:str",
	  .summary = "a file that the test is made of, for who reads of it",
	  .fn = run_source },
	{ .name = "rpc.methods",
	  .params = "",
	  .summary = "list every method, with what it takes",
	  .fn = list_methods },
	{ .name = "call.cancel",
	  .params = "id:any",
	  .summary = "end a call of this client that has not ended",
	  .fn = control_call_cancel },
	{ .name = "object.release",
	  .params = "object:obj",
	  .summary = "an object that was answered with is needed no more",
	  .fn = control_object_release },
	{ .name = "script.eval",
	  .params = "text:str",
	  .summary = "run Lua text, as at a prompt",
	  .fn = control_script_eval },
	{ .name = "script.run",
	  .params = "subtests:list?",
	  .summary = "run test_script; of its subtests only these",
	  .fn = control_script_run },
	{ .name = "capture.read",
	  .params = "segment:str filter:str? since:num?",
	  .summary = "frames that the capture of a segment has, as lines",
	  .fn = control_capture_read },
	{ .name = "console.open",
	  .params = "machine:str shell:bool? rows:int(1..10000)? "
		    "columns:int(1..10000)? term:name?",
	  .summary = "join a stream socket, sent along, to a machine's serial "
		     "console",
	  .fn = control_console_open },
	{ .name = "subtest.begin",
	  .params = "name:str kind:name? machine:str? "
		    "in:int(0..2147483647)? at:obj?",
	  .summary = "what this client calls from now on is part of a subtest",
	  .fn = control_subtest_begin },
	{ .name = "scope.begin",
	  .params = "method:str self:any? args:list? options:obj? "
		    "in:int(0..2147483647)? at:obj?",
	  .summary = "call a method that takes a function, which is what this "
		     "client does until subtest.end",
	  .fn = control_scope_begin },
	{ .name = "run.wait",
	  .params = "types:list",
	  .summary = "the next event of one of these types",
	  .fn = control_run_wait },
	{ .name = "subtest.end",
	  .params = "subtest:int error:str? timed_out:bool?",
	  .summary = "end a subtest; failed, if there is an error",
	  .fn = control_subtest_end },
	{ .name = NULL },
};

/* ---- life ---- */

static const struct rpc_method *
find_row(const char *name, void **arg, void *find_arg)
{
	struct control *control = find_arg;

	for (size_t i = 0; i < control->n_rows; i++) {
		if (strcmp(control->rows[i].rpc.name, name) != 0)
			continue;
		*arg = &control->rows[i];
		return &control->rows[i].rpc;
	}
	return NULL;
}

static void
make_rows(struct control *control)
{
	size_t n = 0, n_methods = 0;
	const struct method *method;

	while (methods_at(n_methods) != NULL)
		n_methods++;
	control->rows =
	    xcalloc(n_methods + sizeof(run_methods) / sizeof(run_methods[0]),
		    sizeof(*control->rows));
	for (size_t i = 0; (method = methods_at(i)) != NULL; i++) {
		struct control_row *row = &control->rows[n++];

		row->method = method;
		row->name = xasprintf("%s.%s", method_owner_name(method->owner),
				      method->name);
		row->rpc = (struct rpc_method){
			.name = row->name,
			.params = "self:any? args:list? options:obj? "
				  "in:int(0..2147483647)? at:obj?",
			.summary = method->doc,
			.fn = control_call_method,
		};
	}
	for (size_t i = 0; run_methods[i].name != NULL; i++) {
		control->rows[n].rpc = run_methods[i];
		control->rows[n++].name = xstrdup(run_methods[i].name);
	}
	control->n_rows = n;
	for (size_t i = 0; i < n; i++)
		control->rows[i].control = control;
}

static void
on_gone(uint64_t client, void *arg)
{
	struct control *control = arg;
	struct control_pending *p, *next;

	/* A call that ends may end others. */
again:
	for (p = LIST_FIRST(&control->pending); p != NULL; p = next) {
		next = LIST_NEXT(p, entry);
		if (p->client == client) {
			control_pending_cancel(p, "the client is gone");
			goto again;
		}
	}
}

static void
on_event(const json_t *event, void *arg)
{
	struct control *control = arg;

	if (control->server == NULL)
		return;
	rpc_server_broadcast(control->server, "run.event", event);
	control_tell_waiting(control, event);
}

struct control *
control_new(const struct control_spec *spec, struct err *err)
{
	struct control *control;
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/control", spec->dir) >=
	    (int)sizeof(path)) {
		err_set(err, -ENAMETOOLONG, "%s: too long", spec->dir);
		return NULL;
	}
	fd = sockpath_listen(path, SOCK_STREAM, 0600, err);
	if (fd < 0)
		return NULL;
	control = XNEW(struct control);
	control->spec = *spec;
	LIST_INIT(&control->pending);
	make_rows(control);
	control->server =
	    rpc_server_new(spec->base, fd, find_row, control, err);
	if (control->server == NULL) {
		control_free(control);
		return NULL;
	}
	rpc_server_on_gone(control->server, on_gone, control);
	event_log_add_view(spec->log, on_event, control);
	return control;
}

void
control_stop(struct control *control)
{
	if (control == NULL)
		return;
	control->stopped = true;
	while (!LIST_EMPTY(&control->pending))
		control_pending_cancel(LIST_FIRST(&control->pending),
				       "the run is ending");
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	rpc_server_free(control->server);
	for (size_t i = 0; i < control->n_rows; i++)
		free(control->rows[i].name);
	free(control->rows);
	free(control);
}
