/* control-calls: what clients call, as calls of the script. */
#include "driver/control/control-internal.h"

#include <stdlib.h>
#include <string.h>

#include "driver/control/console.h"
#include "driver/script/methods.h"
#include "driver/script/script-call.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

/* ---- calls ---- */

static struct control_pending *
pending_new(struct control *control, struct rpc_call *call, const char *method)
{
	struct control_pending *p = XNEW(struct control_pending);
	const json_t *id = rpc_call_id(call);

	p->control = control;
	p->call = call;
	p->client = rpc_call_peer(call)->client;
	p->method = xstrdup(method);
	if (id != NULL)
		p->id = json_dumps(id, JSON_ENCODE_ANY);
	LIST_INSERT_HEAD(&control->pending, p, entry);
	return p;
}

static void
pending_free(struct control_pending *p)
{
	console_free(p->console);
	LIST_REMOVE(p, entry);
	json_decref(p->types);
	free(p->id);
	free(p->method);
	free(p);
}

static void
fail_with(struct rpc_call *call, const char *method, const char *kind,
	  const char *text, bool lost)
{
	json_t *data = json_pack("{s:s, s:s}", "kind", kind, "method", method);

	if (lost)
		json_object_set_new(data, "lost", json_true());
	rpc_fail_with(
	    call, strcmp(kind, "usage") == 0 ? RPC_INVALID_PARAMS : RPC_FAILED,
	    text, data);
}

void
control_fail(struct rpc_call *call, const char *method, const char *kind,
	     const char *text)
{
	fail_with(call, method, kind, text, false);
}

/* The one result, or a list of several: most methods have one or none. */
static json_t *
results_of(const json_t *results)
{
	switch (json_array_size(results)) {
	case 0:
		return json_null();
	case 1:
		return json_incref(json_array_get(results, 0));
	default:
		return json_incref((json_t *)results);
	}
}

static void
on_done(const struct script_outcome *outcome, void *arg)
{
	struct control_pending *p = arg;

	if (outcome->results != NULL)
		rpc_reply(p->call, results_of(outcome->results));
	else
		fail_with(p->call, p->method, outcome->kind, outcome->error,
			  outcome->lost);
	pending_free(p);
}

void
control_pending_cancel(struct control_pending *p, const char *why)
{
	if (p->script_call != NULL)
		script_call_cancel(p->script_call);
	if (p->call != NULL)
		control_fail(p->call, p->method, "cancelled", why);
	if (p->leaving != NULL)
		control_fail(p->leaving, "subtest.end", "cancelled", why);
	pending_free(p);
}

int
control_read_at(struct rpc_call *call, const char *method, const json_t *params,
		const json_t **at)
{
	struct err err = ERR_INIT;

	*at = json_object_get(params, "at");
	if (json_is_null(*at))
		*at = NULL;
	if (*at == NULL ||
	    json_check(*at, "file:str line:int(1..2147483647)", &err) == 0)
		return 0;
	err_prefix(&err, "at");
	control_fail(call, method, "usage", err.text);
	return err.code;
}

/* The innermost scope that the client has open. */
static json_int_t
step_of(const struct control *control, uint64_t client, const json_t *params)
{
	const struct control_pending *p;
	json_int_t step = 0;

	if (json_int_or(params, "in", 0) > 0)
		return json_int_or(params, "in", 0);
	LIST_FOREACH (p, &control->pending, entry)
		if (p->client == client && p->step > step)
			step = p->step;
	return step;
}

/* Return: may a call begin?  Else it has been refused. */
static bool
admit(struct control *control, struct rpc_call *call, const char *method)
{
	if (!control->stopped)
		return true;
	control_fail(call, method, "ended", "the run is ending");
	return false;
}

static void
begin(struct control *control, struct rpc_call *call, const char *method,
      struct script_call_spec *spec)
{
	struct control_pending *p = pending_new(control, call, method);

