#include "switch/config-plan.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "switch/config-check.h"
#include "switch/config-rules.h"
#include "switch/control.h"
#include "switch/methods/methods.h"
#include "switch/options-file.h"
#include "switch/options.h"

/* A file being read. */
struct builder {
	struct config_plan *plan;
	const struct config_world *world;
	char *port_add;	  /* its signature */
	json_t *seen;	  /* identity: line */
	json_t *segments; /* name: true, of those made */
	config_mistake_fn *mistake;
	void *arg;
};

/* ---- entries ---- */

static void
fini_entry(struct config_entry *entry)
{
	json_decref(entry->params);
	json_decref(entry->result);
	json_decref(entry->change);
	json_decref(entry->was);
	free(entry->identity);
}

static void
fail_twice(const struct builder *b, const struct config_entry *entry,
	   unsigned earlier)
{
	struct err err = ERR_INIT;

	if (entry->setting != NULL)
		err_set(&err, -EEXIST, "%s was set on line %u", entry->setting,
			earlier);
	else
		err_set(&err, -EEXIST, "line %u is about the same already",
			earlier);
	b->mistake(entry->line, err.text, b->arg);
}

/* @params: taken */
static void
add_entry(struct builder *b, const struct config_entry *template,
	  json_t *params, const char *setting)
{
	struct config_plan *plan = b->plan;
	struct config_entry entry = *template;
	const json_t *seen;

	entry.params = params;
	entry.setting = setting;
	entry.identity = config_rule_identity(entry.rule, params, setting);
	seen = json_object_get(b->seen, entry.identity);
	if (seen != NULL && !config_rule_repeats(entry.rule, params)) {
		fail_twice(b, &entry, (unsigned)json_integer_value(seen));
		fini_entry(&entry);
		return;
	}
	json_object_set_new(b->seen, entry.identity, json_integer(entry.line));
	if (strcmp(entry.rule->method, "segment.add") == 0)
		json_object_set_new(
		    b->segments, json_str_or(params, "name", ""), json_true());
	plan->entries =
	    xrealloc(plan->entries, plan->n + 1, sizeof(*plan->entries));
	plan->entries[plan->n++] = entry;
}

/* One entry for each setting of @params, taken, with the key beside it. */
static void
add_settings(struct builder *b, const struct config_entry *template,
	     json_t *params)
{
	json_t *defaults = json_loads(template->rule->defaults, 0, NULL);
	const char *name, *other;
	json_t *value, *one;
	void *next;

	json_object_foreach(defaults, name, value)
	{
		const char *setting = NULL;

		if (json_object_get(params, name) == NULL)
			continue;
		one = json_copy(params);
		json_object_foreach_safe(one, next, other, value)
		{
			if (strcmp(other, name) == 0)
				setting = other;
			else if (!config_rule_is_key(template->rule, other))
				json_object_del(one, other);
		}
		add_entry(b, template, one, setting);
	}
	json_decref(defaults);
	json_decref(params);
}

/* What `segment add` has of `segment set`'s goes into entries of that, which
 * come behind it. */
static void
add_maker(struct builder *b, const struct config_entry *template,
	  json_t *params)
{
	struct config_entry setter = *template;
	json_t *defaults, *value, *settings;
	const char *name;

	setter.rule = config_rule_find(template->rule->sets);
	defaults = json_loads(setter.rule->defaults, 0, NULL);
	settings = config_rule_undo(template->rule, params, NULL, NULL);
	json_object_foreach(defaults, name, value)
	{
		if (json_object_get(params, name) == NULL)
			continue;
		json_object_set(settings, name, json_object_get(params, name));
		json_object_del(params, name);
	}
	json_decref(defaults);
	add_entry(b, template, params, NULL);
	add_settings(b, &setter, settings);
}

/* ---- lines ---- */

/* Returned owned; NULL for what is not known before a plugin runs. */
static char *
signature_of(const struct builder *b, const char *method)
{
	const struct rpc_method *m = methods_find(method);

	if (strcmp(method, "port.add") == 0)
		return xstrdup(b->port_add);
	return m != NULL ? xstrdup(m->params)
			 : config_signature(b->plan, method);
}

