/* What is done to the switch, one thing at a time. */
#include "config.h"

#include "tests/integration/churn/churn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/json.h"
#include "tests/integration/churn/steps.h"

/* ---- ports and segments ---- */

static void
add_port(struct churn *c)
{
	static churn_attach_fn *const kinds[] = {
		churn_attach_stream,  churn_attach_stream, churn_attach_vde,
		churn_attach_vde,     churn_attach_pair,   churn_attach_pair,
		churn_attach_exec,    churn_attach_dummy,  churn_attach_plug,
		churn_attach_plugged,
	};
	const char *segment = churn_pick(c, c->segments, "name");

	if (json_array_size(c->ports) < CHURN_PORTS && segment != NULL)
		kinds[churn_below(c, sizeof(kinds) / sizeof(kinds[0]))](
		    c, segment);
}

void
churn_fill(struct churn *c)
{
	for (int i = 0; i < CHURN_PORTS; i++) {
		churn_look(c);
		churn_reap(c);
		add_port(c);
	}
}

static void
delete_port(struct churn *c)
{
	const char *port = churn_pick(c, c->ports, "name");

	if (port != NULL)
		json_decref(churn_call(c, "port.del",
				       json_pack("{s:s}", "port", port), -1));
}

static void
add_segment(struct churn *c)
{
	json_t *params;

	if (json_array_size(c->segments) >= CHURN_SEGMENTS)
		return;
	params = json_object();
	if (churn_chance(c, 40))
		json_object_set_new(
		    params, "mode",
		    json_string(churn_chance(c, 50) ? "hub" : "8021q"));
	if (churn_chance(c, 25))
		json_object_set_new(params, "stp", json_string("rstp"));
	json_object_set_new(params, "name",
			    json_sprintf("s%zu", churn_below(c, 6)));
	json_decref(churn_call(c, "segment.add", params, -1));
}

static void
delete_segment(struct churn *c)
{
	const char *segment = churn_pick(c, c->segments, "name");

	if (segment != NULL && strcmp(segment, CHURN_BASE) != 0)
		json_decref(churn_call(c, "segment.del",
				       json_pack("{s:s}", "segment", segment),
				       -1));
}

/* ---- plugins ---- */

static void
load_as(struct churn *c, const char *plugin, const char *id)
{
	static const char *const dirs[] = { "in", "out", "both" };
	json_t *params = json_pack("{s:s}", "plugin", plugin);
	const char *where;

	if (id != NULL)
		json_object_set_new(params, "id", json_string(id));
	if (churn_chance(c, 40)) {
		bool port = churn_chance(c, 50);

		where = churn_pick(c, port ? c->ports : c->segments, "name");
		if (where != NULL)
			json_object_set_new(params, port ? "port" : "segment",
					    json_string(where));
		if (churn_chance(c, 40))
			json_object_set_new(
			    params, "dir",
			    json_string(dirs[churn_below(c, 3)]));
	}
	if (churn_chance(c, 50))
		json_object_set_new(
		    params, "order",
		    json_integer((json_int_t)churn_below(c, 1001)));
	json_object_set_new(
	    params, "options",
	    churn_params(c, plugin, NULL, churn_options_of(plugin)));
	json_decref(churn_call(c, "plugin.load", params, -1));
}

static void
load_plugin(struct churn *c)
{
	if (json_array_size(c->instances) < CHURN_PLUGINS)
		load_as(c, c->plugins[churn_below(c, c->n_plugins)], NULL);
}

static bool
unload(struct churn *c, const char *id)
{
	json_t *done =
	    churn_call(c, "plugin.unload", json_pack("{s:s}", "id", id), -1);

	json_decref(done);
	return done != NULL;
}

static const json_t *
some_instance(struct churn *c)
{
	size_t n = json_array_size(c->instances);

	return n > 0 ? json_array_get(c->instances, churn_below(c, n)) : NULL;
}

static void
unload_plugin(struct churn *c)
{
	const char *id = churn_pick(c, c->instances, "id");

	if (id != NULL)
		unload(c, id);
}

/* To another place in the pipeline: the same name, another order or scope. */
static void
move_plugin(struct churn *c)
{
	const json_t *instance = some_instance(c);

	if (instance != NULL && unload(c, json_str_or(instance, "id", "")))
		load_as(c, json_str_or(instance, "plugin", ""),
			json_str_or(instance, "id", ""));
}

static void
set_plugin(struct churn *c)
{
	const json_t *instance = some_instance(c);
	const char *plugin;
	json_t *options;

	if (instance == NULL)
		return;
	plugin = json_str_or(instance, "plugin", "");
	if (churn_options_of(plugin)[0] == '\0' && !churn_chance(c, 10))
		return;
	options = churn_params(c, plugin, NULL, churn_options_of(plugin));
	if (churn_chance(c, 80)) /* which nobody can change */
		json_object_del(options, "command");
	json_decref(churn_call(c, "plugin.set",
			       json_pack("{s:s, s:o}", "id",
					 json_str_or(instance, "id", ""),
					 "options", options),
			       -1));
}

