#include "tests/unit/plugin-rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <check.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/plugin-inst.h"
#include "switch/switch.h"

static void
note_event(const char *event, const json_t *data, void *arg)
{
	char *text = data != NULL
			 ? json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS)
			 : strdup("-");
	struct plugin_rig *p = arg;
	size_t used = strlen(p->events);

	ck_assert_uint_lt(used + strlen(event) + strlen(text) + 3,
			  sizeof(p->events));
	snprintf(p->events + used, sizeof(p->events) - used, "%s %s\n", event,
		 text);
	free(text);
}

void
plugin_rig_copy(struct plugin_rig *p, const char *from, const char *as)
{
	const char *top = getenv("TOP_BUILDDIR");
	char *source = xasprintf("%s/tests/unit/plugins/%s",
				 top != NULL ? top : ".", from);
	char *target = xasprintf("%s/%s", p->dir, as);
	FILE *in = fopen(source, "rb"), *out = fopen(target, "wb");
	char buf[4096];
	size_t n;

	ck_assert_msg(in != NULL, "cannot open %s", source);
	ck_assert_msg(out != NULL, "cannot open %s", target);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		ck_assert_uint_eq(fwrite(buf, 1, n, out), n);
	fclose(in);
	fclose(out);
	ck_assert_int_eq(chmod(target, 0644), 0);
	free(source);
	free(target);
}

void
plugin_rig_init(struct plugin_rig *p, struct vswitch *sw, const char *name)
{
	char *file = xasprintf("%s.so", name);

	*p = (struct plugin_rig){ .sw = sw };
	snprintf(p->dir, sizeof(p->dir), "/tmp/vdelab-plugins-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	plugin_rig_copy(p, file, file);
	free(file);
	p->host = plugin_host_new(sw);
	plugin_host_on_event(p->host, note_event, p);
}

void
plugin_rig_fini(struct plugin_rig *p)
{
	plugin_host_free(p->host);
	sockpath_remove_tree(p->dir, NULL);
}

/* JSON with ' for ", returned owned. */
static json_t *
parse(const char *fmt, va_list ap)
{
	char *text = xvasprintf(fmt, ap);
	json_error_t error;
	json_t *value;

	for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	value = json_loads(text, 0, &error);
	ck_assert_msg(value != NULL, "%s: %s", text, error.text);
	free(text);
	return value;
}

static const char *
load(struct plugin_rig *p, const char *plugin, const char *port,
     enum vl_direction direction, json_t *options)
{
	char *path = xasprintf("%s/%s.so", p->dir, plugin);
	struct plugin_request request = { .plugin = path,
					  .port = port,
					  .direction = direction,
					  .options = options };
	struct err err = ERR_INIT;
	const char *id = plugin_host_load(p->host, &request, &err);

	ck_assert_msg(id != NULL, "%s", err.text);
	json_decref(options);
	free(path);
	return id;
}

const char *
plugin_rig_load(struct plugin_rig *p, const char *plugin, const char *options,
		...)
{
	json_t *parsed;
	va_list ap;

	va_start(ap, options);
	parsed = parse(options, ap);
	va_end(ap);
	return load(p, plugin, NULL, VL_DIR_BOTH, parsed);
}

const char *
plugin_rig_load_for(struct plugin_rig *p, const char *plugin, const char *port,
		    enum vl_direction direction, const char *options, ...)
{
	json_t *parsed;
	va_list ap;

	va_start(ap, options);
	parsed = parse(options, ap);
	va_end(ap);
	return load(p, plugin, port, direction, parsed);
}

void
plugin_rig_unload(struct plugin_rig *p, const char *id)
{
	struct err err = ERR_INIT;

	ck_assert_msg(plugin_host_unload(p->host, id, &err) == 0, "%s",
		      err.text);
}

void
plugin_rig_set(struct plugin_rig *p, const char *id, int code,
	       const char *options, ...)
{
	struct err err = ERR_INIT;
	json_t *parsed;
	va_list ap;
	int ret;

	va_start(ap, options);
	parsed = parse(options, ap);
	va_end(ap);
	ret = plugin_host_set(p->host, id, parsed, &err);
	ck_assert_msg(ret == code, "it gives %d: %s", ret, err.text);
	json_decref(parsed);
}

void
plugin_rig_call(struct plugin_rig *p, const char *method, int code,
		const char *params, ...)
{
	char error[256] = "";
	json_t *parsed, *result = NULL;
	struct inst_method *m;
	struct err err = ERR_INIT;
	va_list ap;
	void *arg;
	int ret;

	ck_assert_msg(plugin_host_find_method(p->host, method, &arg) != NULL,
		      "no method %s", method);
	m = arg;
	va_start(ap, params);
	parsed = parse(params, ap);
	va_end(ap);
	ck_assert_msg(json_check(parsed, m->rpc.params, &err) == 0, "%s",
		      err.text);
	lane_enter(p->sw->lane);
	ret = m->fn(m->inst->owner.priv, m->inst, parsed, &result, error,
		    sizeof(error));
	lane_leave(p->sw->lane);
	ck_assert_msg(ret == code, "%s gives %d: %s", method, ret, error);
	json_decref(parsed);
	json_decref(result);
}

json_int_t
plugin_rig_shown(const struct plugin_rig *p, const char *id, const char *object,
		 const char *key)
{
	json_t *list = plugin_host_show(p->host), *inst;
	json_int_t value = -1;
	size_t i;

	json_array_foreach(list, i, inst)
	{
		const json_t *in =
		    object != NULL ? json_object_get(inst, object) : inst;
		const json_t *number = json_object_get(in, key);

		if (strcmp(json_str_or(inst, "id", ""), id) == 0 &&
		    json_is_integer(number))
			value = json_integer_value(number);
	}
	json_decref(list);
	return value;
}

void
plugin_rig_assert_events(const struct plugin_rig *p, const char *want, ...)
{
	char *text;
	va_list ap;

	va_start(ap, want);
	text = xvasprintf(want, ap);
	va_end(ap);
	for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	ck_assert_str_eq(p->events, text);
	free(text);
}
