#include "driver/control/methods-list.h"

#include <stdint.h>
#include <stdlib.h>

#include "driver/script/methods.h"
#include "lib/xalloc.h"

/* {name, type, min, max, optional, repeated}; false and the absence of bounds
 * are left out. */
static json_t *
describe(const struct method_param *param)
{
	json_t *object = json_pack("{s:s, s:s}", "name", param->name, "type",
				   method_type_name(param->type));

	if (param->type == METHOD_INT && param->min != INT64_MIN)
		json_object_set_new(object, "min", json_integer(param->min));
	if (param->type == METHOD_INT && param->max != INT64_MAX)
		json_object_set_new(object, "max", json_integer(param->max));
	if (param->type == METHOD_WORD)
		json_object_set_new(
		    object, "words",
		    json_stringn(param->words, (size_t)param->words_len));
	if (param->optional)
		json_object_set_new(object, "optional", json_true());
	if (param->repeated)
		json_object_set_new(object, "repeated", json_true());
	return object;
}

static json_t *
describe_all(const char *signature)
{
	struct method_param param;
	json_t *list;

	if (signature == NULL)
		return NULL;
	list = json_array();
	while (method_param_next(&signature, &param))
		json_array_append_new(list, describe(&param));
	return list;
}

static json_t *
describe_method(const struct method *method)
{
	const char *owner = method_owner_name(method->owner);
	char *name = xasprintf("%s.%s", owner, method->name);
	char *usage = method_usage(method);
	json_t *object = json_pack(
	    "{s:s, s:s, s:s, s:s, s:b, s:b, s:o*, s:o*, s:s*}", "name", name,
	    "owner", owner, "usage", usage, "doc", method->doc, "blocks",
	    method->blocks, "function", method->body, "params",
	    describe_all(method->params), "options",
	    describe_all(method->options), "returns", method->returns);

	if (method->timeout_ms > 0)
		json_object_set_new(object, "timeout",
				    json_real(method->timeout_ms / 1e3));
	free(usage);
	free(name);
	return object;
}

json_t *
methods_list(void)
{
	json_t *list = json_array();
	const struct method *method;

	for (size_t i = 0; (method = methods_at(i)) != NULL; i++)
		json_array_append_new(list, describe_method(method));
	return list;
}
