/* script-value: values of Lua and JSON for calls from outside of the script. */
#include "driver/script/script-internal.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/script/task.h"
#include "lib/base64.h"

enum {
	DEPTH_MAX = 64,
	/* Objects that clients have been given numbers of, and have not
	 * released: each lives as long as that. */
	OBJECTS_MAX = 10000,
	/* In the table of names: how many numbers were given, and how many of
	 * them are in use. */
	AT_GIVEN = 0,
	AT_IN_USE = -1,
};

/* ---- from JSON ---- */

static void push_value(lua_State *L, const json_t *value, int objects);

static void
push_octets(lua_State *L, const json_t *text)
{
	const char *s = json_string_value(text);
	size_t size = 0;
	luaL_Buffer b;
	char *octets;

	if (s == NULL)
		task_raise(L, "$base64: must be a string");
	octets = luaL_buffinitsize(L, &b, base64_decoded_max(strlen(s)));
	if (base64_decode(s, strlen(s), octets, &size) < 0)
		task_raise(L, "$base64: \"%.20s\" is not base64", s);
	luaL_pushresultsize(&b, size);
}

static void
push_object(lua_State *L, const json_t *ref, int objects)
{
	const char *kind = json_string_value(json_object_get(ref, "$object"));
	const json_t *id = json_object_get(ref, "id");

	if (kind == NULL || !(json_is_string(id) || json_is_integer(id)))
		task_raise(L, "$object: must be a kind, and have an id");
	if (lua_getfield(L, objects, kind) != LUA_TTABLE)
		task_raise(L, "$object: there is no %s", kind);
	push_value(L, id, objects);
	if (lua_gettable(L, -2) == LUA_TNIL) {
		char *shown = json_dumps(id, JSON_ENCODE_ANY);

		lua_pushstring(L, shown);
		free(shown);
		task_raise(L, "there is no %s %s", kind, lua_tostring(L, -1));
	}
	lua_remove(L, -2);
}

static void
push_members(lua_State *L, const json_t *value, int objects)
{
	const char *key;
	json_t *member;

	if (json_object_get(value, "$base64") != NULL) {
		push_octets(L, json_object_get(value, "$base64"));
		return;
	}
	if (json_object_get(value, "$object") != NULL) {
		push_object(L, value, objects);
		return;
	}
	lua_createtable(L, 0, (int)json_object_size(value));
	json_object_foreach((json_t *)value, key, member)
	{
		push_value(L, member, objects);
		lua_setfield(L, -2, key);
	}
}

static void
push_value(lua_State *L, const json_t *value, int objects)
{
	json_t *member;
	size_t i;

	luaL_checkstack(L, 6, "JSON nested too deeply");
	if (json_is_object(value)) {
		push_members(L, value, objects);
	} else if (json_is_array(value)) {
		lua_createtable(L, (int)json_array_size(value), 0);
		json_array_foreach(value, i, member)
		{
			push_value(L, member, objects);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
	} else {
		lua_push_json(L, value);
	}
}

void
script_push_value(lua_State *L, const json_t *value, int objects)
{
	push_value(L, value, lua_absindex(L, objects));
}

/* ---- to JSON; NULL with what is wrong on top of the stack ---- */

static json_t *to_json(lua_State *L, int i, int objects, int depth);

static json_t *
string_to_json(lua_State *L, int i)
{
	size_t size;
	const char *text = lua_tolstring(L, i, &size);
	json_t *value = NULL;
	char *coded;

	if (memchr(text, '\0', size) == NULL)
		value = json_stringn(text, size);
	if (value != NULL)
		return value;
	coded = base64_encode(text, size);
	value = json_pack("{s:s}", "$base64", coded);
	free(coded);
	return value;
}

/* Counts one more at @at of the table of names, on top; and leaves the count
 * there. */
static void
count_one(lua_State *L, lua_Integer at)
{
	lua_Integer n;

	lua_rawgeti(L, -1, at);
	n = lua_tointeger(L, -1) + 1;
	lua_pop(L, 1);
	lua_pushinteger(L, n);
	lua_pushvalue(L, -1);
	lua_rawseti(L, -3, at);
}

/* The id by which @objects knows the object at @i is put on the stack; a new
 * one if need be.  Return: false with what is wrong there. */
static bool
push_id(lua_State *L, int i, int objects, const char *kind)
{
	lua_getfield(L, objects, "");
	lua_pushvalue(L, i);
	if (lua_gettable(L, -2) != LUA_TNIL) {
		lua_remove(L, -2);
		return true;
	}
	lua_pop(L, 1);
	lua_rawgeti(L, -1, AT_IN_USE);
	if (lua_tointeger(L, -1) >= OBJECTS_MAX) {
		lua_pushfstring(L,
				"clients hold %d objects already: release "
				"those that are needed no more",
				OBJECTS_MAX);
		return false;
	}
	lua_pop(L, 1);
	count_one(L, AT_IN_USE);
	lua_pop(L, 1);
	count_one(L, AT_GIVEN);
	lua_pushvalue(L, i);
	lua_pushvalue(L, -2);
	lua_settable(L, -4); /* ids[object] = id */
	if (lua_getfield(L, objects, kind) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_setfield(L, objects, kind);
	}
	lua_pushvalue(L, -2);
	lua_pushvalue(L, i);
	lua_settable(L, -3); /* objects[kind][id] = object */
	lua_pop(L, 1);
	lua_remove(L, -2);
	return true;
}

static json_t *
object_to_json(lua_State *L, int i, int objects, const char *kind)
{
	json_t *ref;

	if (!push_id(L, i, objects, kind))
		return NULL;
	ref = lua_isinteger(L, -1)
		  ? json_pack("{s:s, s:I}", "$object", kind, "id",
			      (json_int_t)lua_tointeger(L, -1))
		  : json_pack("{s:s, s:s}", "$object", kind, "id",
			      lua_tostring(L, -1));
	lua_pop(L, 1);
	return ref;
}

static json_t *
list_to_json(lua_State *L, int i, int objects, int depth)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, i);
	json_t *list = json_array();

	for (lua_Integer k = 1; k <= n; k++) {
		json_t *member;

		lua_rawgeti(L, i, k);
		member = to_json(L, lua_gettop(L), objects, depth + 1);
		if (member == NULL) {
			json_decref(list);
			return NULL;
		}
		lua_pop(L, 1);
		json_array_append_new(list, member);
	}
	return list;
}

