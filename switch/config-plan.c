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
	bool has_plugins; /* which may bring kinds of ports */
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
	if (strcmp(entry.rule->method, "plugin.load") == 0)
		b->has_plugins = true;
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

/* A port of a kind that a plugin may bring, and that nobody knows before. */
static bool
is_of_plugin(const struct builder *b, const char *method, const json_t *params)
{
	return b->has_plugins && strcmp(method, "port.add") == 0 &&
	       !config_has_kind(b->world, params);
}

/* Return: 0 and *@params, returned owned; negative with @err set. */
static int
read_line(const struct builder *b, struct config_entry *entry, json_t **params,
	  struct err *err)
{
	const struct words *words = &entry->source->words;
	const char *const *own; /* words, behind noun and verb */
	char *signature;
	size_t at, n;
	int ret = verb_find(words->word, words->n, &entry->verb, &at, err);

	if (ret < 0)
		return ret;
	own = words->word + ret;
	n = words->n - (size_t)ret;
	entry->rule = rule_of(entry->verb, err);
	if (entry->rule == NULL)
		return -EINVAL;
	signature = signature_of(b, entry->verb->method);
	ret =
	    verb_params(entry->verb, own, n, signature != NULL ? signature : "",
			b->plan->dir, params, &at, err);
	if (ret == 0)
		entry->typed = signature != NULL &&
			       !is_of_plugin(b, entry->verb->method, *params);
	if (ret == 0 && entry->typed) {
		ret = json_check(*params, signature, err);
		if (ret == 0)
			ret = config_check(b->world, entry->verb->method,
					   *params, err);
		if (ret == 0)
			ret = config_check_call(b->plan, entry->verb->method,
						*params, err);
		if (ret < 0)
			json_decref(*params);
	}
	free(signature);
	if (ret < 0)
		return ret;
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

/* ---- for who does it ---- */

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