	spec->step =
	    spec->step != 0 ? spec->step : step_of(control, p->client, NULL);
	if (spec->done == NULL)
		spec->done = on_done;
	spec->arg = p;
	p->script_call = script_call(control->spec.script, spec);
}

/* What a client does who cannot pass a function; NULL: @method needs none. */
static const char *
instead_of(const struct method *method)
{
	static const struct {
		const char *name, *advice;
	} advice[] = {
		{ "subtest", "call subtest.begin and subtest.end" },
		{ "parallel", "send several calls, and do not wait for the "
			      "answers in between" },
		{ "retry", "call again until it is as it should be" },
		{ "with_netem", "call scope.begin and subtest.end" },
	};
	const char *params = method->params;
	struct method_param param;

	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (strcmp(advice[i].name, method->name) == 0)
			return advice[i].advice;
	while (params != NULL && method_param_next(&params, &param))
		if (param.type == METHOD_FN && !param.optional)
			return "do it in the client's own language";
	return NULL;
}

/* machine.succeed and the others. */
void
control_call_method(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	struct script_call_spec spec = {
		.verb = SCRIPT_CALL_METHOD,
		.method = row->method,
		.self = json_object_get(params, "self"),
		.args = json_object_get(params, "args"),
		.options = json_object_get(params, "options"),
	};
	const char *advice = instead_of(row->method);
	char *text;

	if (control_read_at(call, row->name, params, &spec.at) < 0 ||
	    !admit(row->control, call, row->name))
		return;
	if (advice != NULL) {
		text = xasprintf("%s takes a function, which cannot come from "
				 "outside: %s",
				 row->name, advice);
		control_fail(call, row->name, "usage", text);
		free(text);
		return;
	}
	spec.step = step_of(row->control, rpc_call_peer(call)->client, params);
	begin(row->control, call, row->name, &spec);
}

/* ---- scopes ---- */

static void
on_begun(json_int_t step, void *arg)
{
	struct control_pending *p = arg;

	p->step = step;
	rpc_reply(p->call, json_pack("{s:I}", "subtest", step));
	p->call = NULL;
}

/* That its client has given up is no news to it; what else went wrong is. */
static void
on_scope_done(const struct script_outcome *outcome, void *arg)
{
	struct control_pending *p = arg;
	struct rpc_call *call = p->leaving != NULL ? p->leaving : p->call;

	if (p->leaving != NULL && outcome->results != NULL)
		rpc_reply(call, json_pack("{s:b, s:o}", "ok", true, "results",
					  results_of(outcome->results)));
	else if (p->leaving != NULL && p->has_failed)
		rpc_reply(call, json_pack("{s:b}", "ok", false));
	else if (call != NULL)
		fail_with(call, p->method, outcome->kind, outcome->error,
			  outcome->lost);
	pending_free(p);
}

void
control_subtest_begin(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	json_t *args = json_pack("[O, O?, O?]", json_object_get(params, "name"),
				 json_object_get(params, "kind"),
				 json_object_get(params, "machine"));
	struct script_call_spec spec = {
		.verb = SCRIPT_CALL_SUBTEST,
		.args = args,
		.step =
		    step_of(row->control, rpc_call_peer(call)->client, params),
		.begun = on_begun,
		.done = on_scope_done,
	};

	if (control_read_at(call, row->name, params, &spec.at) == 0 &&
	    admit(row->control, call, row->name))
		begin(row->control, call, row->name, &spec);
	json_decref(args);
}

/* The row of "segment.expect" and the like; NULL: there is no such one that
 * takes a function which could be a scope. */
static const struct method *
find_scope(const struct control *control, const char *name)
{
	for (size_t i = 0; i < control->n_rows; i++) {
		const struct control_row *row = &control->rows[i];

		if (row->method != NULL && row->method->body &&
		    strcmp(row->name, name) == 0)
			return row->method;
	}
	return NULL;
}

