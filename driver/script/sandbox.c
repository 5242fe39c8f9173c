#include "driver/script/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "driver/script/lua-library.h"
#include "driver/script/methods.h"
#include "lib/clock.h"
#include "lib/xalloc.h"

/* Lua asks every so many instructions whether time is up: often enough to be
 * in time by a millisecond, and far too seldom to be felt. */
enum { LOOK_EVERY = 10000 };

struct sandbox {
	lua_State *L;
	void *arg;
	struct clock *clock;
	uint64_t limit_ms;
	uint64_t deadline_ns; /* 0 = no watch */
	size_t memory_max;
	size_t memory_used;
};

static struct sandbox *
sandbox_of(lua_State *L)
{
	return *(struct sandbox **)lua_getextraspace(L);
}

void *
sandbox_arg(lua_State *L)
{
	return sandbox_of(L)->arg;
}

lua_State *
sandbox_lua(const struct sandbox *sandbox)
{
	return sandbox->L;
}

/* lua_Alloc */
static void *
allocate(void *arg, void *ptr, size_t old_size, size_t new_size)
{
	struct sandbox *sandbox = arg;
	size_t old = ptr != NULL ? old_size : 0; /* else it is a type */
	void *grown;

	if (new_size == 0) {
		free(ptr);
		sandbox->memory_used -= old;
		return NULL;
	}
	if (new_size > old &&
	    new_size - old > sandbox->memory_max - sandbox->memory_used)
		return NULL;
	grown = realloc(ptr, new_size);
	if (grown != NULL)
		sandbox->memory_used += new_size - old;
	return grown;
}

/*
 * Once time is up the hook runs at every instruction, so that what catches
 * the error fails in its turn.
 */
static void
on_count(lua_State *L, lua_Debug *ar)
{
	const struct sandbox *sandbox = sandbox_of(L);
	int count = LOOK_EVERY;

	if (sandbox->deadline_ns != 0 &&
	    clock_now_ns(sandbox->clock) >= sandbox->deadline_ns)
		count = 1;
	if (lua_gethookcount(L) != count)
		lua_sethook(L, on_count, LUA_MASKCOUNT, count);
	if (count != 1)
		return;
	lua_getinfo(L, "Sl", ar);
	lua_pushfstring(L,
			"%s:%d: Lua has computed for %d seconds without "
			"waiting for anything",
			ar->short_src, ar->currentline,
			(int)(sandbox->limit_ms / 1000));
	lua_error(L);
}

void
sandbox_compute_for(struct sandbox *sandbox, uint64_t limit_ms)
{
	sandbox->limit_ms = limit_ms;
	sandbox->deadline_ns =
	    limit_ms == 0 ? 0
			  : clock_now_ns(sandbox->clock) + limit_ms * NS_PER_MS;
}

static int
unknown_global(lua_State *L, const char *name)
{
	const char *why = lua_missing_why(name);
	const char *near = methods_nearest(METHOD_GLOBAL, name);

	if (why != NULL)
		return luaL_error(L, "%s is not there for tests: %s", name,
				  why);
	if (methods_find(METHOD_GLOBAL, name) != NULL)
		return luaL_error(L, "%s can be used in test_script only",
				  name);
	if (near != NULL)
		return luaL_error(L, "unknown global '%s' (did you mean '%s'?)",
				  name, near);
	return luaL_error(L, "unknown global '%s'", name);
}

/* __index of the globals: (table, key) */
static int
on_read_unknown(lua_State *L)
{
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "a global's name is a string");
	return unknown_global(L, lua_tostring(L, 2));
}

/* __newindex of the globals: (table, key, value) */
static int
on_make_global(lua_State *L)
{
	return luaL_error(L, "'%s' would be a global; declare it with `local`",
			  luaL_tolstring(L, 2, NULL));
}

/* __index of a library: (table, key) */
static int
on_read_missing(lua_State *L)
{
	const char *library = lua_tostring(L, lua_upvalueindex(1));
	const char *name, *why;

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	name = lua_pushfstring(L, "%s.%s", library, lua_tostring(L, 2));
	why = lua_missing_why(name);
	if (why != NULL)
		return luaL_error(L, "%s is not there for tests: %s", name,
				  why);
	return 0; /* nil, as in Lua */
}