/* ---- methods ---- */

/* What a method has made can be named when it is called again. */
static void
remember(struct churn *c, const char *instance, const json_t *result)
{
	json_t *id = json_object_get(result, "id");
	json_t *list = json_object_get(c->ids, instance);

	if (id == NULL)
		return;
	if (list == NULL) {
		list = json_array();
		json_object_set_new(c->ids, instance, list);
	}
	json_array_append(list, id);
	if (json_array_size(list) > CHURN_IDS)
		json_array_remove(list, 0);
}

/* The instance whose method this is; NULL: none. */
static const json_t *
instance_of(const struct churn *c, const char *method)
{
	size_t len = strcspn(method, "."), i;
	const json_t *row;

	json_array_foreach(c->instances, i, row)
	{
		const char *id = json_str_or(row, "id", "");

		if (strlen(id) == len && strncmp(id, method, len) == 0)
			return row;
	}
	return NULL;
}

/* Those that have a step of their own, or would end it all. */
static bool
is_ours(const char *method)
{
	static const char *const ours[] = { "switch.stop",   "switch.reload",
					    "rpc.subscribe", "plugin.load",
					    "plugin.unload", "plugin.set",
					    "port.add",	     "port.del",
					    "segment.add",   "segment.del" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strcmp(ours[i], method) == 0)
			return true;
	}
	return false;
}

static void
call(struct churn *c, const json_t *method, const json_t *instance)
{
	const char *name = json_str_or(method, "name", "");
	const char *owner = json_str_or(instance, "plugin", NULL);
	json_t *params, *result;
	int fd = -1;

	params =
	    churn_params(c, owner, instance, json_str_or(method, "params", ""));
	if (owner != NULL && strcmp(owner, "capture") == 0 &&
	    json_object_get(params, "file") == NULL)
		fd = churn_pipe_open(c);
	result = churn_call(c, name, params, fd);
	if (owner != NULL)
		remember(c, json_str_or(instance, "id", ""), result);
	json_decref(result);
	if (fd >= 0)
		close(fd);
}

static void
call_some(struct churn *c, bool of_plugin)
{
	size_t n = json_array_size(c->methods);

	for (size_t tries = 0; n > 0 && tries < 100; tries++) {
		const json_t *method =
		    json_array_get(c->methods, churn_below(c, n));
		const char *name = json_str_or(method, "name", "");
		const json_t *instance = instance_of(c, name);

		if (!is_ours(name) && of_plugin == (instance != NULL)) {
			call(c, method, instance);
			return;
		}
	}
}

static void
call_plugin(struct churn *c)
{
	call_some(c, true);
}

static void
call_switch(struct churn *c)
{
	call_some(c, false);
}

/* ---- the configuration ---- */

void
churn_write_config(struct churn *c, const char *lines)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s.new", c->conf);
	f = fopen(path, "w");
	if (f == NULL || fputs(lines, f) == EOF || fclose(f) == EOF ||
	    rename(path, c->conf) < 0)
		churn_die(c, "%s: %s", path, strerror(errno));
}

static void
reload(struct churn *c)
{
	static const char *const lines[] = {
		"segment add conf\n",
		"port add " CHURN_BASE " dummy name confdummy mtu 9000\n",
		"plugin load filter order 20\n"
		"filter add deny filter 'ether broadcast'\n",
		"plugin load netem\n"
		"netem set segment " CHURN_BASE " delay 3ms loss 1%\n",
		"plugin load link id=conflink\n",
		"segment set " CHURN_BASE " mode 8021q\n",
		"plugin load mirror id=confmirror\n",
		"port declare confpeer segment " CHURN_BASE "\n",
		"this is no command\n",
	};
	char text[2048] = "";

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (churn_chance(c, i == 8 ? 10 : 40))
			strcat(text, lines[i]);
	}
	churn_write_config(c, text);
	json_decref(churn_call(c, "switch.reload", NULL, -1));
}

/* ---- any of them ---- */

static const struct {
	void (*step)(struct churn *c);
	unsigned weight;
} steps[] = {
	{ add_port, 30 },
	{ delete_port, 6 },
	{ churn_kill_station, 3 },
	{ churn_kill_program, 2 },
	{ add_segment, 5 },
	{ delete_segment, 2 },
	{ load_plugin, 16 },
	{ unload_plugin, 6 },
	{ move_plugin, 5 },
	{ set_plugin, 8 },
	{ call_plugin, 90 },
	{ call_switch, 12 },
	{ reload, 3 },
};

void
churn_step(struct churn *c)
{
	size_t i, sum = 0, at;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		sum += steps[i].weight;
	at = churn_below(c, sum);
	for (i = 0; at >= steps[i].weight; i++)
		at -= steps[i].weight;
	churn_reap(c);
	steps[i].step(c);
	churn_pipe_read(c);
}
