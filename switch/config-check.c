#include "switch/config-check.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <vdelab/plugin.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "switch/config-plan.h"
#include "switch/methods/methods.h"
#include "switch/plugin-file.h"
#include "switch/ports/port-provider.h"

static int
fail_kind(const struct config_world *world, const char *name, struct err *err)
{
	const char *names[64] = { NULL };
	const char *near;
	size_t n = 0;

	for (size_t i = 0; world->kinds[i] != NULL && n < 63; i++) {
		if (world->kinds[i]->params != NULL)
			names[n++] = world->kinds[i]->name;
	}
	near = nearest_word(name, names);
	return err_set(err, -EINVAL, "there is no kind of port %s%s%s%s", name,
		       near != NULL ? " (did you mean " : "",
		       near != NULL ? near : "", near != NULL ? "?)" : "");
}

static const struct port_kind *
find_kind(const struct config_world *world, const json_t *params)
{
	const char *name = json_str_or(params, "kind", "");
	const struct port_kind *const *kind = world->kinds;

	while (*kind != NULL && strcmp((*kind)->name, name) != 0)
		kind++;
	return *kind != NULL && (*kind)->params != NULL ? *kind : NULL;
}

bool
config_has_kind(const struct config_world *world, const json_t *params)
{
	const struct port_kind *kind = find_kind(world, params);

	return kind != NULL && kind->plugin == NULL;
}

static int
check_port(const struct config_world *world, const json_t *params,
	   struct err *err)
{
	const struct port_kind *kind = find_kind(world, params);
	json_t *own;
	int ret;

	if (kind == NULL)
		return fail_kind(world, json_str_or(params, "kind", ""), err);
	own = method_port_own_params(params);
	ret = json_check(own, kind->params, err);
	json_decref(own);
	return ret;
}

static int
check_plugin(const struct config_world *world, const json_t *params,
	     struct err *err)
{
	const json_t *options = json_object_get(params, "options");
	struct plugin_file file;
	json_t *read;
	int ret;

	(void)world;
	ret = plugin_file_open(&file, json_str_or(params, "plugin", ""), err);
	if (ret < 0)
		return ret;
	read = plugin_file_options(&file, options, err);
	if (read == NULL) {
		err_prefix(err, "plugin %s", file.plugin->name);
		ret = -EINVAL;
	}
	json_decref(read);
	plugin_file_close(&file);
	return ret;
}

int
config_check(const struct config_world *world, const char *method,
	     const json_t *params, struct err *err)
{
	static const struct {
		const char *method;
		int (*check)(const struct config_world *world,
			     const json_t *params, struct err *err);
	} checks[] = {
		{ "port.add", check_port },
		{ "plugin.load", check_plugin },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(checks[i].method, method) == 0)
			return checks[i].check(world, params, err);
	}
	return method_check(method, params, err);
}

/* Is @id the instance that @params of plugin.load will make?  Without an id it
 * has the plugin's name, for the first of them. */
static bool
makes_instance(const json_t *params, const char *id, size_t len)
{
	const char *plugin = json_str_or(params, "plugin", "");
	const char *slash = strrchr(plugin, '/');
	const char *name = slash != NULL ? slash + 1 : plugin;
	const char *own = json_str_or(params, "id", NULL);

	if (own != NULL)
		return strlen(own) == len && strncmp(own, id, len) == 0;
	return strncmp(name, id, len) == 0 &&
	       (name[len] == '\0' || strcmp(name + len, ".so") == 0);
}

/* The row of @method, one of a plugin that @plan loads, in *@file, which is then
 * open; NULL: there is none. */
static const struct vl_method *
open_method(const struct config_plan *plan, const char *method,
	    struct plugin_file *file)
{
	const char *dot = strchr(method, '.');
	const struct config_entry *entry = plan->entries;
	const struct vl_method *m;
	size_t n = dot != NULL ? plan->n : 0;

	while (n > 0 && (strcmp(entry->verb->method, "plugin.load") != 0 ||
			 !makes_instance(entry->params, method,
					 (size_t)(dot - method)))) {
		entry++;
		n--;
	}
	if (n == 0 ||
	    plugin_file_open(file, json_str_or(entry->params, "plugin", ""),
			     NULL) < 0)
		return NULL;
	m = file->plugin->methods;
	while (m != NULL && m->name != NULL && strcmp(m->name, dot + 1) != 0)
		m++;
	if (m != NULL && m->name != NULL && json_signature_valid(m->params))
		return m;
	plugin_file_close(file);
	return NULL;
}

char *
config_signature(const struct config_plan *plan, const char *method)
{
	struct plugin_file file;
	const struct vl_method *m = open_method(plan, method, &file);
	char *signature;

	if (m == NULL)
		return NULL;
	signature = xstrdup(m->params);
	plugin_file_close(&file);
	return signature;
}

int
config_check_call(const struct config_plan *plan, const char *method,
		  const json_t *params, struct err *err)
{
	struct plugin_file file;
	const struct vl_method *m = open_method(plan, method, &file);
	char error[ERR_TEXT_SIZE] = "";
	int ret = 0;

	if (m == NULL)
		return 0;
	if (m->check != NULL)
		ret = m->check(params, error, sizeof(error));
	if (ret < 0)
		err_set(err, ret, "%s", error);
	plugin_file_close(&file);
	return ret;
}

bool
config_can_change(const char *method, const json_t *params)
{
	struct plugin_file file;
	bool can;

	if (strcmp(method, "plugin.load") != 0 ||
	    plugin_file_open(&file, json_str_or(params, "plugin", ""), NULL) <
		0)
		return false;
	can = file.plugin->set != NULL;
	plugin_file_close(&file);
	return can;
}
