/* script-check: a call against the table of methods, at run time. */
#include "driver/script/script-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/script/methods.h"
#include "lib/xalloc.h"

enum { ARGS_MAX = 64, FIELDS_MAX = 32, MISTAKE_SIZE = 512 };

static enum method_kind
table_kind(lua_State *L, int i)
{
	enum method_kind kind = VALUE_TABLE;

	if (luaL_getmetafield(L, i, "__name") == LUA_TSTRING) {
		const char *name = lua_tostring(L, -1);

		for (enum method_owner o = METHOD_GLOBAL + 1;
		     o < METHOD_N_OWNERS; o++)
			if (strcmp(name, method_owner_name(o)) == 0)
				kind = method_value_kind(o);
		if (strcmp(name, "packet") == 0)
			kind = VALUE_PACKET;
		lua_pop(L, 1);
	}
	return kind;
}

static struct method_value
value_at(lua_State *L, int i)
{
	struct method_value value = { .known = true };
	const char *text;
	size_t size;

	switch (lua_type(L, i)) {
	case LUA_TNIL:
		value.kind = VALUE_NIL;
		break;
	case LUA_TBOOLEAN:
		value.kind = VALUE_BOOL;
		break;
	case LUA_TNUMBER:
		value.kind = lua_isinteger(L, i) ? VALUE_INT : VALUE_NUM;
		value.i = lua_tointeger(L, i);
		value.n = lua_tonumber(L, i);
		break;
	case LUA_TSTRING:
		text = lua_tolstring(L, i, &size);
		value.kind = VALUE_STR;
		value.has_nul = memchr(text, '\0', size) != NULL;
		value.text = text;
		break;
	case LUA_TTABLE:
		value.kind = table_kind(L, i);
		break;
	case LUA_TFUNCTION:
		value.kind = VALUE_FN;
		break;
	default:
		value.kind = VALUE_OTHER;
		break;
	}
	return value;
}

/* The members of the options table at @i.  Return: how many. */
static size_t
read_fields(lua_State *L, int i, struct method_field *fields)
{
	size_t n = 0;

	lua_pushnil(L);
	while (n < FIELDS_MAX && lua_next(L, i) != 0) {
		fields[n++] = (struct method_field){
			.name = lua_type(L, -2) == LUA_TSTRING
				    ? lua_tostring(L, -2)
				    : NULL,
			.value = value_at(L, lua_gettop(L)),
		};
		lua_pop(L, 1);
	}
	if (n == FIELDS_MAX)
		lua_settop(L, lua_gettop(L) - 1);
	return n;
}

static void
on_mistake(const struct method_value *value, const char *text, void *arg)
{
	char *first = arg;

	(void)value;
	if (first[0] == '\0')
		snprintf(first, MISTAKE_SIZE, "%s", text);
}

static enum method_owner
check_owner(lua_State *L, int i)
{
	const char *name = luaL_checkstring(L, i);

	for (int owner = 0; owner < METHOD_N_OWNERS; owner++)
		if (strcmp(method_owner_name((enum method_owner)owner), name) ==
		    0)
			return (enum method_owner)owner;
	luaL_argerror(L, i, "no owner of methods");
	return METHOD_N_OWNERS;
}

void
script_check_call(lua_State *L, const struct method *method, int first)
{
	struct method_value args[ARGS_MAX];
	struct method_field fields[FIELDS_MAX];
	char mistake[MISTAKE_SIZE] = "";
	int n = lua_gettop(L);
	size_t n_args = 0;

	if (n - first + 1 > ARGS_MAX)
		task_raise(L, "%s: too many arguments", method->name);
	for (int i = first; i <= n; i++)
		args[n_args++] = value_at(L, i);
	if (method_has_options(method, args, n_args)) {
		size_t i = n_args - 1;

		if (args[i].kind != VALUE_TABLE)
			i--; /* a function comes last */
		args[i].fields = fields;
		args[i].n_fields = read_fields(L, first + (int)i, fields);
	}
	if (method_check_call(method, args, n_args, false, on_mistake,
			      mistake) > 0)
		task_raise(L, "%s", mistake);
}

/* host.check(owner, name, the call's arguments...) */
int
script_host_check(lua_State *L)
{
	enum method_owner owner = check_owner(L, 1);
	const char *name = luaL_checkstring(L, 2);
	const struct method *method = methods_find(owner, name);
	int first = 3, n = lua_gettop(L);

	if (method == NULL)
		return luaL_error(L, "method %s is missing in its table", name);
	if (owner != METHOD_GLOBAL) {
		if (n < first ||
		    value_at(L, first).kind != method_value_kind(owner))
			return task_raise(
			    L, "%s is a method: write x:%s(...), not x.%s(...)",
			    name, name, name);
		first++;
	}
	script_check_call(L, method, first);
	return 0;
}

/* host.unknown_member(owner, name) -> what to say of it */
int
script_host_unknown_member(lua_State *L)
{
	enum method_owner owner = check_owner(L, 1);
	const char *name = luaL_checkstring(L, 2);
	const char *near = methods_nearest(owner, name);

	if (owner == METHOD_GLOBAL && near != NULL)
		lua_pushfstring(L, "there is no %s; did you mean %s?", name,
				near);
	else if (owner == METHOD_GLOBAL)
		lua_pushfstring(L, "there is no %s", name);
	else if (near != NULL)
		lua_pushfstring(L,
				"a %s has no method \"%s\"; did you mean "
				"\"%s\"?",
				lua_tostring(L, 1), name, near);
	else
		lua_pushfstring(L, "a %s has no method \"%s\"",
				lua_tostring(L, 1), name);
	return 1;
}