static const struct config_rule *
rule_of(const struct verb *verb, struct err *err)
{
	const struct config_rule *rule = config_rule_find(verb->method);
	const char *what = verb->verb != NULL ? verb->verb : "";

	if (rule != NULL)
		return rule;
	if (verb->asks)
		err_set(err, -EINVAL,
			"'%s %s' changes nothing, so it has no place in a "
			"configuration",
			verb->noun, what);
	else
		err_set(err, -EINVAL,
			"'%s %s' has no place in a configuration, which says "
			"what shall be: leave out the line that says otherwise",
			verb->noun, what);
	return NULL;
}

/* What a command speaks of must be there before it. */
static int
check_segment_exists(const struct builder *b, const json_t *params,
		     const char *param, struct err *err)
{
	const struct config_world *world = b->world;
	const char *name = json_str_or(params, param, NULL);
	const char *near, *other, **names;
	json_t *value;
	size_t n = 0;

	if (name == NULL || json_object_get(b->segments, name) != NULL ||
	    (world->has_segment != NULL &&
	     world->has_segment(name, world->arg)))
		return 0;
	names = xcalloc(json_object_size(b->segments) + 1, sizeof(*names));
	json_object_foreach(b->segments, other, value) names[n++] = other;
	near = nearest_word(name, names);
	err_set(err, -ENOENT, "no line above makes a segment %s%s%s%s", name,
		near != NULL ? " (did you mean " : "", near != NULL ? near : "",
		near != NULL ? "?)" : "");
	free(names);
	return -ENOENT;
}

/* Return: 0 and *@params, returned owned; negative with @err set. */
static int
read_line(const struct builder *b, struct config_entry *entry, json_t **params,
	  struct err *err)
{
	const struct words *words = &entry->source->words;
	char *signature;
	size_t at;
	int ret = verb_find(words->word, words->n, &entry->verb, &at, err);
	int n_taken = ret;

	if (ret < 0)
		return ret;
	entry->rule = rule_of(entry->verb, err);
	if (entry->rule == NULL)
		return -EINVAL;
	signature = signature_of(b, entry->verb->method);
	ret = verb_params(
	    entry->verb, words->word + n_taken, words->n - (size_t)n_taken,
	    signature != NULL ? signature : "", b->plan->dir, params, &at, err);
	entry->typed = signature != NULL;
	if (ret == 0 && signature != NULL) {
		ret = json_check(*params, signature, err);
		if (ret < 0)
			json_decref(*params);
	}
	free(signature);
	if (ret < 0)
		return ret;
	ret = config_check(b->world, entry->verb->method, *params, err);
	if (ret == 0)
		ret = check_segment_exists(b, *params, "segment", err);
	if (ret == 0)
		ret = check_segment_exists(b, *params, "socket", err);
	if (ret < 0)
		json_decref(*params);
	return ret;
}

/* Options count at the start only: here they are looked at. */
static void
check_option(const struct builder *b, const struct config_line *line)
{
	struct options scratch = { .dir = NULL };
	struct err err = ERR_INIT;

	if (options_set_line(&scratch, &line->words, NULL, &err) < 0)
		b->mistake(line->number, err.text, b->arg);
	options_fini(&scratch);
}

static void
add_line(struct builder *b, const struct config_line *line)
{
	struct config_entry entry = { .line = line->number, .source = line };
	struct err err = ERR_INIT;
	json_t *params;

	if (options_is_line(&line->words)) {
		check_option(b, line);
		return;
	}
	if (read_line(b, &entry, &params, &err) < 0) {
		sandbox_explain(b->world->sandbox, &err);
		b->mistake(line->number, err.text, b->arg);
		return;
	}
	if (entry.rule->sets != NULL)
		add_maker(b, &entry, params);
	else if (entry.rule->defaults != NULL)
		add_settings(b, &entry, params);
	else
		add_entry(b, &entry, params, NULL);
}

