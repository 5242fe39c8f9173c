/* What differs between two configurations, and what that takes with it. */
#include "switch/config-plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"
#include "switch/config-check.h"
#include "switch/config-rules.h"

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
	/* a port of the kind of some plugin: perhaps of this one */
	if (!e->typed && strcmp(method, "port.add") == 0 &&
	    json_object_get(gone, "a plugin") != NULL)
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
		if (e->differs && strcmp(e->rule->method, "plugin.load") == 0)
			json_object_set_new(gone, "a plugin", json_true());
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
