#include "switch/config-apply.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "switch/config-plan.h"
#include "switch/config-rules.h"
#include "switch/control.h"
#include "switch/switch.h"

/* One call: an old entry undone, an entry changed, or new entries, all of a
 * line, done. */
enum step_kind { UNDO, CHANGE, DO };

struct step {
	enum step_kind kind;
	size_t first, n;
};

/* Mistakes and failures, for people, by line. */
struct told {
	const char *path;
	struct {
		unsigned line; /* 0: of none */
		char *text;    /* owned */
	} list[CONFIG_TOLD_MAX];
	unsigned n; /* those beyond the list are only counted */
};

struct config {
	char *path;
	struct control *control;  /* borrowed */
	const struct vswitch *sw; /* borrowed */
	struct config_plan *plan; /* what has been applied */

	/* While one is applied: */
	struct config_plan *next; /* NULL: none is */
	struct step *steps;
	size_t n_steps, at;
	bool *failed; /* entries of .next */
	bool waiting; /* for the answer to a call */
	bool running; /* the loop over the steps */
	struct timer *again;
	struct config_report report;
	struct told told;
	config_done_fn *done;
	void *arg;
};

/* ---- telling ---- */

static void
tell(struct told *told, unsigned line, const char *text)
{
	unsigned i = told->n++;

	if (i >= CONFIG_TOLD_MAX)
		return;
	for (; i > 0 && told->list[i - 1].line > line; i--)
		told->list[i] = told->list[i - 1];
	told->list[i].line = line;
	told->list[i].text =
	    line > 0 ? xasprintf("%s:%u: %s", told->path, line, text)
		     : xstrdup(text);
}

static void
on_mistake(unsigned line, const char *text, void *arg)
{
	tell(arg, line, text);
}

/* All of it, a line each, returned owned; nothing is left in it. */
static char *
take_text(struct told *told)
{
	char *text = xstrdup(""), *longer;

	for (unsigned i = 0; i < told->n && i < CONFIG_TOLD_MAX; i++) {
		longer = xasprintf("%s%s%s", text, i > 0 ? "\n" : "",
				   told->list[i].text);
		free(told->list[i].text);
		free(text);
		text = longer;
	}
	if (told->n > CONFIG_TOLD_MAX) {
		longer = xasprintf("%s\n%s: and %u more", text, told->path,
				   told->n - CONFIG_TOLD_MAX);
		free(text);
		text = longer;
	}
	told->n = 0;
	return text;
}

/* ---- reading ---- */

/* Return: what the file wants; NULL when it has mistakes, which are told. */
static struct config_plan *
read_plan(const struct config_world *world, struct told *told)
{
	struct err err = ERR_INIT;
	struct config_plan *plan;
	char *text;
	size_t size;

	if (config_file_read(world->path, &text, &size, &err) < 0) {
		sandbox_explain(world->sandbox, &err);
		tell(told, 0, err.text);
		return NULL;
	}
	plan = config_plan_new(text, size, world, on_mistake, told);
	free(text);
	if (told->n == 0)
		return plan;
	config_plan_free(plan);
	return NULL;
}

