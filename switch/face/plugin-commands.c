/*
 * plugin-commands: the switch's own plugins, by the names of --plugin:
 * NAME[,key=value]...  Those of vde_switch are built for the inside of another
 * program, so the name of one gets the name of what does its work here.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "lib/json.h"
#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/session.h"
#include "switch/options.h"
#include "switch/plugin-host.h"

/* Those that come with vde_switch, and what does their work here. */
static const struct {
	const char *name, *instead;
} foreign[] = {
	{ "dump", "plugin/add capture, then capture.start on --control" },
	{ "pdump", "plugin/add capture, then capture.start on --control" },
	{ "iplog", "a capture (plugin/add capture) with the filter \"arp\"" },
};

static int
plugin_list(struct session *s, const char *arg, struct evbuffer *out)
{
	json_t *list = s->face->host != NULL ? plugin_host_show(s->face->host)
					     : json_array();
	const json_t *plugin;
	int code = ENOENT;
	size_t i;

	command_print(out, "%-22s %s", "NAME", "HELP");
	command_print(out, "%-22s %s", "------------", "----");
	json_array_foreach(list, i, plugin)
	{
		const char *name = json_str_or(plugin, "id", "");

		if (strncmp(name, arg, strlen(arg)) != 0)
			continue;
		command_print(out, "%-22s %s", name,
			      json_str_or(plugin, "summary", ""));
		code = 0;
	}
	json_decref(list);
	return code;
}

/* "/usr/lib/vde2/plugins/pdump.so" is pdump. */
static bool
is_named(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	size_t len = strlen(name);

	base = base != NULL ? base + 1 : path;
	return strncmp(base, name, len) == 0 &&
	       (base[len] == '\0' || strcmp(base + len, ".so") == 0);
}

static int
plugin_add(struct session *s, const char *arg, struct evbuffer *out)
{
	struct plugin_request request = { .plugin = NULL };
	struct plugin_option option;
	const char *id;

	(void)out;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (is_named(arg, foreign[i].name)) {
			err_set(&s->error, -ENOTSUP,
				"%s is a plugin of vde_switch; instead of it: "
				"%s",
				foreign[i].name, foreign[i].instead);
			return ENOTSUP;
		}
	}
	if (s->face->host == NULL)
		return ENOTSUP;
	if (plugin_option_init(&option, arg, &s->error) < 0)
		return EINVAL;
	request.plugin = option.plugin;
	request.segment = option.segment;
	request.settings = option.settings;
	id = plugin_host_load(s->face->host, &request, &s->error);
	plugin_option_fini(&option);
	if (id != NULL)
		return 0;
	if (s->error.code == -ENOENT)
		s->error.text[0] = '\0'; /* where it was looked for */
	return s->error.code < 0 ? -s->error.code : EINVAL;
}

static int
plugin_del(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)out;
	if (s->face->host == NULL ||
	    plugin_host_unload(s->face->host, arg, NULL) < 0)
		return ENOENT;
	return 0;
}

const struct command plugin_commands[] = {
	{ "plugin", "============", "PLUGINS MENU", NULL, 0 },
	{ "plugin/list", "", "list plugins", plugin_list, COMMAND_DATA },
	{ "plugin/add", "library", "load a plugin", plugin_add, 0 },
	{ "plugin/del", "name", "unload a plugin", plugin_del, 0 },
	{ NULL, NULL, NULL, NULL, 0 },
};
