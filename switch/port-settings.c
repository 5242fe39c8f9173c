#include "switch/port-settings.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/config-rules.h"
#include "switch/declared.h"
#include "switch/methods/methods.h"

struct port_setting {
	TAILQ_ENTRY(port_setting) link;
	char *method;
	const struct config_rule *rule; /* by which it is undone */
	char *identity;
	json_t *params;
};

struct port_settings {
	struct control *control; /* borrowed */
	struct switch_observer observer;
	bool replaying; /* what is called now is remembered already */
	/* The row that port_settings_wrap() gave out last, and what it is for */
	struct rpc_method wrapper;
	const struct rpc_method *method;
	void *method_arg;
};

/* ---- the list ---- */

/* Takes back a part of what vlan.add did, so it is a setting as well. */
static const char takes_back[] = "vlan.del";

/* The rule of a method whose calls are remembered, or NULL. */
static const struct config_rule *
rule_of(const char *method)
{
	const struct config_rule *rule = config_rule_find(
	    strcmp(method, takes_back) == 0 ? "vlan.add" : method);

	return rule != NULL && rule->of_port ? rule : NULL;
}

static void
drop(struct declared_port *d, struct port_setting *s)
{
	TAILQ_REMOVE(&d->settings, s, link);
	d->n_settings--;
	json_decref(s->params);
	free(s->identity);
	free(s->method);
	free(s);
}

/* What two calls have in common of which the second replaces the first. */
static char *
identity_of(const struct config_rule *rule, const char *method,
	    const json_t *params)
{
	char *key = config_rule_identity(rule, params, NULL);
	char *identity = xasprintf("%s %s", method, key);

	free(key);
	return identity;
}

static struct port_setting *
find(struct declared_port *d, const char *identity)
{
	struct port_setting *s;

	TAILQ_FOREACH (s, &d->settings, link) {
		if (strcmp(s->identity, identity) == 0)
			return s;
	}
	return NULL;
}

/* Return: 0; -ENOSPC with @err set. */
static int
remember(struct declared_port *d, const char *method, const json_t *params,
	 struct err *err)
{
	const struct config_rule *rule = rule_of(method);
	char *identity = identity_of(rule, method, params);
	json_t *all = json_deep_copy(params);
	struct port_setting *s = find(d, identity);

	if (s != NULL) {
		/* what this call does not set, an earlier one may have set */
		if (rule->defaults != NULL)
			json_object_update_missing(all, s->params);
		drop(d, s); /* the order counts: the last one is last */
	}
	if (d->n_settings == PORT_SETTINGS_MAX) {
		free(identity);
		json_decref(all);
		return err_set(err, -ENOSPC,
			       "port %s has %d settings already, and room for "
			       "no more",
			       d->name, PORT_SETTINGS_MAX);
	}
	s = XNEW(struct port_setting);
	s->method = xstrdup(method);
	s->rule = rule;
	s->identity = identity;
	s->params = all;
	TAILQ_INSERT_TAIL(&d->settings, s, link);
	d->n_settings++;
	return 0;
}

static const char *
undo_method(const struct config_rule *rule)
{
	return rule->undo != NULL ? rule->undo : rule->method;
}

/* Does a call with @params take back what @undo does?  What it does not say, it
 * does for all there are: any VID, any port. */
static bool
takes_in(const json_t *params, const json_t *undo)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)params, key, value)
	{
		if (!json_equal(json_object_get(undo, key), value))
			return false;
	}
	return true;
}

/* @method with @params has undone settings: of which port, its parameters need
 * not say.  Return: were there any? */
static bool
forget(struct port_settings *ps, const char *method, const json_t *params)
{
	struct declared_port *d;
	struct port_setting *s, *next;
	bool any = false;

	TAILQ_FOREACH (d, &ps->control->sw->declared, link) {
		for (s = TAILQ_FIRST(&d->settings); s != NULL; s = next) {
			json_t *undo;

			next = TAILQ_NEXT(s, link);
			if (strcmp(undo_method(s->rule), method) != 0)
				continue;
			undo = config_rule_undo(s->rule, s->params, NULL, NULL);
			if (takes_in(params, undo)) {
				drop(d, s);
				any = true;
			}
			json_decref(undo);
		}
	}
	return any;
}

/* Is it the undoing of settings, and none itself? */
static bool
only_undoes(const char *method)
{
	if (rule_of(method) != NULL)
		return false;
	for (const struct config_rule *r = config_rules; r->method != NULL;
	     r++) {
		if (r->of_port && strcmp(undo_method(r), method) == 0)
			return true;
	}
	return false;
}

/* ---- calls ---- */

/* A call that the method itself answers first. */
struct watched {
	struct port_settings *ps;
	struct rpc_call *call;
	const struct rpc_method *method;
	void *method_arg;
	char *name;
	json_t *params;
};

static const struct rpc_method *
find_watched(const char *name, void **arg, void *find_arg)
{
	const struct watched *w = find_arg;

	(void)name;
	*arg = w->method_arg;
	return w->method;
}

