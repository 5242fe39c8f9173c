#include "config.h"

#include "plugins/common/inst.h"

int
inst_add_methods(struct vl_inst *inst, const struct vl_method *table)
{
	for (const struct vl_method *m = table; m->name != NULL; m++) {
		int ret =
		    vl_method_add(inst, m->name, m->params, m->summary, m->fn);

		if (ret == 0)
			ret = vl_method_describe(inst, m->name, m->result,
						 m->details);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int
inst_add_reason(struct vl_inst *inst, const char *reason, uint8_t *verdict)
{
	int ret = vl_drop_reason_add(inst, reason);

	if (ret < 0)
		return ret;
	*verdict = (uint8_t)ret;
	return 0;
}

int
inst_add_mark(struct vl_inst *inst, const char *text, int *mark)
{
	*mark = vl_mark_add(inst, text);
	return *mark < 0 ? *mark : 0;
}

const char *
param_text(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

uint64_t
param_number(const json_t *params, const char *name, uint64_t otherwise)
{
	const json_t *value = json_object_get(params, name);

	return json_is_integer(value) ? (uint64_t)json_integer_value(value)
				      : otherwise;
}
