/* script-text: JSON and base64 for scripts. */
#include "driver/script/script-internal.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lib/base64.h"
#include "lib/xalloc.h"

/* Protected: Lua may run out of memory while jansson's value is ours. */
static int
push_whole(lua_State *L)
{
	lua_push_json_whole(L, lua_touserdata(L, 1));
	return 1;
}

/* host.json_decode(text) -> the value */
static int
host_json_decode(lua_State *L)
{
	size_t size;
	const char *text = luaL_checklstring(L, 1, &size);
	json_error_t error;
	json_t *value = json_loadb(
	    text, size,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	int status;

	if (value == NULL)
		return task_raise(L, "this is no JSON: line %d: %s", error.line,
				  error.text);
	lua_pushcfunction(L, push_whole);
	lua_pushlightuserdata(L, value);
	status = lua_pcall(L, 1, 1, 0);
	json_decref(value);
	return status == LUA_OK ? 1 : lua_error(L);
}

/* host.json_encode(value) -> text, members in order of their names */
static int
host_json_encode(lua_State *L)
{
	json_t *value;
	char *text;

	luaL_checkany(L, 1);
	value = lua_to_json(L, 1);
	text =
	    json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(value);
	if (text == NULL)
		return task_raise(L, "this value cannot be written as JSON");
	lua_pushstring(L, text);
	free(text);
	return 1;
}

/* host.json_array(table) -> the same table, marked */
static int
host_json_array(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_getmetatable(L, 1))
		return task_raise(L, "what has a metatable of its own cannot "
				     "be marked as an array");
	lua_settop(L, 1);
	lua_mark_array(L);
	return 1;
}

/* host.base64_encode(octets) -> text */
static int
host_base64_encode(lua_State *L)
{
	size_t size;
	const char *octets = luaL_checklstring(L, 1, &size);
	size_t len = (size + 2) / 3 * 4;
	/* Nothing may raise an error while the text is ours. */
	char *kept = lua_newuserdatauv(L, len + 1, 0);
	char *text = base64_encode(octets, size);

	memcpy(kept, text, len);
	free(text);
	lua_pushlstring(L, kept, len);
	return 1;
}

/* host.base64_decode(text) -> octets; white space does not count */
static int
host_base64_decode(lua_State *L)
{
	size_t len, n = 0, size;
	const char *text = luaL_checklstring(L, 1, &len);
	char *packed = lua_newuserdatauv(L, len + 1, 0);
	char *octets;

	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && (text[i] < '\t' || text[i] > '\r'))
			packed[n++] = text[i];
	octets = lua_newuserdatauv(L, base64_decoded_max(n) + 1, 0);
	if (base64_decode(packed, n, octets, &size) < 0)
		return task_raise(L, "this is no base64");
	lua_pushlstring(L, octets, size);
	return 1;
}

const struct luaL_Reg script_text_functions[] = {
	{ "json_decode", host_json_decode },
	{ "json_encode", host_json_encode },
	{ "json_array", host_json_array },
	{ "base64_encode", host_base64_encode },
	{ "base64_decode", host_base64_decode },
	{ NULL, NULL },
};
