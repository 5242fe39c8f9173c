#include "driver/script/script-call.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/script/methods.h"
#include "driver/script/script-internal.h"
#include "driver/script/test-file.h"
#include "lib/json.h"
#include "lib/xalloc.h"

struct hold_op;

struct script_call {
	LIST_ENTRY(script_call) entry;
	struct script *script;	      /* borrowed */
	struct script_call_spec spec; /* its values are owned */
	struct task *task;	      /* NULL: it has ended, or never began */
	json_t *results;	      /* owned */
	struct hold_op *hold;	      /* of a scope that has begun */
	bool usage;		      /* what fails now is the caller's fault */
	size_t n_losses;	      /* when it began */
};

/* In the registry: what the prelude serves, and the objects that calls may
 * name (script-value.c); their addresses are the keys. */
static const char served_key, objects_key;

/* ---- within the task ---- */

/* The results are all that is on the stack from @base on. */
static int
keep_results(lua_State *L, int status, lua_KContext ctx)
{
	struct script_call *call = (struct script_call *)ctx;
	int objects = 1, base = 1, top = lua_gettop(L);

	(void)status;
	json_decref(call->results);
	call->results = json_array();
	lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key);
	objects = lua_gettop(L);
	for (int i = base; i <= top; i++)
		json_array_append_new(call->results,
				      script_value(L, i, objects));
	return 0;
}

/* The object that a method is called on, by its name or number. */
static void
push_self(lua_State *L, const struct script_call *call, int objects)
{
	const char *owner = method_owner_name(call->spec.method->owner);
	json_t *ref;

	if (call->spec.method->owner == METHOD_GLOBAL) {
		if (call->spec.self != NULL)
			task_raise(L,
				   "%s: belongs to no object: there is no "
				   "\"self\"",
				   call->spec.method->name);
		lua_pushnil(L);
		return;
	}
	if (call->spec.self == NULL)
		task_raise(L, "%s: \"self\" must name a %s",
			   call->spec.method->name, owner);
	if (json_is_object(call->spec.self)) {
		script_push_value(L, call->spec.self, objects);
		return;
	}
	ref = json_pack("{s:s, s:O}", "$object", owner, "id", call->spec.self);
	/* If that fails Lua leaves us for good: the call keeps it. */
	json_decref(call->results);
	((struct script_call *)call)->results = ref;
	script_push_value(L, ref, objects);
}

static void
push_args(lua_State *L, const struct script_call *call, int objects)
{
	size_t n = json_array_size(call->spec.args);

	luaL_checkstack(L, (int)n + 8, "too many arguments");
	for (size_t i = 0; i < n; i++)
		script_push_value(L, json_array_get(call->spec.args, i),
				  objects);
	if (json_object_size(call->spec.options) > 0)
		script_push_value(L, call->spec.options, objects);
}

/* The function that serves the call, with what is particular to it. */
static void
push_method(lua_State *L, struct script_call *call, int objects)
{
	const struct method *method = call->spec.method;

	lua_getfield(L, 1, "method");
	lua_pushstring(L, method_owner_name(method->owner));
	lua_pushstring(L, method->name);
	lua_pushboolean(L, method->params != NULL);
	push_self(L, call, objects);
}

static int host_hold(lua_State *L);

/* In place of a script's function; its upvalue is the call. */
static int
hold_body(lua_State *L)
{
	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(1));
	return host_hold(L);
}

/* Runs as the task; its upvalue is the call. */
static int
serve_call(lua_State *L)
{
	static const char *const functions[] = {
		[SCRIPT_CALL_EVAL] = "eval",
		[SCRIPT_CALL_RUN] = "run",
		[SCRIPT_CALL_SUBTEST] = "subtest",
		[SCRIPT_CALL_FORGET] = "forget",
		[SCRIPT_CALL_SHELL] = "shell",
		[SCRIPT_CALL_CAPTURE] = "capture",
	};
	struct script_call *call = lua_touserdata(L, lua_upvalueindex(1));
	const struct method *method = call->spec.method;
	int first;

	lua_settop(L, 0);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &served_key);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key);
	call->usage = true;
	if (method != NULL)
		push_method(L, call, 2);
	else
		lua_getfield(L, 1, functions[call->spec.verb]);
	if (call->spec.verb == SCRIPT_CALL_SUBTEST)
		lua_pushlightuserdata(L, call);
	first = lua_gettop(L) + 1;
	push_args(L, call, 2);
	if (call->spec.verb == SCRIPT_CALL_SCOPE) {
		lua_pushlightuserdata(L, call);
		lua_pushcclosure(L, hold_body, 1);
	}
	if (method != NULL && method->params != NULL)
		script_check_call(L, method, first);
	else if (method != NULL && lua_gettop(L) >= first)
		task_raise(L, "%s is a value: it takes no arguments",
			   method->name);
	call->usage = false;
	lua_remove(L, 1);
	lua_remove(L, 1);
	lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, (lua_KContext)call,
		  keep_results);
	return keep_results(L, LUA_OK, (lua_KContext)call);
}

/* ---- scopes that last ---- */

struct hold_op {
	struct op op;
	struct script_call *call;
};

