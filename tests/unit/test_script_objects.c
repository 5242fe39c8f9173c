/* Objects that leave the script have numbers, and there is an end to them. */
#include "driver/script/script-internal.h"

#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "lib/json.h"
#include "tests/unit/unit.h"

enum { OBJECTS = 10000 };

static lua_State *L;
static struct task_set set;

static void
setup(void)
{
	L = luaL_newstate();
	ck_assert_ptr_nonnull(L);
	luaL_openlibs(L);
	task_set_init(&set, NULL, NULL, L);
	lua_newtable(L); /* index 1: what may be named */
	lua_newtable(L);
	lua_setfield(L, 1, "");
}

static void
teardown(void)
{
	lua_close(L);
}

static int
leave(lua_State *L_)
{
	json_t **ref = lua_touserdata(L_, 3);

	*ref = script_value(L_, 2, 1);
	return 0;
}

/* An object like those of the prelude goes out; returned owned, NULL with the
 * error on the stack. */
static json_t *
send_object(void)
{
	json_t *ref = NULL;

	lua_pushcfunction(L, leave);
	lua_pushvalue(L, 1);
	lua_newtable(L);
	lua_newtable(L);
	lua_pushliteral(L, "watch");
	lua_setfield(L, -2, "__name");
	lua_setmetatable(L, -2);
	lua_pushlightuserdata(L, &ref);
	return lua_pcall(L, 3, 0, 0) == LUA_OK ? ref : NULL;
}

START_TEST(objects_are_numbered)
{
	for (int i = 1; i <= 3; i++) {
		json_t *ref = send_object();

		ck_assert_str_eq(json_str_or(ref, "$object", ""), "watch");
		ck_assert_int_eq(json_int_or(ref, "id", 0), i);
		json_decref(ref);
	}
}
END_TEST

START_TEST(there_is_an_end_to_them)
{
	json_t *ref;

	for (int i = 1; i <= OBJECTS; i++) {
		ref = send_object();
		ck_assert_ptr_nonnull(ref);
		json_decref(ref);
	}
	ck_assert_ptr_null(send_object());
	ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "10000 objects"));
	lua_pop(L, 1);
	/* One is released. */
	lua_getfield(L, 1, "");
	lua_pushinteger(L, OBJECTS - 1);
	lua_rawseti(L, -2, -1);
	lua_pop(L, 1);
	ref = send_object();
	ck_assert_int_eq(json_int_or(ref, "id", 0), OBJECTS + 1);
	json_decref(ref);
	ck_assert_ptr_null(send_object());
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ objects_are_numbered, 0 },
		{ there_is_an_end_to_them, 0 },
		{ NULL, 0 },
	};

	return unit_run("script-objects", tests, setup, teardown);
}