void
control_scope_begin(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	const char *name = json_str_or(params, "method", "");
	struct script_call_spec spec = {
		.verb = SCRIPT_CALL_SCOPE,
		.method = find_scope(row->control, name),
		.self = json_object_get(params, "self"),
		.args = json_object_get(params, "args"),
		.options = json_object_get(params, "options"),
		.step =
		    step_of(row->control, rpc_call_peer(call)->client, params),
		.begun = on_begun,
		.done = on_scope_done,
	};
	char *text;

	if (control_read_at(call, row->name, params, &spec.at) < 0 ||
	    !admit(row->control, call, row->name))
		return;
	if (spec.method != NULL) {
		begin(row->control, call, name, &spec);
		return;
	}
	text = xasprintf("\"%s\" is no method around which something is done",
			 name);
	control_fail(call, row->name, "usage", text);
	free(text);
}

void
control_subtest_end(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	json_int_t step = json_int_or(params, "subtest", 0);
	struct control_pending *p;

	LIST_FOREACH (p, &row->control->pending, entry)
		if (p->step == step && step > 0 && p->leaving == NULL &&
		    p->client == rpc_call_peer(call)->client)
			break;
	if (p == NULL) {
		control_fail(call, row->name, "usage",
			     "this client has begun no such subtest, or it has "
			     "ended");
		return;
	}
	p->leaving = call;
	p->has_failed = json_str_or(params, "error", NULL) != NULL;
	script_call_leave(p->script_call, json_str_or(params, "error", NULL),
			  json_bool_or(params, "timed_out", false));
}

/* ---- events ---- */

void
control_run_wait(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	struct control_pending *p;

	if (!admit(row->control, call, row->name))
		return;
	p = pending_new(row->control, call, row->name);
	p->types = json_incref(json_object_get(params, "types"));
}

static bool
is_waited_for(const struct control_pending *p, const json_t *event)
{
	const json_t *type = json_object_get(event, "type"), *wanted;
	size_t i;

	json_array_foreach(p->types, i,
			   wanted) if (json_equal(wanted, type)) return true;
	return false;
}

void
control_tell_waiting(struct control *control, const json_t *event)
{
	struct control_pending *p, *next;

	for (p = LIST_FIRST(&control->pending); p != NULL; p = next) {
		next = LIST_NEXT(p, entry);
		if (p->types == NULL || !is_waited_for(p, event))
			continue;
		rpc_reply(p->call, json_incref((json_t *)event));
		pending_free(p);
	}
}

/* ---- the prompt's ---- */

static void
on_eval_done(const struct script_outcome *outcome, void *arg)
{
	struct control_pending *p = arg;
	json_t *values, *first;

	if (outcome->results == NULL) {
		on_done(outcome, arg);
		return;
	}
	values = json_copy((json_t *)outcome->results);
	first = json_incref(json_array_get(values, 0));
	json_array_remove(values, 0);
	rpc_reply(p->call, json_pack("{s:b, s:o}", "unfinished",
				     json_is_false(first), "values", values));
	json_decref(first);
	pending_free(p);
}

void
control_script_eval(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	json_t *args =
	    json_pack("[O, s]", json_object_get(params, "text"), "=prompt");
	struct script_call_spec spec = { .verb = SCRIPT_CALL_EVAL,
					 .args = args,
					 .done = on_eval_done };

	if (admit(row->control, call, row->name))
		begin(row->control, call, row->name, &spec);
	json_decref(args);
}

void
control_script_run(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	struct script_call_spec spec = {
		.verb = SCRIPT_CALL_RUN,
		.args = json_object_get(params, "subtests"),
	};

	if (admit(row->control, call, row->name))
		begin(row->control, call, row->name, &spec);
}

void
control_object_release(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	json_t *args = json_pack("[O]", json_object_get(params, "object"));
	struct script_call_spec spec = { .verb = SCRIPT_CALL_FORGET,
					 .args = args };

	if (admit(row->control, call, row->name))
		begin(row->control, call, row->name, &spec);
	json_decref(args);
}