static void
hold_cancel(struct op *base)
{
	((struct hold_op *)base)->call->hold = NULL;
	op_end(base);
}

/* Who holds it hears of it by its calls, ends it, and says of what. */
static void
hold_abort(struct op *base, const char *why)
{
	(void)base;
	(void)why;
}

/* host.hold(call): returns, or raises an error, when told to leave */
static int
host_hold(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);
	struct hold_op *op = op_begin(L, sizeof(*op), hold_cancel);

	op_on_abort(&op->op, hold_abort);
	op->call = call;
	call->hold = op;
	call->spec.begun(*task_step(L), call->spec.arg);
	return op_wait(L);
}

void
script_call_leave(struct script_call *call, const char *error, bool late)
{
	struct hold_op *op = call->hold;

	if (op == NULL)
		return; /* it ends already */
	call->hold = NULL;
	if (error == NULL) {
		op_return(&op->op, NULL, NULL);
		return;
	}
	if (late)
		op_late(&op->op);
	op_rethrow(&op->op, error);
}

/* ---- life ---- */

static void
call_free(struct script_call *call)
{
	LIST_REMOVE(call, entry);
	json_decref((json_t *)call->spec.self);
	json_decref((json_t *)call->spec.args);
	json_decref((json_t *)call->spec.options);
	json_decref(call->results);
	free(call);
}

static void
on_call_done(struct task *task, const char *error, lua_State *co, int n,
	     void *arg)
{
	struct script_call *call = arg;
	struct script_outcome outcome = { .results = call->results };

	(void)co;
	(void)n;
	if (error != NULL) {
		outcome.results = NULL;
		outcome.error = error;
		outcome.kind = call->usage		   ? "usage"
			       : task_is_late(task, error) ? "timed-out"
							   : "failed";
		outcome.lost = script_n_losses(call->script) > call->n_losses;
	}
	call->spec.done(&outcome, call->spec.arg);
	call_free(call);
}

/* Protected: makes the task. */
static int
start_call(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);

	lua_pushlightuserdata(L, call);
	lua_pushcclosure(L, serve_call, 1);
	task_new(&call->script->tasks, L, (lua_Integer)call->spec.step,
		 on_call_done, call, &call->task);
	if (call->spec.at != NULL)
		task_set_place(call->task,
			       json_str_or(call->spec.at, "file", ""),
			       (int)json_int_or(call->spec.at, "line", 0));
	call->spec.at = NULL; /* was borrowed for this */
	return 0;
}

struct script_call *
script_call(struct script *script, const struct script_call_spec *spec)
{
	struct script_call *call = XNEW(struct script_call);
	lua_State *L = test_file_lua(script->spec.file);

	call->script = script;
	call->n_losses = script_n_losses(script);
	call->spec = *spec;
	json_incref((json_t *)spec->self);
	json_incref((json_t *)spec->args);
	json_incref((json_t *)spec->options);
	LIST_INSERT_HEAD(&script->calls, call, entry);
	lua_pushcfunction(L, start_call);
	lua_pushlightuserdata(L, call);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		abort(); /* out of memory, at the start of a coroutine */
	return call;
}

void
script_call_cancel(struct script_call *call)
{
	if (call->task != NULL)
		task_free(call->task);
	call_free(call);
}

/* ---- for the prelude ---- */

/* host.serve(functions, objects): what calls from outside reach */
static int
host_serve(lua_State *L)
{
	lua_settop(L, 2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &objects_key);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &served_key);
	return 0;
}

/* host.compile(text, name, environment) -> a function; nil, why, and whether
 * more text may mend it */
static int
host_compile(lua_State *L)
{
	size_t size;
	const char *text = luaL_checklstring(L, 1, &size);
	const char *name = luaL_checkstring(L, 2);
	const char *why;
	size_t len;

	if (luaL_loadbufferx(L, text, size, name, "t") == LUA_OK) {
		lua_pushvalue(L, 3);
		lua_setupvalue(L, -2, 1);
		return 1;
	}
	why = lua_tolstring(L, -1, &len);
	lua_pushnil(L);
	lua_insert(L, -2);
	lua_pushboolean(L, len >= 5 && strcmp(why + len - 5, "<eof>") == 0);
	return 3;
}

/* host.test_script() -> the function */
static int
host_test_script(lua_State *L)
{
	test_file_push_script(script_of(L)->spec.file, L);
	return 1;
}

/* host.subtests() -> the names that the script gives to subtests as they are
 * written there */
static int
host_subtests(lua_State *L)
{
	json_t *names = test_file_subtests(script_of(L)->spec.file);

	lua_push_json(L, names);
	json_decref(names);
	return 1;
}

/* host.describe(name or nil) -> what help says of methods */
static int
host_describe(lua_State *L)
{
	const char *name = luaL_optstring(L, 1, NULL);
	char *text = methods_describe(name);

	if (text != NULL)
		lua_pushstring(L, text);
	else
		lua_pushnil(L);
	free(text);
	return 1;
}

const struct luaL_Reg script_call_functions[] = {
	{ "hold", host_hold },
	{ "serve", host_serve },
	{ "compile", host_compile },
	{ "test_script", host_test_script },
	{ "subtests", host_subtests },
	{ "describe", host_describe },
	{ NULL, NULL },
};