static char *
dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	assert(path[0] == '/');
	return xasprintf("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

struct config_plan *
config_plan_new(const char *text, size_t size, const struct config_world *world,
		config_mistake_fn *mistake, void *arg)
{
	struct builder b = { .plan = XNEW(struct config_plan),
			     .world = world,
			     .port_add = control_port_add_params(world->kinds),
			     .seen = json_object(),
			     .segments = json_object(),
			     .mistake = mistake,
			     .arg = arg };

	b.plan->dir = dir_of(world->path);
	config_file_parse(text, size, &b.plan->file, mistake, arg);
	for (size_t i = 0; i < b.plan->file.n; i++)
		add_line(&b, &b.plan->file.lines[i]);
	json_decref(b.seen);
	json_decref(b.segments);
	free(b.port_add);
	return b.plan;
}

struct config_plan *
config_plan_empty(void)
{
	return XNEW(struct config_plan);
}

void
config_plan_free(struct config_plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->n; i++)
		fini_entry(&plan->entries[i]);
	free(plan->entries);
	config_file_fini(&plan->file);
	free(plan->dir);
	free(plan);
}

void
config_plan_drop(struct config_plan *plan, size_t i)
{
	assert(i < plan->n);
	fini_entry(&plan->entries[i]);
	plan->n--;
	memmove(&plan->entries[i], &plan->entries[i + 1],
		(plan->n - i) * sizeof(*plan->entries));
}

/* ---- two of them ---- */

/* Sets of texts are the names of JSON objects. */

/* What is gone when @e is undone, as "name=value", returned owned; NULL for
 * what nothing can stand on.  What makes a thing is undone by its name alone,
 * and what stands on it says that name. */
static char *
thing_made(const struct config_entry *e)
{
	json_t *undo, *value;
	const char *name;
	char *thing = NULL;

	if (e->rule->defaults != NULL || e->rule->together != NULL)
		return NULL;
	undo = config_rule_undo(e->rule, e->params, e->result, NULL);
	if (json_object_size(undo) == 1) {
		json_object_foreach(undo, name, value)
		{
			if (json_is_string(value))
				thing = xasprintf("%s=%s", name,
						  json_string_value(value));
		}
	}
	json_decref(undo);
	return thing;
}

static bool
has(const json_t *set, const char *name, const char *value, size_t len)
{
	char *thing = xasprintf("%s=%.*s", name, (int)len, value);
	bool found = json_object_get(set, thing) != NULL;

	free(thing);
	return found;
}

/* Does @e stand on one of @gone? */
static bool
stands_on(const struct config_entry *e, const json_t *gone)
{
	const char *method = e->rule->method, *name;
	json_t *value;

	/* a plugin's methods begin with its id */
	if (has(gone, "id", method, strcspn(method, ".")))
		return true;
	json_object_foreach(e->params, name, value)
	{
		const char *text = json_string_value(value);

		if (text != NULL && has(gone, name, text, strlen(text)))
			return true;
	}
	return false;
}

/* All of @plan's entries by what they are: an object of lists of indices,
 * returned owned. */
static json_t *
index_entries(const struct config_plan *plan)
{
	json_t *index = json_object();

	for (size_t i = 0; i < plan->n; i++) {
		const char *identity = plan->entries[i].identity;
		json_t *list = json_object_get(index, identity);

		if (list == NULL) {
			list = json_array();
			json_object_set_new(index, identity, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
	}
	return index;
}

/* The first entry of @old that is the same as @e and still .differs, or NULL. */
static struct config_entry *
find_equal(const struct config_plan *old, const json_t *index,
	   const struct config_entry *e)
{
	const json_t *list = json_object_get(index, e->identity);

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_int_t at = json_integer_value(json_array_get(list, i));
		struct config_entry *o = &old->entries[at];

		if (o->differs && json_equal(o->params, e->params))
			return o;
	}
	return NULL;
}

/* One that @e can be made of while it stands: @e->change says how.  Or NULL. */
static struct config_entry *
find_changeable(const struct config_plan *old, const json_t *index,
		struct config_entry *e)
{
	const json_t *list = json_object_get(index, e->identity);

	if (e->rule->change == NULL ||
	    !config_can_change(e->rule->method, e->params))
		return NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_int_t at = json_integer_value(json_array_get(list, i));
		struct config_entry *o = &old->entries[at];

		if (!o->differs)
			continue;
		e->change = config_rule_change(e->rule, o->params, e->params,
					       o->result);
		if (e->change == NULL)
			continue;
		e->was = json_incref(o->params);
		return o;
	}
	return NULL;
}

