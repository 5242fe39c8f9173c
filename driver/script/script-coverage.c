/* script-coverage: what programs of the guests count, for the prelude. */
#include "driver/script/script-internal.h"

#include <string.h>

#include <lauxlib.h>

#include "driver/coverage/collect.h"
#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "lib/json.h"

/* host.coverage_prepare(node) -> shell text, and what it reads; nil when the
 * node takes no part */
static int
host_coverage_prepare(lua_State *L)
{
	const struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);

	if (script->spec.coverage == NULL ||
	    !script->plan->nodes[node].is_covered) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushstring(L, coverage_prepare(script->spec.coverage));
	lua_pushstring(L, coverage_list(script->spec.coverage));
	return 2;
}

/* host.coverage_begin(node): it begins to count, or is another one now */
static int
host_coverage_begin(lua_State *L)
{
	struct coverage *coverage = script_of(L)->spec.coverage;
	size_t node = script_check_node(L, 1);

	if (coverage != NULL)
		coverage_begin(coverage, node);
	return 0;
}

/* host.coverage_warn(node, why) */
static int
host_coverage_warn(lua_State *L)
{
	struct coverage *coverage = script_of(L)->spec.coverage;
	size_t node = script_check_node(L, 1);

	coverage_warn(coverage, node, luaL_checkstring(L, 2));
	return 0;
}

/* host.coverage_can_take(node) */
static int
host_coverage_can_take(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);

	lua_pushboolean(L, script->spec.coverage != NULL &&
			       coverage_can_take(script->spec.coverage,
						 script->live, node));
	return 1;
}

struct take_op {
	struct op op;
	struct coverage_take *take; /* borrowed; NULL: it has ended */
	bool ok;
};

static void
take_cancel(struct op *base)
{
	struct take_op *op = (struct take_op *)base;

	if (op->take != NULL)
		coverage_take_forget(op->take);
	op_end(base);
}

static int
push_ok(lua_State *L, void *data)
{
	lua_pushboolean(L, ((struct take_op *)data)->ok);
	return 1;
}

static void
on_taken(const char *error, void *arg)
{
	struct take_op *op = arg;

	op->take = NULL;
	op->ok = error == NULL;
	op_return(&op->op, push_ok, op);
}

/* host.coverage_take(node) -> has it been taken?  If not, a warning says why. */
static int
host_coverage_take(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	struct take_op *op = op_begin(L, sizeof(*op), take_cancel);
	struct coverage_take *take;

	take = coverage_take(script->spec.coverage, script->live, node,
			     on_taken, op);
	if (take != NULL) /* else it has ended, and op with it */
		op->take = take;
	return op_wait(L);
}

/* ---- steps that are not the script's ---- */

uint64_t
script_step_begin(struct script *script, const char *kind, const char *machine,
		  const char *text)
{
	lua_Integer step = ++script->n_steps;

	event_log_add(script->spec.log, "step.begin",
		      "s:I, s:i, s:s, s:s?, s:o, s:n", "step", (json_int_t)step,
		      "in", 0, "kind", kind, "machine", machine, "text",
		      json_text(text, strlen(text)), "at");
	return (uint64_t)step;
}

void
script_step_end(struct script *script, uint64_t step, const char *error)
{
	event_log_add(script->spec.log, "step.end", "s:I, s:b, s:o, s:b",
		      "step", (json_int_t)step, "ok", error == NULL, "error",
		      error != NULL ? json_text(error, strlen(error))
				    : json_null(),
		      "timed_out", 0);
}

const struct luaL_Reg script_coverage_functions[] = {
	{ "coverage_prepare", host_coverage_prepare },
	{ "coverage_begin", host_coverage_begin },
	{ "coverage_warn", host_coverage_warn },
	{ "coverage_can_take", host_coverage_can_take },
	{ "coverage_take", host_coverage_take },
	{ NULL, NULL },
};
