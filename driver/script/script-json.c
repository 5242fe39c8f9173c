/* script-json: JSON values and Lua values. */
#include "driver/script/script-internal.h"

#include <lauxlib.h>

#include "driver/script/task.h"

enum { DEPTH_MAX = 64 };

void
lua_push_json(lua_State *L, const json_t *value)
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
			lua_push_json(L, member);
			lua_setfield(L, -2, key);
		}
		break;
	case JSON_ARRAY:
		lua_newtable(L);
		json_array_foreach(value, i, member)
		{
			lua_push_json(L, member);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
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
		lua_pushnil(L);
		break;
	}
}

int
lua_push_json_result(lua_State *L, void *data)
{
	lua_push_json(L, data);
	return 1;
}

static json_t *to_json(lua_State *L, int i, int depth);

/* A table with a first element is an array, any other an object. */
static json_t *
table_to_json(lua_State *L, int i, int depth)
{
	lua_Integer n = luaL_len(L, i);
	json_t *result = n > 0 ? json_array() : json_object();

	if (n > 0) {
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