static struct declared_port *
declared_of(const struct port_settings *ps, const json_t *params)
{
	const char *name = json_str_or(params, "port", NULL);

	return name != NULL ? declared_find(ps->control->sw, name) : NULL;
}

static void
on_result(const json_t *result, const struct err *err, void *arg)
{
	struct watched *w = arg;
	struct declared_port *d = declared_of(w->ps, w->params);
	struct err full = ERR_INIT;
	bool undone = false;

	if (only_undoes(w->name) && (result != NULL || err->code == -ENOENT))
		undone = forget(w->ps, w->name, w->params);
	else if (result != NULL && d != NULL &&
		 remember(d, w->name, w->params, &full) < 0)
		log_warn("%s: it holds until the port goes", full.text);
	if (result != NULL)
		rpc_reply(w->call, json_deep_copy(result));
	else if (undone)
		rpc_reply(w->call, json_true());
	else
		rpc_fail_err(w->call, err);
	json_decref(w->params);
	free(w->name);
	free(w);
}

static void
watch(struct port_settings *ps, struct rpc_call *call, const json_t *params)
{
	struct watched *w = XNEW(struct watched);
	int fd = rpc_call_take_fd(call);

	w->ps = ps;
	w->call = call;
	w->method = ps->method;
	w->method_arg = ps->method_arg;
	w->name = xstrdup(ps->method->name);
	w->params = json_deep_copy(params);
	rpc_call_local(find_watched, w, w->name, json_deep_copy(params),
		       fd >= 0 ? fd : -1, on_result, w);
}

static void
on_call(struct rpc_call *call, const json_t *params, void *arg)
{
	struct port_settings *ps = arg;
	const char *method = ps->method->name;
	struct declared_port *d = declared_of(ps, params);
	struct err err = ERR_INIT;

	if (d == NULL || d->port != PORT_NONE)
		watch(ps, call, params);
	else if (only_undoes(method)) {
		forget(ps, method, params);
		rpc_reply(call, json_true());
	} else if (method_check(method, params, &err) == 0 &&
		   remember(d, method, params, &err) == 0) {
		rpc_reply(call, json_true());
	} else {
		rpc_fail_err(call, &err);
	}
}

const struct rpc_method *
port_settings_wrap(struct port_settings *ps, const struct rpc_method *method,
		   void **arg)
{
	if (method == NULL || ps->replaying ||
	    TAILQ_EMPTY(&ps->control->sw->declared) ||
	    (rule_of(method->name) == NULL && !only_undoes(method->name)))
		return method;
	ps->method = method;
	ps->method_arg = *arg;
	ps->wrapper = *method;
	ps->wrapper.fn = on_call;
	*arg = ps;
	return &ps->wrapper;
}

/* ---- ports come and go ---- */

static void
on_replayed(const json_t *result, const struct err *err, void *arg)
{
	const struct port_setting *s = arg;

	if (result == NULL)
		log_warn("port %s: %s: %s", json_str_or(s->params, "port", "?"),
			 s->method, err->text);
}

static void
on_port_added(struct port *port, void *arg)
{
	struct port_settings *ps = arg;
	struct declared_port *d;
	struct port_setting *s;

	if (!port->declared)
		return;
	d = declared_find(port->sw, port->name);
	assert(d != NULL);
	ps->replaying = true;
	TAILQ_FOREACH (s, &d->settings, link)
		control_call(ps->control, s->method, json_deep_copy(s->params),
			     -1, on_replayed, s);
	ps->replaying = false;
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	(void)port;
	(void)reason;
	(void)arg;
}

void
port_settings_undo(struct port_settings *ps, struct declared_port *d)
{
	struct port_setting *s;

	ps->replaying = true;
	while ((s = TAILQ_LAST(&d->settings, port_setting_list)) != NULL) {
		if (d->port != PORT_NONE)
			control_call(
			    ps->control, undo_method(s->rule),
			    config_rule_undo(s->rule, s->params, NULL, NULL),
			    -1, NULL, NULL);
		drop(d, s);
	}
	ps->replaying = false;
}

json_t *
port_settings_show(const struct declared_port *d)
{
	json_t *list = json_array();
	const struct port_setting *s;

	TAILQ_FOREACH (s, &d->settings, link)
		json_array_append_new(list, json_pack("{s:s, s:O}", "method",
						      s->method, "params",
						      s->params));
	return list;
}

struct port_settings *
port_settings_new(struct control *control)
{
	struct port_settings *ps = XNEW(struct port_settings);

	ps->control = control;
	ps->observer = (struct switch_observer){
		.port_added = on_port_added,
		.port_removed = on_port_removed,
		.arg = ps,
	};
	switch_observer_add(control->sw, &ps->observer);
	return ps;
}

void
port_settings_free(struct port_settings *ps)
{
	struct declared_port *d;

	if (ps == NULL)
		return;
	TAILQ_FOREACH (d, &ps->control->sw->declared, link) {
		while (!TAILQ_EMPTY(&d->settings))
			drop(d, TAILQ_FIRST(&d->settings));
	}
	switch_observer_remove(ps->control->sw, &ps->observer);
	free(ps);
}
