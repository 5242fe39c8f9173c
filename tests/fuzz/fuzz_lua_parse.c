/*
 * fuzz_lua_parse: whatever Lua compiles, our parser reads without an error;
 * the rest it refuses or reads.  Neither it nor what walks its tree crashes,
 * however deep or long the text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/plan.h"
#include "driver/script/check.h"
#include "driver/script/lua-parse.h"
#include "driver/script/table-lines.h"
#include "lib/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(struct ast *ast)
{
	struct plan_problems problems = { .items = NULL, .n = 0 };
	json_t *value =
	    json_pack("{s:{s:{}, s:{s:[i]}}}", "nodes", "a", "b-c", "vlans", 2);

	check_script(&(struct check_file){ .path = "fuzz", .ast = ast }, 1,
		     value, &problems);
	plan_problems_sort(&problems);
	plan_problems_fini(&problems);
	json_decref(value);
	table_lines_find("nodes\nb-c\nvlans\n1", NULL, ast);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	const char *text = (const char *)data;
	lua_State *L = luaL_newstate();
	struct ast *ast;

	if (L == NULL)
		return 0;
	ast = ast_parse(text, size, &err);
	if (ast == NULL &&
	    luaL_loadbufferx(L, text, size, "fuzz", "t") == LUA_OK) {
		fprintf(stderr, "Lua compiles this, we do not: %s\n", err.text);
		abort();
	}
	if (ast != NULL)
		walk(ast);
	ast_free(ast);
	lua_close(L);
	return 0;
}
