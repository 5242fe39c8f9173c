/* JSON values become Lua values and back. */
#include "driver/script/script-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "tests/unit/unit.h"

static lua_State *L;

static void
setup(void)
{
	L = luaL_newstate();
	ck_assert_ptr_nonnull(L);
	luaL_openlibs(L);
}

static void
teardown(void)
{
	lua_close(L);
}

static int
push(lua_State *L_)
{
	lua_push_json(L_, lua_touserdata(L_, 1));
	return 1;
}

static int
convert(lua_State *L_)
{
	json_t **result = lua_touserdata(L_, 2);

	*result = lua_to_json(L_, 1);
	return 0;
}

/* The value of a Lua expression as JSON text; "error: ..." when it has none;
 * returned owned. */
static char *
json_of(const char *expression)
{
	json_t *value = NULL;
	char code[512], *text;

	snprintf(code, sizeof(code), "return %s", expression);
	lua_pushcfunction(L, convert);
	ck_assert_int_eq(luaL_loadstring(L, code), LUA_OK);
	lua_call(L, 0, 1);
	lua_pushlightuserdata(L, (void *)&value);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		text = strdup(lua_tostring(L, -1));
		lua_pop(L, 1);
		return text;
	}
	text =
	    json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(value);
	return text;
}

static const struct {
	const char *lua;
	const char *want;
} values[] = {
	{ "nil", "null" },
	{ "true", "true" },
	{ "false", "false" },
	{ "-3", "-3" },
	{ "math.maxinteger", "9223372036854775807" },
	{ "1.5", "1.5" },
	{ "'a\\0b'", "\"a\\u0000b\"" },
	{ "''", "\"\"" },
	{ "{}", "{}" },
	{ "{ 1, 'x', { 2 } }", "[1,\"x\",[2]]" },
	{ "{ a = 1, b = { c = true } }", "{\"a\":1,\"b\":{\"c\":true}}" },
	{ "{ { a = {} } }", "[{\"a\":{}}]" },
};

START_TEST(a_value_is_written_as_json)
{
	char *text = json_of(values[_i].lua);

	ck_assert_str_eq(text, values[_i].want);
	free(text);
}
END_TEST

START_TEST(what_was_written_is_read_back_as_it_was)
{
	json_t *value =
	    json_loads(values[_i].want, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	char *text;

	ck_assert_ptr_nonnull(value);
	lua_pushcfunction(L, push);
	lua_pushlightuserdata(L, value);
	ck_assert_int_eq(lua_pcall(L, 1, 1, 0), LUA_OK);
	lua_setglobal(L, "v");
	text = json_of("v");
	ck_assert_str_eq(text, values[_i].want);
	free(text);
	json_decref(value);
}
END_TEST

static const char *const impossible[] = {
	"print",
	"{ 1, print }",
	"{ a = { print } }",
	"{ [true] = 1 }",
	"{ [1.5] = 1 }",
	"'\\xff'",
	"{ a = '\\xff' }",
	"{ ['\\xff'] = 1 }",
	"0/0",
	"math.huge",
	"(function() local t = {} t.t = t return t end)()",
	"(function() local t = {} t[1] = t return t end)()",
};

START_TEST(what_json_cannot_say_is_an_error)
{
	char *text = json_of(impossible[_i]);

	ck_assert_msg(strstr(text, "cannot be written as JSON") != NULL, "%s",
		      text);
	free(text);
}
END_TEST

/* @depth tables in one another. */
static char *
nested(int depth)
{
	char code[256];

	snprintf(code, sizeof(code),
		 "(function() local t = 1 for i = 1, %d do t = { t } end "
		 "return t end)()",
		 depth);
	return json_of(code);
}

START_TEST(tables_may_be_nested_up_to_a_limit)
{
	char *text = nested(64);

	ck_assert_msg(text[0] == '[', "%s", text);
	free(text);
	text = nested(65);
	ck_assert_ptr_nonnull(strstr(text, "cannot be written"));
	free(text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_value_is_written_as_json, UNIT_ROWS(values) },
		{ what_was_written_is_read_back_as_it_was, UNIT_ROWS(values) },
		{ what_json_cannot_say_is_an_error, UNIT_ROWS(impossible) },
		{ tables_may_be_nested_up_to_a_limit, 0 },
		{ NULL, 0 },
	};

	return unit_run("script-json", tests, setup, teardown);
}
