#include "driver/script/table-json.h"

#include <math.h>
#include <string.h>

#include <lua.h>

#include "driver/lab/reader.h"

enum { STACK_NEEDED = 4 }; /* a key, a value, and room to look at them */

static json_t *to_json(lua_State *L, int index, struct reader *reader);

static json_t *
number_to_json(lua_State *L, int index, struct reader *reader)
{
	double n = lua_tonumber(L, index);
	int is_int;
	lua_Integer i = lua_tointegerx(L, index, &is_int);

	if (is_int)
		return json_integer(i); /* 2.0 is 2 */
	if (isfinite(n))
		return json_real(n);
	reader_problem(reader, "must be a number, not %g", n);
	return NULL;
}

static json_t *
string_to_json(lua_State *L, int index, struct reader *reader)
{
	size_t size;
	const char *text = lua_tolstring(L, index, &size);
	json_t *value = json_stringn(text, size);

	if (value == NULL)
		reader_problem(reader, "is not UTF-8; a file with other bytes "
				       "is named by its path");
	return value;
}

/* The members from 1 to @n, all of them there. */
static json_t *
list_to_json(lua_State *L, int index, size_t n, struct reader *reader)
{
	json_t *list = json_array();

	for (size_t i = 1; i <= n; i++) {
		reader_enter_index(reader, i);
		if (lua_rawgeti(L, index, (lua_Integer)i) == LUA_TNIL)
			reader_problem(reader, "is nil: a list has no holes");
		else
			json_array_append_new(
			    list, to_json(L, lua_gettop(L), reader));
		lua_pop(L, 1);
		reader_leave(reader);
	}
	return list;
}

static json_t *
names_to_json(lua_State *L, int index, struct reader *reader, const char *skip)
{
	json_t *object = json_object();
	const char *key;
	size_t len;

	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		key = lua_tolstring(L, -2, &len); /* a string: left as it is */
		if (skip != NULL && strcmp(key, skip) == 0 &&
		    lua_isfunction(L, -1))
			continue;
		reader_enter(reader, key);
		if (strlen(key) != len)
			reader_problem(reader, "a name has no NUL byte");
		else if (json_object_set_new(
			     object, key, to_json(L, lua_gettop(L), reader)) <
			 0)
			reader_problem(reader, "a name is UTF-8");
		reader_leave(reader);
	}
	return object;
}

/* How many keys are integers, strings, others. */
static void
count_keys(lua_State *L, int index, size_t *n_ints, size_t *n_names,
	   size_t *n_others)
{
	*n_ints = *n_names = *n_others = 0;
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		if (lua_isinteger(L, -2))
			++*n_ints;
		else if (lua_type(L, -2) == LUA_TSTRING)
			++*n_names;
		else
			++*n_others;
	}
}

static json_t *
members_to_json(lua_State *L, int index, struct reader *reader,
		const char *skip)
{
	size_t n_ints, n_names, n_others;

	if (reader->depth == READER_DEPTH_MAX ||
	    !lua_checkstack(L, STACK_NEEDED)) {
		reader_problem(reader, "is nested too deeply; does a table "
				       "contain itself?");
		return NULL;
	}
	if (lua_getmetatable(L, index)) {
		lua_pop(L, 1);
		reader_problem(reader, "a table with a metatable may have "
				       "other members than it seems; give a "
				       "plain one");
		return NULL;
	}
	count_keys(L, index, &n_ints, &n_names, &n_others);
	if (n_others > 0)
		reader_problem(reader, "a table's keys are names, or numbers "
				       "from 1 on");
	else if (n_ints > 0 && n_names > 0)
		reader_problem(reader, "is both a list and a table of names");
	else if (n_ints > 0)
		return list_to_json(L, index, n_ints, reader);
	else
		return names_to_json(L, index, reader, skip);
	return NULL;
}

static json_t *
to_json(lua_State *L, int index, struct reader *reader)
{
	json_t *value = NULL;

	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN:
		value = json_boolean(lua_toboolean(L, index));
		break;
	case LUA_TNUMBER:
		value = number_to_json(L, index, reader);
		break;
	case LUA_TSTRING:
		value = string_to_json(L, index, reader);
		break;
	case LUA_TTABLE:
		value = members_to_json(L, index, reader, NULL);
		break;
	case LUA_TFUNCTION:
		reader_problem(reader, "a function can be test_script only");
		break;
	default:
		reader_problem(reader, "a %s cannot be here",
			       lua_typename(L, lua_type(L, index)));
		break;
	}
	return value != NULL ? value : json_null();
}

json_t *
table_to_json(lua_State *L, int index, struct reader *reader, const char *skip)
{
	json_t *value =
	    members_to_json(L, lua_absindex(L, index), reader, skip);

	return value != NULL ? value : json_object();
}
