/* script-task: steps, time and parallel(), for the prelude. */
#include "driver/script/script-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/report/event-log.h"
#include "driver/script/test-file.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum {
	TEXT_MAX = 64 * 1024, /* octets of a text in the log */
	LEFT_OUT_SIZE = 64,
};

/* host.raise(text): an error at the script's line */
static int
host_raise(lua_State *L)
{
	return task_raise(L, "%s", luaL_checkstring(L, 1));
}

/* host.late(): the error that is raised next is that time is up */
static int
host_late(lua_State *L)
{
	task_late(L);
	return 0;
}

/* host.now() -> seconds since the run began */
static int
host_now(lua_State *L)
{
	lua_pushnumber(L, event_log_now_s(script_of(L)->spec.log));
	return 1;
}

/* host.scaled(seconds) -> as long as that is meant to be here */
static int
host_scaled(lua_State *L)
{
	lua_pushnumber(L, (double)script_scaled_ms(L, 1, 0) / 1e3);
	return 1;
}

/* What a script says at once, at most; of longer texts the middle is left
 * out. */
static json_t *
text_at(lua_State *L, int i)
{
	size_t size;
	const char *text = luaL_optlstring(L, i, "", &size);
	json_t *value;
	char *shorter;
	int n;

	if (size <= TEXT_MAX)
		return json_text(text, size);
	shorter = xcalloc(TEXT_MAX + LEFT_OUT_SIZE, 1);
	memcpy(shorter, text, TEXT_MAX / 2);
	n = snprintf(shorter + TEXT_MAX / 2, LEFT_OUT_SIZE,
		     "\n[... %zu octets are left out ...]\n", size - TEXT_MAX);
	memcpy(shorter + TEXT_MAX / 2 + n, text + size - TEXT_MAX / 2,
	       TEXT_MAX / 2);
	value = json_text(shorter, (size_t)n + TEXT_MAX);
	free(shorter);
	return value;
}

/* host.log(text) */
static int
host_log(lua_State *L)
{
	event_log_add(script_of(L)->spec.log, "log", "s:o, s:I", "text",
		      text_at(L, 1), "step", (json_int_t)*task_step(L));
	return 0;
}

/* host.marked(segment, text): its capture has a mark */
static int
host_marked(lua_State *L)
{
	event_log_add(script_of(L)->spec.log, "mark", "s:s, s:o, s:I",
		      "segment", luaL_checkstring(L, 1), "text", text_at(L, 2),
		      "step", (json_int_t)*task_step(L));
	return 0;
}

/* host.attempt(n, why): what is waited for is not as it should be yet */
static int
host_attempt(lua_State *L)
{
	event_log_add(script_of(L)->spec.log, "attempt", "s:I, s:I, s:o",
		      "step", (json_int_t)*task_step(L), "attempt",
		      (json_int_t)luaL_checkinteger(L, 1), "text",
		      text_at(L, 2));
	return 0;
}

/* host.copied(machine, path in the results): that came from it */
static int
host_copied(lua_State *L)
{
	event_log_add(script_of(L)->spec.log, "file", "s:s, s:I, s:o",
		      "machine", luaL_checkstring(L, 1), "step",
		      (json_int_t)*task_step(L), "path", text_at(L, 2));
	return 0;
}

/* host.show_serial(on): lines of serial consoles, to who watches the run */
static int
host_show_serial(lua_State *L)
{
	event_log_add(script_of(L)->spec.log, "serial.shown", "s:b", "on",
		      lua_toboolean(L, 1));
	return 0;
}

/* host.step_begin(kind, machine or nil, text) -> the step it is in */
static int
host_step_begin(lua_State *L)
{
	struct script *script = script_of(L);
	lua_Integer *step;
	lua_Integer outer;
	const char *file;
	int line;

	op_check(L); /* no step begins after the end */
	line = task_place(L, &file);
	step = task_step(L);
	outer = *step;
	*step = ++script->n_steps;
	event_log_add(
	    script->spec.log, "step.begin", "s:I, s:I, s:s, s:s?, s:o, s:o",
	    "step", (json_int_t)*step, "in", (json_int_t)outer, "kind",
	    luaL_checkstring(L, 1), "machine", luaL_optstring(L, 2, NULL),
	    "text", text_at(L, 3), "at", event_log_place(file, line));
	lua_pushinteger(L, outer);
	return 1;
}

/* host.step() -> the step that the caller is in, 0: none */
static int
host_step(lua_State *L)
{
	lua_pushinteger(L, *task_step(L));
	return 1;
}

/* What a step has returned, as far as a word says it; or null. */
static json_t *
result_at(lua_State *L, int i)
{
	json_t *value;

	if (lua_type(L, i) != LUA_TNUMBER && lua_type(L, i) != LUA_TBOOLEAN)
		return json_null();
	value = json_string(luaL_tolstring(L, i, NULL));
	lua_pop(L, 1);
	return value;
}