/* Which of @old each entry of @now is, or can be made of; NULL: none.  What of
 * @old is none of them .differs. */
static void
find_same(const struct config_plan *old, struct config_plan *now,
	  struct config_entry **same)
{
	json_t *index = index_entries(old);

	for (size_t i = 0; i < old->n; i++)
		old->entries[i].differs = true;
	for (size_t i = 0; i < now->n; i++) {
		same[i] = find_equal(old, index, &now->entries[i]);
		if (same[i] != NULL)
			same[i]->differs = false;
	}
	for (size_t i = 0; i < now->n; i++) {
		if (same[i] != NULL)
			continue;
		same[i] = find_changeable(old, index, &now->entries[i]);
		if (same[i] != NULL)
			same[i]->differs = false;
	}
	json_decref(index);
}

/* What goes takes with it what stands on it, and that is further down. */
static void
spread(struct config_plan *old)
{
	json_t *gone = json_object();

	for (size_t i = 0; i < old->n; i++) {
		struct config_entry *e = &old->entries[i];
		char *thing;

		if (!e->differs && stands_on(e, gone))
			e->differs = true;
		thing = e->differs ? thing_made(e) : NULL;
		if (thing != NULL)
			json_object_set_new(gone, thing, json_true());
		free(thing);
	}
	json_decref(gone);
}

/* Notes in @groups those of @plan's entries that differ. */
static void
note_groups(const struct config_plan *plan, json_t *groups)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct config_entry *e = &plan->entries[i];
		char *group = config_rule_group(e->rule, e->params);

		if (group != NULL && e->differs)
			json_object_set_new(groups, group, json_true());
		free(group);
	}
}

static void
mark_groups(struct config_plan *plan, const json_t *groups)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct config_entry *e = &plan->entries[i];
		char *group = config_rule_group(e->rule, e->params);

		if (group != NULL && json_object_get(groups, group) != NULL)
			e->differs = true;
		free(group);
	}
}

/* @same: the entry of the old one that each of @now is */
static void
set_differing(struct config_plan *now, struct config_entry *const *same)
{
	for (size_t i = 0; i < now->n; i++)
		now->entries[i].differs = same[i] == NULL || same[i]->differs;
}

void
config_plan_compare(struct config_plan *old, struct config_plan *now)
{
	json_t *groups = json_object();
	struct config_entry **same = xcalloc(now->n + 1, sizeof(*same));

	find_same(old, now, same);
	spread(old);
	set_differing(now, same);
	note_groups(old, groups);
	note_groups(now, groups);
	mark_groups(old, groups);
	set_differing(now, same);
	for (size_t i = 0; i < now->n; i++) {
		struct config_entry *e = &now->entries[i];

		if (e->differs) {
			json_decref(e->change);
			e->change = NULL;
			continue;
		}
		e->result = same[i]->result;
		same[i]->result = NULL;
	}
	json_decref(groups);
	free(same);
}

json_t *
config_entry_params(const struct config_plan *plan,
		    const struct config_entry *entry, const char *signature,
		    struct err *err)
{
	const struct words *words = &entry->source->words;
	const struct verb *verb;
	json_t *params;
	size_t at;
	int n;

	if (entry->typed)
		return json_incref(entry->params);
	n = verb_find(words->word, words->n, &verb, &at, err);
	assert(n > 0);
	if (verb_params(verb, words->word + n, words->n - (size_t)n, signature,
			plan->dir, &params, &at, err) < 0)
		return NULL;
	return params;
}
