/* What of include/vdelab/plugin.h is about programs: lib/supervisor, in turns
 * of the switch. */
#include "vdelab/plugin.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/err.h"
#include "lib/supervisor.h"
#include "switch/plugin-inst.h"
#include "switch/switch.h"

struct vl_program {
	struct vl_inst *inst;
	struct program *program; /* NULL while the instance stops */
	const struct vl_program_ops *ops;
	void *priv;
	LIST_ENTRY(vl_program) link;
};

/* Both may free @p. */

static void
on_started(void *arg, int fd)
{
	const struct vl_program *p = arg;
	struct lane *lane = p->inst->lane;

	lane_enter(lane);
	p->ops->started(p->priv, fd);
	lane_leave(lane);
}

static void
on_ended(void *arg, const char *reason, bool for_good)
{
	const struct vl_program *p = arg;
	struct lane *lane = p->inst->lane;

	(void)for_good; /* it never is */
	lane_enter(lane);
	p->ops->ended(p->priv, reason);
	lane_leave(lane);
}

static const struct program_ops program_ops = { on_started, on_ended };

struct vl_program *
vl_program_start(struct vl_inst *inst, const char *const *argv,
		 const struct vl_program_ops *ops, void *priv, char *error,
		 size_t error_size)
{
	struct vl_program *p = calloc(1, sizeof(*p));
	const struct program_spec spec = { .name = inst->name,
					   .argv = argv,
					   .restart = PROGRAM_ALWAYS,
					   .ops = &program_ops,
					   .arg = p };
	struct err err = ERR_INIT;

	if (p == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	p->inst = inst;
	p->ops = ops;
	p->priv = priv;
	p->program = program_start(inst->lane->programs, &spec, &err);
	if (p->program == NULL) {
		sandbox_explain(inst->sw->config.sandbox, &err);
		snprintf(error, error_size, "%s", err.text);
		free(p);
		return NULL;
	}
	LIST_INSERT_HEAD(&inst->programs, p, link);
	return p;
}

void
vl_program_restart(struct vl_program *p, const char *reason)
{
	if (p->program != NULL)
		program_restart(p->program, reason);
}

int
vl_program_pid(const struct vl_program *p)
{
	return p->program != NULL ? program_pid(p->program) : 0;
}

void
vl_program_stop(struct vl_program *p)
{
	if (p == NULL)
		return;
	program_stop(p->program);
	LIST_REMOVE(p, link);
	free(p);
}

void
plugin_programs_detach(struct vl_inst *inst)
{
	struct vl_program *p;

	LIST_FOREACH (p, &inst->programs, link) {
		program_stop(p->program);
		p->program = NULL;
	}
}

void
plugin_programs_fini(struct vl_inst *inst)
{
	while (!LIST_EMPTY(&inst->programs))
		vl_program_stop(LIST_FIRST(&inst->programs));
}
