#include "switch/sandbox-start.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "switch/config-file.h"
#include "switch/config-plan.h"
#include "switch/config-rules.h"
#include "switch/options.h"
#include "switch/plugin-file.h"
#include "switch/sandbox-places.h"

static void
preload(const char *plugin)
{
	struct err err = ERR_INIT;

	if (plugin_file_preload(plugin, &err) < 0)
		log_debug("%s", err.text);
}

/* ---- the command line ---- */

static void
look_at_option(const struct sandbox_start *s, const char *text)
{
	struct plugin_option option;

	if (plugin_option_init(&option, text, NULL) < 0)
		return;
	preload(option.plugin);
	for (size_t i = 0; option.settings[i] != NULL; i++) {
		const char *value = strchr(option.settings[i], '=');

		if (value != NULL)
			sandbox_places_add_named(s->places, value + 1);
	}
	plugin_option_fini(&option);
}

static void
look_at_options(const struct sandbox_start *s)
{
	const char *text;

	for (size_t i = 0; (text = cli_opt_nth(s->cli, "plugin", i)) != NULL;
	     i++)
		look_at_option(s, text);
}

/* ---- the configuration ---- */

static bool
is_segment_of_options(const char *name, void *arg)
{
	const char *text;

	for (size_t i = 0; (text = cli_opt_nth(arg, "segment", i)) != NULL;
	     i++) {
		if (strcmp(text, name) == 0)
			return true;
	}
	return false;
}

static void
on_mistake(unsigned number, const char *text, void *arg)
{
	(void)number;
	(void)text;
	(void)arg;
}

static void
look_at_plan(const struct sandbox_start *s, const struct config_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct config_entry *e = &plan->entries[i];

		if (strcmp(e->rule->method, "plugin.load") == 0)
			preload(json_str_or(e->params, "plugin", ""));
		sandbox_places_add_values(s->places, e->params);
	}
}

/* It is read again by its name, which may be that of a link. */
static void
look_at_config(const struct sandbox_start *s)
{
	const struct config_world world = { .path = s->config,
					    .kinds = s->kinds,
					    .has_segment =
						is_segment_of_options,
					    .arg = (void *)s->cli };
	char real[PATH_MAX];
	struct config_plan *plan;
	char *text;
	size_t size;

	sandbox_places_add_named(s->places, s->config);
	if (realpath(s->config, real) != NULL)
		sandbox_places_add_named(s->places, real);
	if (config_file_read(s->config, &text, &size, NULL) < 0)
		return;
	plan = config_plan_new(text, size, &world, on_mistake, NULL);
	look_at_plan(s, plan);
	config_plan_free(plan);
	free(text);
}

int
sandbox_start(const struct sandbox_start *s, struct err *err)
{
	int ret = 0;

	if (s->wanted == SANDBOX_STRICT) {
		ret = sandbox_places_add(s->places, s->dir, err);
		if (s->made_dir)
			sandbox_places_add_parent(s->places, s->dir);
		look_at_options(s);
		if (s->config != NULL)
			look_at_config(s);
	}
	return ret < 0 ? ret : sandbox_enter(s->wanted, s->places, err);
}
