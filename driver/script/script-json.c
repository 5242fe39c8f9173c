/* script-json: JSON values and Lua values. */
#include "driver/script/script-internal.h"

#include <lauxlib.h>

#include "driver/script/task.h"

enum { DEPTH_MAX = 64 };

static const char array_type[] = "vdelab.array";

void
lua_mark_array(lua_State *L)
{
	if (luaL_newmetatable(L, array_type)) {
		lua_pushboolean(L, false);
		lua_setfield(L, -2, "__metatable");
	}
	lua_setmetatable(L, -2);
}

bool
lua_is_marked_array(lua_State *L, int i)
{
	bool marked = false;

	if (lua_getmetatable(L, i)) {
		luaL_getmetatable(L, array_type);
		marked = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	return marked;
}

/* @whole: null and empty arrays can be told apart from nothing. */
static void
push(lua_State *L, const json_t *value, bool whole)
{
	const char *key;
	json_t *member;
	size_t i;

	luaL_checkstack(L, 4, "JSON nested too deeply");
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		lua_newtable(L);
		json_object_foreach((json_t *)value, key, member)
		{
			push(L, member, whole);
			lua_setfield(L, -2, key);
		}
		break;
	case JSON_ARRAY:
		lua_newtable(L);
		json_array_foreach(value, i, member)
		{
			push(L, member, whole);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
		if (whole)
			lua_mark_array(L);
		break;
	case JSON_STRING:
		lua_pushlstring(L, json_string_value(value),
				json_string_length(value));
		break;
	case JSON_INTEGER:
		lua_pushinteger(L, json_integer_value(value));
		break;
	case JSON_REAL:
		lua_pushnumber(L, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		lua_pushboolean(L, json_is_true(value));
		break;
	case JSON_NULL:
		if (whole)
			lua_pushlightuserdata(L, NULL);
		else
			lua_pushnil(L);
		break;
	}
}

void
lua_push_json(lua_State *L, const json_t *value)
{
	push(L, value, false);
}

void
lua_push_json_whole(lua_State *L, const json_t *value)
{
	push(L, value, true);
}

int
lua_push_json_result(lua_State *L, void *data)
{
	lua_push_json(L, data);
	return 1;
}

static json_t *to_json(lua_State *L, int i, int depth);

/* A table with a first element, or marked as one, is an array, any other an
 * object. */
static json_t *
table_to_json(lua_State *L, int i, int depth)
{
	lua_Integer n = luaL_len(L, i);
	bool array = n > 0 || lua_is_marked_array(L, i);
	json_t *result = array ? json_array() : json_object();

	if (array) {
		for (lua_Integer k = 1; k <= n; k++) {
			json_t *member;

			lua_rawgeti(L, i, k);
			member = to_json(L, lua_gettop(L), depth + 1);
			lua_pop(L, 1);
			if (json_array_append_new(result, member) < 0)
				goto fail;
		}
		return result;
	}
	lua_pushnil(L);
	while (lua_next(L, i) != 0) {
		json_t *member = NULL;

		if (lua_type(L, -2) == LUA_TSTRING)
			member = to_json(L, lua_gettop(L), depth + 1);
		if (json_object_set_new(result,
					lua_type(L, -2) == LUA_TSTRING
					    ? lua_tostring(L, -2)
					    : "",
					member) < 0) {
			lua_pop(L, 2);
			goto fail;
		}
		lua_pop(L, 1);
	}
	return result;
fail:
	json_decref(result);
	return NULL;
}

static json_t *
to_json(lua_State *L, int i, int depth)
{
	const char *text;
	size_t size;

	if (depth > DEPTH_MAX)
		return NULL;
	luaL_checkstack(L, 4, "table nested too deeply");
	switch (lua_type(L, i)) {
	case LUA_TNIL:
		return json_null();
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, i));
	case LUA_TNUMBER:
		if (lua_isinteger(L, i))
			return json_integer(lua_tointeger(L, i));
		return json_real(lua_tonumber(L, i));
	case LUA_TSTRING:
		text = lua_tolstring(L, i, &size);
		return json_stringn(text, size);
	case LUA_TTABLE:
		return table_to_json(L, i, depth);
	case LUA_TLIGHTUSERDATA:
		return lua_touserdata(L, i) == NULL ? json_null() : NULL;
	default:
		return NULL;
	}
}

json_t *
lua_to_json(lua_State *L, int i)
{
	json_t *value = to_json(L, lua_absindex(L, i), 0);

	if (value == NULL)
		task_raise(L, "this value cannot be written as JSON");
	return value;
}