void
control_capture_read(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	json_t *filter = json_object_get(params, "filter");
	json_t *since = json_object_get(params, "since");
	json_t *args =
	    json_pack("[{s:s, s:O}, O?, O?]", "$object", "segment", "id",
		      json_object_get(params, "segment"), filter, since);
	struct script_call_spec spec = { .verb = SCRIPT_CALL_CAPTURE,
					 .args = args };

	if (admit(row->control, call, row->name))
		begin(row->control, call, row->name, &spec);
	json_decref(args);
}

void
control_call_cancel(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	char *id = json_dumps(json_object_get(params, "id"), JSON_ENCODE_ANY);
	struct control_pending *p, *next;
	bool found = false;

	LIST_FOREACH (p, &row->control->pending, entry)
		if (p->call != NULL && p->id != NULL && id != NULL &&
		    p->client == rpc_call_peer(call)->client &&
		    strcmp(p->id, id) == 0)
			break;
	next = p;
	if (next != NULL) {
		control_pending_cancel(next, "cancelled");
		found = true;
	}
	free(id);
	/* It may have ended a moment ago: that is no mistake. */
	rpc_reply(call, json_pack("{s:b}", "cancelled", found));
}

/* ---- consoles ---- */

/* The machine is off, or the client has closed its end. */
static void
on_console_over(const char *why, void *arg)
{
	struct control_pending *p = arg;

	if (p->script_call != NULL)
		script_call_cancel(p->script_call);
	rpc_reply(p->call, json_pack("{s:s}", "ended", why));
	pending_free(p);
}

/* The shell there has ended, or could not begin. */
static void
on_shell_done(const struct script_outcome *outcome, void *arg)
{
	struct control_pending *p = arg;

	if (outcome->results == NULL)
		control_fail(p->call, p->method, outcome->kind, outcome->error);
	else
		rpc_reply(p->call,
			  json_pack("{s:s}", "ended", "the shell has ended"));
	pending_free(p);
}

/* A shell whose terminal is the serial port. */
static void
begin_shell(struct control_pending *p, const json_t *params)
{
	/* Not the leader of its group, or setsid would not wait for it. */
	char *text = xasprintf(
	    "export TERM=%s; (exec setsid -c sh -c 'stty sane rows %d cols %d; "
	    "cd; exec sh -i' </dev/ttyS0 >/dev/ttyS0 2>&1)",
	    json_str_or(params, "term", "vt100"),
	    (int)json_int_or(params, "rows", 24),
	    (int)json_int_or(params, "columns", 80));
	json_t *args = json_pack("[{s:s, s:O}, s]", "$object", "machine", "id",
				 json_object_get(params, "machine"), text);
	struct script_call_spec spec = { .verb = SCRIPT_CALL_SHELL,
					 .args = args,
					 .done = on_shell_done,
					 .arg = p };

	p->script_call = script_call(p->control->spec.script, &spec);
	json_decref(args);
	free(text);
}

void
control_console_open(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct control_row *row = arg;
	struct control *control = row->control;
	struct control_pending *p;
	struct err err = ERR_INIT;
	struct machine *machine;
	int fd;

	if (!admit(control, call, row->name))
		return;
	machine = control->spec.machine(json_str_or(params, "machine", ""),
					control->spec.arg);
	if (machine == NULL) {
		control_fail(call, row->name, "usage",
			     "there is no such machine");
		return;
	}
	fd = rpc_call_take_fd(call);
	if (fd < 0) {
		control_fail(call, row->name, "usage",
			     "no stream socket came with it");
		return;
	}
	p = pending_new(control, call, row->name);
	p->console = console_new(control->spec.base, machine, fd,
				 on_console_over, p, &err);
	if (p->console == NULL) {
		control_fail(call, row->name, "failed", err.text);
		pending_free(p);
	} else if (json_bool_or(params, "shell", false)) {
		begin_shell(p, params);
	}
}