/* A key that is no string is written as one. */
static json_t *
names_to_json(lua_State *L, int i, int objects, int depth)
{
	json_t *object = json_object();

	for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) {
		json_t *member = to_json(L, lua_gettop(L), objects, depth + 1);
		const char *why;

		if (member == NULL) {
			json_decref(object);
			return NULL;
		}
		lua_pushvalue(L, -2);
		why = luaL_tolstring(L, -1, NULL);
		if (json_object_set_new(object, why, member) < 0) {
			json_decref(object);
			lua_pushliteral(L, "a key of the result is no UTF-8");
			return NULL;
		}
		lua_pop(L, 2);
	}
	return object;
}

/* An empty table is a list: most that may be empty are. */
static json_t *
table_to_json(lua_State *L, int i, int objects, int depth)
{
	const char *kind = NULL;
	json_t *value;

	if (lua_is_marked_array(L, i))
		return list_to_json(L, i, objects, depth);
	if (luaL_getmetafield(L, i, "__name") == LUA_TSTRING)
		kind = lua_tostring(L, -1); /* the metatable keeps it */
	if (kind != NULL) {
		bool plain = strcmp(kind, "frame") == 0;

		value = plain ? NULL : object_to_json(L, i, objects, kind);
		if (!plain && value == NULL)
			return NULL; /* what is wrong is on top */
		lua_pop(L, 1);
		if (!plain)
			return value;
		value = names_to_json(L, i, objects, depth);
		if (value != NULL) {
			luaL_tolstring(L, i, NULL);
			json_object_set_new(value, "line",
					    string_to_json(L, -1));
			lua_pop(L, 1);
		}
		return value;
	}
	if (lua_getmetatable(L, i)) {
		lua_pushliteral(L, "the result holds an object that has no "
				   "name");
		return NULL;
	}
	lua_pushnil(L);
	if (lua_next(L, i) == 0)
		return json_array();
	lua_pop(L, 2);
	if (lua_rawgeti(L, i, 1) != LUA_TNIL) {
		lua_pop(L, 1);
		return list_to_json(L, i, objects, depth);
	}
	lua_pop(L, 1);
	return names_to_json(L, i, objects, depth);
}

static json_t *
to_json(lua_State *L, int i, int objects, int depth)
{
	json_t *value = NULL;

	if (depth > DEPTH_MAX || !lua_checkstack(L, 12)) {
		lua_pushliteral(L, "the result is nested too deeply");
		return NULL;
	}
	switch (lua_type(L, i)) {
	case LUA_TNIL:
		return json_null();
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, i));
	case LUA_TNUMBER:
		value = lua_isinteger(L, i) ? json_integer(lua_tointeger(L, i))
					    : json_real(lua_tonumber(L, i));
		break; /* JSON has no infinity */
	case LUA_TSTRING:
		return string_to_json(L, i);
	case LUA_TTABLE:
		return table_to_json(L, i, objects, depth);
	case LUA_TLIGHTUSERDATA:
		if (lua_touserdata(L, i) == NULL)
			return json_null();
		break;
	default:
		break;
	}
	if (value == NULL)
		lua_pushfstring(L,
				"the result holds a %s, for which JSON has "
				"no word",
				lua_type(L, i) == LUA_TNUMBER
				    ? "number that is none"
				    : luaL_typename(L, i));
	return value;
}

json_t *
script_value(lua_State *L, int i, int objects)
{
	json_t *value =
	    to_json(L, lua_absindex(L, i), lua_absindex(L, objects), 0);

	if (value == NULL)
		task_raise(L, "%s", lua_tostring(L, -1));
	return value;
}
