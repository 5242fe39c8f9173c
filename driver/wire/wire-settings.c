#include "driver/wire/wire-settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/json.h"
#include "lib/xalloc.h"

/* What the methods of a plugin have in common. */
struct family {
	const char *set;
	const char *undo;      /* NULL: there is none */
	const char *direction; /* the parameter's name */
};

static const struct family families[] = {
	{ .set = "link.set", .direction = "direction" },
	{ .set = "netem.set", .undo = "netem.del", .direction = "dir" },
};

/* A call to make again. */
struct setting {
	TAILQ_ENTRY(setting) entry;
	const struct family *family;
	const char *method;
	json_t *params; /* owned */
};

TAILQ_HEAD(setting_list, setting);

struct wire_settings {
	struct setting_list list; /* in the order they were made */
};

struct wire_settings *
wire_settings_new(void)
{
	struct wire_settings *settings = XNEW(struct wire_settings);

	TAILQ_INIT(&settings->list);
	return settings;
}

static void
drop(struct wire_settings *settings, struct setting *setting)
{
	TAILQ_REMOVE(&settings->list, setting, entry);
	json_decref(setting->params);
	free(setting);
}

void
wire_settings_free(struct wire_settings *settings)
{
	if (settings == NULL)
		return;
	while (!TAILQ_EMPTY(&settings->list))
		drop(settings, TAILQ_FIRST(&settings->list));
	free(settings);
}

static bool
same_member(const json_t *a, const json_t *b, const char *key)
{
	return strcmp(json_str_or(a, key, ""), json_str_or(b, key, "")) == 0;
}

/* Those of the same port or segment that a call with @params makes void: all
 * of them when it says no direction. */
static void
drop_void(struct wire_settings *settings, const struct family *family,
	  const json_t *params)
{
	bool all =
	    json_str_or(params, family->direction, NULL) == NULL ||
	    strcmp(json_str_or(params, family->direction, ""), "both") == 0;
	struct setting *setting, *next;

	for (setting = TAILQ_FIRST(&settings->list); setting != NULL;
	     setting = next) {
		next = TAILQ_NEXT(setting, entry);
		if (setting->family == family &&
		    same_member(setting->params, params, "port") &&
		    same_member(setting->params, params, "segment") &&
		    (all ||
		     same_member(setting->params, params, family->direction)))
			drop(settings, setting);
	}
}

void
wire_settings_note(struct wire_settings *settings, const char *method,
		   json_t *params)
{
	const struct family *family = families;
	const struct family *end =
	    families + sizeof(families) / sizeof(families[0]);
	struct setting *setting;

	while (family < end && strcmp(method, family->set) != 0 &&
	       (family->undo == NULL || strcmp(method, family->undo) != 0))
		family++;
	if (family == end)
		return;
	drop_void(settings, family, params);
	/* To undo one direction may leave the other of an earlier call. */
	if (strcmp(method, family->set) != 0 &&
	    json_str_or(params, family->direction, NULL) == NULL)
		return;
	setting = XNEW(struct setting);
	setting->family = family;
	setting->method =
	    strcmp(method, family->set) == 0 ? family->set : family->undo;
	setting->params = json_incref(params);
	TAILQ_INSERT_TAIL(&settings->list, setting, entry);
}

void
wire_settings_forget(struct wire_settings *settings, const char *port)
{
	struct setting *setting, *next;

	for (setting = TAILQ_FIRST(&settings->list); setting != NULL;
	     setting = next) {
		next = TAILQ_NEXT(setting, entry);
		if (strcmp(json_str_or(setting->params, "port", ""), port) == 0)
			drop(settings, setting);
	}
}

void
wire_settings_each(const struct wire_settings *settings,
		   void (*fn)(const char *method, json_t *params,
			      const char *port, void *arg),
		   void *arg)
{
	const struct setting *setting;

	TAILQ_FOREACH (setting, &settings->list, entry)
		fn(setting->method, setting->params,
		   json_str_or(setting->params, "port", NULL), arg);
}
