#include "switch/config-rules.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

const struct config_rule config_rules[] = {
	{ .method = "segment.add",
	  .key = "name",
	  .undo = "segment.del",
	  .undo_params = "segment=@name",
	  .sets = "segment.set" },
	{ .method = "segment.set",
	  .key = "segment",
	  .defaults = "{\"mode\": \"bridge\", \"ageing\": 300, "
		      "\"table\": 8192, \"protocol\": \"802.1q\", \"pvid\": 1, "
		      "\"stp\": \"off\"}" },
	{ .method = "port.add",
	  .key = "name",
	  .undo = "port.del",
	  .undo_params = "port=@name" },
	{ .method = "port.set",
	  .key = "port",
	  .defaults = "{\"mtu\": 65536, \"description\": \"\", "
		      "\"reconnect\": 0, \"spin\": 0}",
	  .of_port = true },
	{ .method = "port.declare",
	  .key = "name",
	  .undo = "port.undeclare",
	  .undo_params = "port=@name" },
	{ .method = "vlan.add",
	  .key = "port vid",
	  .undo = "vlan.reset",
	  .undo_params = "port=@port",
	  .together = "port",
	  .of_port = true },
	{ .method = "vlan.set",
	  .undo = "vlan.reset",
	  .undo_params = "port=@port",
	  .together = "port",
	  .of_port = true },
	/* its times are checked against each other, so it is one piece */
	{ .method = "stp.set",
	  .key = "segment",
	  .undo = "stp.reset",
	  .undo_params = "segment=@segment",
	  .together = "segment" },
	{ .method = "stp.set-port",
	  .key = "port",
	  .defaults = "{\"priority\": 128, \"cost\": 20000, "
		      "\"edge\": \"auto\", \"link\": \"auto\"}",
	  .of_port = true },
	{ .method = "fdb.add",
	  .key = "segment mac vid",
	  .undo = "fdb.del",
	  .undo_params = "segment=@segment mac=@mac vid=@vid port=@port",
	  .of_port = true },
	{ .method = "plugin.load",
	  .key = "id",
	  .undo = "plugin.unload",
	  .undo_params = "id=@id",
	  .options = "options",
	  .change = "plugin.set" },
	/* of plugins */
	{ .method = "link.set",
	  .key = "port direction",
	  .undo = "link.set",
	  .undo_params = "port=@port direction=@direction state=unblock",
	  .of_port = true },
	{ .method = "link.flap",
	  .key = "port direction",
	  .undo = "link.set",
	  .undo_params = "port=@port direction=@direction state=unblock",
	  .of_port = true },
	/* rules stay with a declared port that goes */
	{ .method = "link.drop",
	  .undo = "link.forget",
	  .undo_params = "id=@id" },
	{ .method = "link.hold",
	  .undo = "link.forget",
	  .undo_params = "id=@id" },
	{ .method = "link.delay",
	  .undo = "link.forget",
	  .undo_params = "id=@id" },
	/* its place is among the others: a change makes them all anew */
	{ .method = "filter.add",
	  .undo = "filter.del",
	  .undo_params = "id=@id",
	  .together = "" },
	{ .method = "mirror.add",
	  .undo = "mirror.del",
	  .undo_params = "id=@id" },
	{ .method = "dhcp.reserve",
	  .key = "port mac",
	  .undo = "dhcp.forget",
	  .undo_params = "port=@port mac=@mac",
	  .of_port = true },
	{ .method = "storm.set",
	  .key = "port class",
	  .undo = "storm.set",
	  .undo_params = "port=@port class=@class",
	  .of_port = true },
	{ .method = "portsec.set",
	  .key = "port",
	  .undo = "portsec.del",
	  .undo_params = "port=@port",
	  .together = "port",
	  .of_port = true },
	{ .method = "portsec.allow",
	  .undo = "portsec.del",
	  .undo_params = "port=@port",
	  .together = "port",
	  .of_port = true },
	{ .method = "netem.set",
	  .key = "port segment dir",
	  .undo = "netem.del",
	  .undo_params = "port=@port segment=@segment dir=@dir" },
	{ .method = "capture.start",
	  .undo = "capture.stop",
	  .undo_params = "id=@id" },
	{ .method = "capture.name",
	  .key = "address",
	  .undo = "capture.name",
	  .undo_params = "address=@address name=" },
	{ .method = NULL },
};

const struct config_rule *
config_rule_find(const char *method)
{
	for (const struct config_rule *r = config_rules; r->method != NULL;
	     r++) {
		if (strcmp(r->method, method) == 0)
			return r;
	}
	return NULL;
}

/* ---- words of a list ---- */

/* The next word of *@list, parted by spaces; *@list is behind it then.
 * Return: its length; 0 at the end. */
static size_t
next_word(const char **list, const char **word)
{
	size_t len;

	*list += strspn(*list, " ");
	*word = *list;
	len = strcspn(*list, " ");
	*list += len;
	return len;
}

