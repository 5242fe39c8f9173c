/* script-pause: what a person looks at when a script has failed, or stands
 * still. */
#include "driver/script/script-internal.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "lib/xalloc.h"

enum { LEVELS_MAX = 100, LOCALS_MAX = 200, STACK_NEEDED = 8, PLACE_SIZE = 512 };

/* In the registry: {error=, locals=}; its address is the key. */
static const char failure_key;

/* ---- the script's variables where it is ---- */

/* The value on top of @from's stack becomes a member of the table at @t of @L,
 * unless it has one of that name: inner functions come first. */
static void
keep(lua_State *from, lua_State *L, int t, const char *name)
{
	lua_xmove(from, L, 1);
	if (name[0] == '(' || strcmp(name, "_ENV") == 0) {
		lua_pop(L, 1);
		return;
	}
	if (lua_getfield(L, t, name) != LUA_TNIL) {
		lua_pop(L, 2);
		return;
	}
	lua_pop(L, 1);
	lua_setfield(L, t, name);
}

/* The variables of a function of the test file. */
static void
keep_level(lua_State *from, lua_Debug *ar, lua_State *L, int t)
{
	const char *name;
	int function;

	/* Of two of the same name the later one hides the earlier. */
	for (int i = LOCALS_MAX; i > 0; i--) {
		name = lua_getlocal(from, ar, i);
		if (name != NULL)
			keep(from, L, t, name);
	}
	lua_getinfo(from, "f", ar);
	function = lua_gettop(from);
	for (int i = 1; i <= LOCALS_MAX; i++) {
		name = lua_getupvalue(from, function, i);
		if (name == NULL)
			break;
		keep(from, L, t, name);
	}
	lua_pop(from, 1);
}

/* Notes what @from fails with, or stands still with; the error is on top of
 * @L's stack, and is popped. */
static void
note(lua_State *from, lua_State *L)
{
	lua_Debug ar;

	if (!lua_checkstack(L, STACK_NEEDED) ||
	    !lua_checkstack(from, STACK_NEEDED)) {
		lua_pop(L, 1);
		return;
	}
	lua_createtable(L, 0, 2);
	lua_insert(L, -2);
	lua_setfield(L, -2, "error");
	lua_newtable(L);
	for (int level = 0;
	     level < LEVELS_MAX && lua_getstack(from, level, &ar); level++) {
		lua_getinfo(from, "S", &ar);
		if (ar.source[0] == '@')
			keep_level(from, &ar, L, lua_gettop(L));
	}
	lua_setfield(L, -2, "locals");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &failure_key);
}

/* Is the error on top of the stack noted, from further inside? */
static bool
is_noted(lua_State *L)
{
	bool noted = false;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &failure_key) == LUA_TTABLE) {
		lua_getfield(L, -1, "error");
		noted = lua_rawequal(L, -1, -3);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return noted;
}

/* Message handler. */
static int
on_error(lua_State *L)
{
	lua_settop(L, 1);
	if (script_of(L)->spec.inspect && !is_noted(L)) {
		lua_pushvalue(L, 1);
		note(L, L);
	}
	return 1;
}

static int
end_guard(lua_State *L, int status, lua_KContext ctx)
{
	(void)ctx;
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L) - 1;
	lua_pushboolean(L, false);
	lua_insert(L, -2);
	return 2;
}

/* host.guard(fn, ...): pcall() that notes where an error was raised */
static int
host_guard(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushcfunction(L, on_error);
	lua_insert(L, 1);
	lua_pushboolean(L, true);
	lua_insert(L, 2);
	return end_guard(
	    L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 1, 0, end_guard),
	    0);
}

/* Protected: (the coroutine that died, whose error is on its stack). */
static int
note_dead(lua_State *L)
{
	lua_State *co = lua_touserdata(L, 1);

	lua_checkstack(co, STACK_NEEDED);
	lua_pushvalue(co, -1);
	lua_xmove(co, L, 1);
	if (is_noted(L))
		return 0;
	note(co, L);
	return 0;
}

void
script_note_failure(struct script *script, lua_State *L, lua_State *co)
{
	if (!script->spec.inspect)
		return;
	lua_pushcfunction(L, note_dead);
	lua_pushlightuserdata(L, co);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		lua_pop(L, 1); /* no memory: there is nothing to look at */
}

/* host.failure() -> {error=, locals=}, or nil */
static int
host_failure(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &failure_key);
	return 1;
}

/* ---- standing still ---- */

struct pause_op {
	struct op op;
	TAILQ_ENTRY(pause_op) entry;
	struct script *script;
	char place[PLACE_SIZE];
};

static void
pause_cancel(struct op *base)
{
	struct pause_op *op = (struct pause_op *)base;

	TAILQ_REMOVE(&op->script->pauses, op, entry);
	op_end(base);
}

/* "nat.lua:12", of the innermost function of the test file. */
static void
place_of(lua_State *L, char *place, size_t size)
{
	lua_Debug ar;

	snprintf(place, size, "the prompt");
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.source[0] != '@' || ar.currentline <= 0)
			continue;
		snprintf(place, size, "%s:%d", ar.source + 1, ar.currentline);
		return;
	}
}

/* host.pause(): until somebody says that it goes on */
static int
host_pause(lua_State *L)
{
	struct script *script = script_of(L);
	const char *why = "nobody can be asked here";
	struct pause_op *op;
	char place[PLACE_SIZE];

	op_check(L);
	place_of(L, place, sizeof(place));
	if (script->spec.on_pause != NULL)
		why = script->spec.on_pause(place, script->spec.pause_arg);
	if (why != NULL)
		return task_raise(L, "breakpoint: %s", why);
	lua_pushnil(L);
	note(L, L);
	op = op_begin(L, sizeof(*op), pause_cancel);
	op->script = script;
	memcpy(op->place, place, sizeof(place));
	TAILQ_INSERT_TAIL(&script->pauses, op, entry);
	return op_wait(L);
}

bool
script_continue(struct script *script)
{
	struct pause_op *op = TAILQ_FIRST(&script->pauses);

	if (op == NULL)
		return false;
	TAILQ_REMOVE(&script->pauses, op, entry);
	op_return(&op->op, NULL, NULL);
	return true;
}

size_t
script_n_paused(const struct script *script)
{
	const struct pause_op *op;
	size_t n = 0;

	TAILQ_FOREACH (op, &script->pauses, entry)
		n++;
	return n;
}

const char *
script_paused_at(const struct script *script)
{
	const struct pause_op *op = TAILQ_FIRST(&script->pauses);

	return op != NULL ? op->place : NULL;
}

const struct luaL_Reg script_pause_functions[] = {
	{ "guard", host_guard },
	{ "failure", host_failure },
	{ "pause", host_pause },
	{ NULL, NULL },
};