/* As Lua's own, but for finalizers: they would run where the hook does not. */
static int
set_metatable(lua_State *L)
{
	int type = lua_type(L, 2);

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
			 "nil or table");
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	lua_settop(L, 2);
	if (type == LUA_TTABLE) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "finalizers (__gc) are not there "
					     "for tests");
		lua_settop(L, 2);
	}
	lua_setmetatable(L, 1);
	return 1;
}

/* The members that @library lists, out of the table at the stack's top, which
 * is replaced by a table of those. */
static void
keep_listed(lua_State *L, const struct lua_library *library)
{
	lua_createtable(L, 0, 32);
	for (size_t i = 0; library->members[i] != NULL; i++) {
		lua_getfield(L, -2, library->members[i]);
		lua_setfield(L, -2, library->members[i]);
	}
	lua_remove(L, -2);
}

static void
set_handler(lua_State *L, const char *event, lua_CFunction handler,
	    const char *name)
{
	lua_pushstring(L, name);
	lua_pushcclosure(L, handler, 1);
	lua_setfield(L, -2, event);
}

static lua_CFunction
find_opener(const char *library)
{
	static const struct luaL_Reg openers[] = {
		{ "", luaopen_base },	    { "string", luaopen_string },
		{ "table", luaopen_table }, { "math", luaopen_math },
		{ "utf8", luaopen_utf8 },   { "os", luaopen_os },
	};

	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
		if (strcmp(openers[i].name, library) == 0)
			return openers[i].func;
	return NULL;
}

/* Put the library's table, closed in, on the stack. */
static void
open_library(lua_State *L, const struct lua_library *library)
{
	lua_pushcfunction(L, find_opener(library->name));
	lua_pushstring(L, library->name);
	lua_call(L, 1, 1);
	keep_listed(L, library);
	if (library->name[0] == '\0')
		return;
	lua_createtable(L, 0, 1);
	set_handler(L, "__index", on_read_missing, library->name);
	lua_setmetatable(L, -2);
}

/* Methods of strings come from the closed-in table too. */
static void
set_string_methods(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_getfield(L, -3, "string");
	lua_setfield(L, -2, "__index");
	lua_pop(L, 2);
}

/* Loading a file is the same every time; a run sets its own seed. */
static void
set_seed(lua_State *L)
{
	lua_getfield(L, -1, "math");
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, 0);
	lua_call(L, 1, 0);
	lua_pop(L, 1);
}

/* Protected: makes the table of globals. */
static int
fill(lua_State *L)
{
	const struct lua_library *library = lua_libraries();

	open_library(L, library); /* the global functions come first */
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "_G");
	lua_pushcfunction(L, set_metatable);
	lua_setfield(L, -2, "setmetatable");
	for (library++; library->name != NULL; library++) {
		open_library(L, library);
		lua_setfield(L, -2, library->name);
	}
	set_string_methods(L);
	set_seed(L);
	lua_createtable(L, 0, 3);
	set_handler(L, "__index", on_read_unknown, "");
	set_handler(L, "__newindex", on_make_global, "");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	return 0;
}

struct sandbox *
sandbox_new(size_t memory_max, void *arg)
{
	struct sandbox *sandbox = XNEW(struct sandbox);

	sandbox->arg = arg;
	sandbox->memory_max = memory_max;
	sandbox->clock = clock_real_new(NULL);
	sandbox->L = lua_newstate(allocate, sandbox);
	if (sandbox->L == NULL) {
		sandbox_free(sandbox);
		return NULL;
	}
	*(struct sandbox **)lua_getextraspace(sandbox->L) = sandbox;
	lua_pushcfunction(sandbox->L, fill);
	if (lua_pcall(sandbox->L, 0, 0, 0) != LUA_OK) {
		sandbox_free(sandbox);
		return NULL;
	}
	lua_sethook(sandbox->L, on_count, LUA_MASKCOUNT, LOOK_EVERY);
	return sandbox;
}

void
sandbox_free(struct sandbox *sandbox)
{
	if (sandbox == NULL)
		return;
	if (sandbox->L != NULL)
		lua_close(sandbox->L);
	clock_free(sandbox->clock);
	free(sandbox);
}