bool
config_rule_is_key(const struct config_rule *rule, const char *param)
{
	const char *list = rule->key, *word;
	size_t len;

	while (list != NULL && (len = next_word(&list, &word)) > 0) {
		if (strlen(param) == len && strncmp(word, param, len) == 0)
			return true;
	}
	return false;
}

/* ---- identity ---- */

/* The members of @params that are the key's, returned owned. */
static json_t *
key_members(const struct config_rule *rule, const json_t *params)
{
	json_t *members = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)params, name, value)
	{
		if (rule->key == NULL || config_rule_is_key(rule, name))
			json_object_set(members, name, value);
	}
	return members;
}

char *
config_rule_identity(const struct config_rule *rule, const json_t *params,
		     const char *setting)
{
	json_t *members = key_members(rule, params);
	char *text = json_dumps(members, JSON_COMPACT | JSON_SORT_KEYS);
	char *identity = xasprintf("%s %s%s%s", rule->method, text,
				   setting != NULL ? " " : "",
				   setting != NULL ? setting : "");

	free(text);
	json_decref(members);
	return identity;
}

bool
config_rule_repeats(const struct config_rule *rule, const json_t *params)
{
	json_t *members;
	bool nameless;

	if (rule->key == NULL)
		return true;
	/* a port without a name is told from others by nothing */
	members = key_members(rule, params);
	nameless = json_object_size(members) == 0;
	json_decref(members);
	return nameless;
}

char *
config_rule_group(const struct config_rule *rule, const json_t *params)
{
	json_t *value;
	char *text, *group;

	if (rule->together == NULL)
		return NULL;
	value = json_object_get(params, rule->together);
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	group = xasprintf("%s %s", rule->undo, text != NULL ? text : "");
	free(text);
	return group;
}

/* ---- undoing ---- */

/* Back to its default: @setting, or all that @params set. */
static json_t *
undo_settings(const struct config_rule *rule, const json_t *params,
	      const char *setting)
{
	json_t *undo = key_members(rule, params), *value;
	json_t *defaults = json_loads(rule->defaults, 0, NULL);
	const char *name;

	json_object_foreach(defaults, name, value)
	{
		if (setting != NULL ? strcmp(name, setting) == 0
				    : json_object_get(params, name) != NULL)
			json_object_set(undo, name, value);
	}
	json_decref(defaults);
	return undo;
}

/* One "name=value" or "name=@source" into @undo. */
static void
add_param(json_t *undo, const char *word, size_t len, const json_t *params,
	  const json_t *result)
{
	const char *eq = memchr(word, '=', len);
	size_t name_len = (size_t)(eq - word);
	char *name = xasprintf("%.*s", (int)name_len, word);
	char *text = xasprintf("%.*s", (int)(len - name_len - 1), eq + 1);
	json_t *value = NULL;

	if (text[0] != '@')
		value = json_string(text);
	else
		value = json_incref(json_object_get(params, text + 1));
	if (value == NULL)
		value = json_incref(json_object_get(result, text + 1));
	if (value != NULL)
		json_object_set_new(undo, name, value);
	free(text);
	free(name);
}

json_t *
config_rule_undo(const struct config_rule *rule, const json_t *params,
		 const json_t *result, const char *setting)
{
	const char *list = rule->undo_params, *word;
	json_t *undo;
	size_t len;

	if (rule->defaults != NULL)
		return undo_settings(rule, params, setting);
	undo = json_object();
	while ((len = next_word(&list, &word)) > 0)
		add_param(undo, word, len, params, result);
	return undo;
}

/* ---- changing ---- */

/* Members of @now that @was has otherwise, returned owned; NULL when @was has
 * one that is gone. */
static json_t *
differing(const json_t *was, const json_t *now)
{
	json_t *diff = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)was, name, value)
	{
		if (json_object_get(now, name) == NULL) {
			json_decref(diff);
			return NULL;
		}
	}
	json_object_foreach((json_t *)now, name, value)
	{
		if (!json_equal(json_object_get(was, name), value))
			json_object_set(diff, name, value);
	}
	return diff;
}

/* Are they the same but for the options? */
static bool
same_but_options(const struct config_rule *rule, const json_t *a,
		 const json_t *b)
{
	json_t *rest_a = json_copy((json_t *)a),
	       *rest_b = json_copy((json_t *)b);
	bool same;

	json_object_del(rest_a, rule->options);
	json_object_del(rest_b, rule->options);
	same = json_equal(rest_a, rest_b);
	json_decref(rest_a);
	json_decref(rest_b);
	return same;
}

json_t *
config_rule_change(const struct config_rule *rule, const json_t *was,
		   const json_t *now, const json_t *result)
{
	json_t *diff, *params;

	if (rule->change == NULL || result == NULL ||
	    !same_but_options(rule, was, now))
		return NULL;
	diff = differing(json_object_get(was, rule->options),
			 json_object_get(now, rule->options));
	if (diff == NULL)
		return NULL;
	params = config_rule_undo(rule, was, result, NULL);
	json_object_set_new(params, rule->options, diff);
	return params;
}
