/* inst: what plugins add to their instance when they start, from tables; and
 * the parameters of their methods. */
#ifndef PLUGINS_COMMON_INST_H
#define PLUGINS_COMMON_INST_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "vdelab/plugin.h"

/** inst_add_methods() - rows of @table until one without a name
 * Return: 0; a negative errno */
int inst_add_methods(struct vl_inst *inst, const struct vl_method *table);
/** inst_add_reason() - *@verdict drops for @reason from now on
 * Return: 0; a negative errno */
int inst_add_reason(struct vl_inst *inst, const char *reason, uint8_t *verdict);
/** inst_add_mark() - *@mark is for vl_frame_mark()
 * Return: 0; a negative errno */
int inst_add_mark(struct vl_inst *inst, const char *text, int *mark);

/* Members of checked @params; text is borrowed, NULL when absent. */
const char *param_text(const json_t *params, const char *name);
uint64_t param_number(const json_t *params, const char *name,
		      uint64_t otherwise);

#endif /* PLUGINS_COMMON_INST_H */