static bool
is_listed(const char *name, void *arg)
{
	const char *const *names = arg;

	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

bool
config_check_file(const char *path, const struct port_kind *const *kinds,
		  const char *const *segments, struct config_report *report)
{
	struct told told = { .path = path };
	struct config_world world = { .path = path,
				      .kinds = kinds,
				      .has_segment = is_listed,
				      .arg = (void *)segments };
	struct config_plan *plan = read_plan(&world, &told);

	*report = (struct config_report){ .refused = plan == NULL,
					  .n_failed = told.n };
	report->text = take_text(&told);
	if (plan != NULL)
		report->n_done = (unsigned)plan->file.n;
	config_plan_free(plan);
	return !report->refused;
}

/* Segments that somebody else has made: those that the file made are there only
 * as long as it says so. */
struct others {
	const struct vswitch *sw;
	json_t *made; /* name: true */
};

static bool
is_there(const char *name, void *arg)
{
	const struct others *others = arg;

	return switch_find_segment(others->sw, name) != NULL &&
	       json_object_get(others->made, name) == NULL;
}

static struct config_plan *
read_next(struct config *c)
{
	struct others others = { .sw = c->sw, .made = json_object() };
	struct config_world world = { .path = c->path,
				      .kinds = c->sw->config.kinds,
				      .has_segment = is_there,
				      .arg = &others,
				      .sandbox = c->sw->config.sandbox };
	struct config_plan *plan;

	for (size_t i = 0; i < c->plan->n; i++) {
		const struct config_entry *e = &c->plan->entries[i];

		if (strcmp(e->rule->method, "segment.add") == 0)
			json_object_set(others.made,
					json_string_value(
					    json_object_get(e->params, "name")),
					json_true());
	}
	plan = read_plan(&world, &c->told);
	json_decref(others.made);
	return plan;
}

/* ---- what is to be done ---- */

/* Does doing it again with other parameters replace what it did? */
static bool
replaces(const struct config_rule *rule)
{
	return rule->defaults != NULL || strcmp(rule->undo, rule->method) == 0;
}

static void
add_step(struct config *c, enum step_kind kind, size_t first, size_t n)
{
	c->steps[c->n_steps++] = (struct step){ kind, first, n };
}

/* The newest is undone first, and all of it before anything new is done. */
static void
plan_undoing(struct config *c)
{
	json_t *said = json_object();

	for (size_t i = 0; i < c->next->n; i++)
		json_object_set_new(said, c->next->entries[i].identity,
				    json_true());
	for (size_t i = c->plan->n; i-- > 0;) {
		const struct config_entry *e = &c->plan->entries[i];

		if (e->differs && !(replaces(e->rule) &&
				    json_object_get(said, e->identity) != NULL))
			add_step(c, UNDO, i, 1);
	}
	json_decref(said);
}

/* Settings of one command are one call. */
static bool
goes_with(const struct config_entry *a, const struct config_entry *b)
{
	return a->line == b->line && a->rule == b->rule && a->setting != NULL;
}

static void
plan_doing(struct config *c)
{
	const struct config_entry *entries = c->next->entries;

	for (size_t i = 0; i < c->next->n; i++) {
		struct step *last =
		    c->n_steps > 0 ? &c->steps[c->n_steps - 1] : NULL;

		if (entries[i].change != NULL)
			add_step(c, CHANGE, i, 1);
		else if (!entries[i].differs)
			c->report.n_kept++;
		else if (last != NULL && last->kind == DO &&
			 last->first + last->n == i &&
			 goes_with(&entries[last->first], &entries[i]))
			last->n++;
		else
			add_step(c, DO, i, 1);
	}
}

/* ---- doing it ---- */

static void run_steps(struct config *c);

static void
on_again(void *arg)
{
	run_steps(arg);
}

/* A plugin that answers later may do so in the middle of a turn, when nothing
 * can be removed. */
static void
go_on(struct config *c)
{
	c->waiting = false;
	if (!c->running && c->control != NULL && switch_in_turn(c->sw))
		timer_set_in(c->again, 0);
	else
		run_steps(c);
}

static void
on_undone(const json_t *result, const struct err *err, void *arg)
{
	struct config *c = arg;
	const struct step *step = &c->steps[c->at++];

	/* What is gone already needs no undoing. */
	if (result == NULL && err->code != -ENOENT) {
		struct err why = *err;

		err_prefix(&why, "what it was on line %u cannot be undone",
			   c->plan->entries[step->first].line);
		tell(&c->told, c->plan->entries[step->first].line, why.text);
		c->report.n_failed++;
	} else {
		c->report.n_undone++;
	}
	go_on(c);
}

static void
on_done(const json_t *result, const struct err *err, void *arg)
{
	struct config *c = arg;
	const struct step *step = &c->steps[c->at++];

	for (size_t i = step->first; i < step->first + step->n; i++) {
		if (result != NULL)
			c->next->entries[i].result = json_deep_copy(result);
		c->failed[i] = result == NULL;
	}
	if (result == NULL) {
		tell(&c->told, c->next->entries[step->first].line, err->text);
		c->report.n_failed++;
	} else {
		c->report.n_done++;
	}
	go_on(c);
}

/* What could not be changed is what it was, so that the next time it is tried
 * again. */
static void
on_changed(const json_t *result, const struct err *err, void *arg)
{
	struct config *c = arg;
	struct config_entry *e = &c->next->entries[c->steps[c->at++].first];

	if (result == NULL) {
		json_decref(e->params);
		e->params = json_incref(e->was);
		tell(&c->told, e->line, err->text);
		c->report.n_failed++;
	} else {
		c->report.n_done++;
	}
	c->waiting = false;
	run_steps(c);
}

/* A plugin's methods are there when it is. */
static int
fail_no_method(const struct config_entry *e, struct err *err)
{
	const char *method = e->rule->method;
	int len = (int)strcspn(method, ".");

	return err_set(err, -ENOENT,
		       "no plugin %.*s is loaded: a line 'plugin load %.*s' "
		       "must come first",
		       len, method, len, method);
}

/* The parameters of a step, returned owned; NULL with @err set. */
static json_t *
params_of(struct config *c, const struct step *step, struct err *err)
{
	struct config_entry *e = &c->next->entries[step->first];
	const char *signature = control_signature(c->control, e->rule->method);
	json_t *params;

	if (signature == NULL) {
		fail_no_method(e, err);
		return NULL;
	}
	if (e->setting == NULL)
		return config_entry_params(c->next, e, signature, err);
	params = json_copy(e->params);
	for (size_t i = 1; i < step->n; i++)
		json_object_update(params, e[i].params);
	return params;
}

static void
start_step(struct config *c)
{
	const struct step *step = &c->steps[c->at];
	struct err err = ERR_INIT;
	const struct config_entry *e;
	json_t *params;

	c->waiting = true;
	if (step->kind == UNDO) {
		e = &c->plan->entries[step->first];
		params =
		    config_rule_undo(e->rule, e->params, e->result, e->setting);
		control_call(c->control,
			     e->rule->undo != NULL ? e->rule->undo
						   : e->rule->method,
			     params, -1, on_undone, c);
		return;
	}
	e = &c->next->entries[step->first];
	if (step->kind == CHANGE) {
		control_call(c->control, e->rule->change,
			     json_incref(e->change), -1, on_changed, c);
		return;
	}
	params = params_of(c, step, &err);
	if (params != NULL)
		control_call(c->control, e->rule->method, params, -1, on_done,
			     c);
	else
		on_done(NULL, &err, c);
}

static void
finish(struct config *c)
{
	struct config_report report = c->report;
	char *text;

	if (c->next != NULL) {
		for (size_t i = c->next->n; i-- > 0;) {
			if (c->failed[i])
				config_plan_drop(c->next, i);
		}
		config_plan_free(c->plan);
		c->plan = c->next;
		c->next = NULL;
	}
	free(c->steps);
	free(c->failed);
	c->steps = NULL;
	c->failed = NULL;
	text = take_text(&c->told);
	report.text = text;
	c->done(&report, c->arg);
	free(text);
}

/* Calls that answer at once come back here from within: the outermost goes on,
 * so that a long file does not make a deep stack. */
static void
run_steps(struct config *c)
{
	if (c->running || c->control == NULL)
		return;
	c->running = true;
	while (!c->waiting && c->at < c->n_steps)
		start_step(c);
	c->running = false;
	if (!c->waiting)
		finish(c);
}

int
config_apply(struct config *c, config_done_fn *done, void *arg, struct err *err)
{
	struct config_plan *next;

	if (c->next != NULL)
		return err_set(err, -EBUSY,
			       "%s is being applied already: try again",
			       c->path);
	c->report = (struct config_report){ .refused = false };
	c->told = (struct told){ .path = c->path };
	c->done = done;
	c->arg = arg;
	next = read_next(c);
	if (next == NULL) {
		c->report.refused = true;
		c->report.n_failed = c->told.n;
		finish(c);
		return 0;
	}
	c->next = next;
	c->steps = xcalloc(c->plan->n + next->n + 1, sizeof(*c->steps));
	c->failed = xcalloc(next->n + 1, sizeof(*c->failed));
	c->n_steps = c->at = 0;
	config_plan_compare(c->plan, next);
	plan_undoing(c);
	plan_doing(c);
	run_steps(c);
	return 0;
}

/* ---- life ---- */

struct config *
config_new(const char *path, struct control *control, const struct vswitch *sw)
{
	struct config *c = XNEW(struct config);

	assert(path[0] == '/');
	c->path = xstrdup(path);
	c->control = control;
	c->sw = sw;
	c->plan = config_plan_empty();
	c->again = timer_new(sw->config.clock, on_again, c);
	return c;
}

void
config_stop(struct config *c)
{
	if (c == NULL)
		return;
	c->control = NULL;
	timer_free(c->again);
	c->again = NULL;
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	assert(!c->running);
	config_plan_free(c->plan);
	config_plan_free(c->next);
	free(c->steps);
	free(c->failed);
	free(take_text(&c->told));
	free(c->path);
	free(c);
}
