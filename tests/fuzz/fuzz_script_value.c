#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lualib.h>

#include "driver/script/script-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stack: the JSON, the table of objects.  Returns what comes back. */
static int
there_and_back(lua_State *L)
{
	json_t **value = lua_touserdata(L, 1);
	json_t *back;

	script_push_value(L, *value, 2);
	back = script_value(L, -1, 2);
	json_decref(*value);
	*value = back;
	return 0;
}

static bool
try_once(lua_State *L, json_t **value)
{
	bool ok;

	lua_settop(L, 1);
	lua_pushcfunction(L, there_and_back);
	lua_pushlightuserdata(L, value);
	lua_pushvalue(L, 1);
	ok = lua_pcall(L, 2, 0, 0) == LUA_OK;
	return ok;
}

/* Property: what a client sends is refused, or becomes a value of Lua that,
 * sent back, is understood as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *value =
	    json_loadb((const char *)data, size,
		       JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	struct task_set set;
	lua_State *L;
	json_t *first;

	if (value == NULL)
		return 0;
	L = luaL_newstate();
	if (L == NULL)
		abort();
	luaL_openlibs(L);
	/* objects: machine "a", an object of its own. */
	task_set_init(&set, NULL, NULL, L);
	luaL_loadstring(L, "local a = setmetatable({}, {__name = 'machine'})"
			   "return { [''] = { [0] = 0, [a] = 'a' },"
			   "machine = { a = a } }");
	if (lua_pcall(L, 0, 1, 0) != LUA_OK)
		abort();
	if (try_once(L, &value)) {
		first = json_incref(value);
		if (!try_once(L, &value) || !json_equal(value, first))
			abort();
		json_decref(first);
	}
	json_decref(value);
	lua_close(L);
	return 0;
}