/* host.step_end(outer, ok, error or nil, result or nil) */
static int
host_step_end(lua_State *L)
{
	lua_Integer *step = task_step(L);
	bool ok = lua_toboolean(L, 2);
	bool late;

	if (!lua_isnoneornil(L, 3) && !lua_isstring(L, 3)) {
		lua_pushliteral(L, "an error that is not text was raised");
		lua_replace(L, 3);
	}
	late = !ok && task_was_late(L, luaL_optstring(L, 3, ""));
	event_log_add(script_of(L)->spec.log, "step.end",
		      "s:I, s:b, s:o, s:b, s:o", "step", (json_int_t)*step,
		      "ok", ok, "error", ok ? json_null() : text_at(L, 3),
		      "timed_out", late, "result", result_at(L, 4));
	*step = luaL_checkinteger(L, 1);
	return 0;
}

/* ---- sleep ---- */

struct sleep_op {
	struct op op;
	struct timer *timer; /* owned */
};

static void
sleep_cancel(struct op *op)
{
	timer_free(((struct sleep_op *)op)->timer);
	op_end(op);
}

static void
on_slept(void *arg)
{
	struct sleep_op *op = arg;

	timer_free(op->timer);
	op_return(&op->op, NULL, NULL);
}

/* host.sleep(seconds), not scaled */
static int
host_sleep(lua_State *L)
{
	double seconds = luaL_checknumber(L, 1);
	struct sleep_op *op = op_begin(L, sizeof(*op), sleep_cancel);

	op->timer = timer_new(script_of(L)->spec.clock, on_slept, op);
	timer_set_in(op->timer, seconds > 0 ? (uint64_t)(seconds * 1e9) : 0);
	return op_wait(L);
}

/* ---- parallel ---- */

struct parallel_op {
	struct op op;
	lua_State *L; /* the main state, for the registry */
	size_t n_left;
	size_t n_children;
	int results; /* reference to a table: a list for each function */
	struct child {
		struct parallel_op *op;
		struct task *task; /* NULL once it has ended */
		size_t index;
	} * children; /* owned */
};

static void
parallel_end(struct parallel_op *op, lua_State *L)
{
	for (size_t i = 0; i < op->n_children; i++)
		if (op->children[i].task != NULL)
			task_free(op->children[i].task);
	free(op->children);
	luaL_unref(L, LUA_REGISTRYINDEX, op->results);
}

static void
parallel_cancel(struct op *base)
{
	struct parallel_op *op = (struct parallel_op *)base;

	parallel_end(op, op->L);
	op_end(base);
}

static int
push_results(lua_State *L, void *data)
{
	struct parallel_op *op = data;

	lua_rawgeti(L, LUA_REGISTRYINDEX, op->results);
	luaL_unref(L, LUA_REGISTRYINDEX, op->results);
	op->results = LUA_NOREF;
	return 1;
}

/* One function has ended: its first result is kept; an error ends all. */
static void
on_child_done(struct task *task, const char *error, lua_State *co, int n,
	      void *arg)
{
	struct child *child = arg;
	struct parallel_op *op = child->op;
	lua_State *L = op_stack(&op->op);

	if (error != NULL) {
		char *text = xstrdup(error); /* it lies on @co's stack */

		if (task_is_late(task, error))
			op_late(&op->op);
		parallel_end(op, op->L);
		op_rethrow(&op->op, text);
		free(text);
		return;
	}
	/* Nothing here allocates: no Lua error can get out of the loop. */
	lua_rawgeti(L, LUA_REGISTRYINDEX, op->results);
	if (n > 0) {
		lua_pushvalue(co, -n);
		lua_xmove(co, L, 1);
	} else {
		lua_pushboolean(L, 0);
	}
	lua_rawseti(L, -2, (lua_Integer)child->index + 1);
	lua_pop(L, 1);
	if (--op->n_left > 0)
		return;
	free(op->children);
	op_return(&op->op, push_results, op);
}

/* host.parallel(f, ...) -> a table of the first result of each, false for a
 * function without one */
static int
host_parallel(lua_State *L)
{
	struct script *script = script_of(L);
	int n = lua_gettop(L);
	struct parallel_op *op;

	for (int i = 1; i <= n; i++)
		luaL_checktype(L, i, LUA_TFUNCTION);
	if (n <= 0) {
		lua_newtable(L);
		return 1;
	}
	op = op_begin(L, sizeof(*op), parallel_cancel);
	op->L = test_file_lua(script->spec.file);
	op->n_children = op->n_left = (size_t)n;
	op->results = LUA_NOREF;
	op->children = xcalloc((size_t)n, sizeof(*op->children));
	lua_createtable(L, n, 0);
	op->results = luaL_ref(L, LUA_REGISTRYINDEX);
	for (int i = 0; i < n; i++) {
		struct child *child = &op->children[i];

		child->op = op;
		child->index = (size_t)i;
		lua_pushvalue(L, i + 1);
		task_new(&script->tasks, L, *task_step(L), on_child_done, child,
			 &child->task);
	}
	return op_wait(L);
}

const struct luaL_Reg script_task_functions[] = {
	{ "check", script_host_check },
	{ "unknown_member", script_host_unknown_member },
	{ "raise", host_raise },
	{ "late", host_late },
	{ "now", host_now },
	{ "scaled", host_scaled },
	{ "log", host_log },
	{ "marked", host_marked },
	{ "attempt", host_attempt },
	{ "copied", host_copied },
	{ "show_serial", host_show_serial },
	{ "step", host_step },
	{ "step_begin", host_step_begin },
	{ "step_end", host_step_end },
	{ "sleep", host_sleep },
	{ "parallel", host_parallel },
	{ NULL, NULL },
};
