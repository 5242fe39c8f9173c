#include "driver/script/test-file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/plan.h"
#include "driver/lab/reader.h"
#include "driver/script/check.h"
#include "driver/script/lua-parse.h"
#include "driver/script/sandbox.h"
#include "driver/script/table-json.h"
#include "driver/script/table-lines.h"
#include "lib/err.h"
#include "lib/xalloc.h"

struct test_file {
	char *path;
	char *text;
	size_t size;
	struct sandbox *sandbox;
	struct ast *ast;
	struct plan *plan;
	int table_ref;	/* what the file returns */
	int script_ref; /* its test_script; LUA_NOREF if there is none */
	int error_line; /* where the last error was raised; 0: unknown */
};

struct test_file *
test_file_from(lua_State *L)
{
	return sandbox_arg(L);
}

lua_State *
test_file_lua(const struct test_file *file)
{
	return sandbox_lua(file->sandbox);
}

const struct plan *
test_file_plan(const struct test_file *file)
{
	return file->plan;
}

void
test_file_push_script(const struct test_file *file, lua_State *L)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, file->script_ref);
}

void
test_file_compute_for(struct test_file *file, uint64_t limit_ms)
{
	sandbox_compute_for(file->sandbox, limit_ms);
}

/* As `lua` does: a byte order mark is nothing, a first line that begins with
 * '#' is a comment; it keeps its end, so that lines are counted right. */
static void
skip_first_line(const char **text, size_t *size)
{
	const char *start = *text, *end = start + *size;

	if (*size >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
		start += 3;
	if (start < end && *start == '#')
		while (start < end && *start != '\n')
			start++;
	*text = start;
	*size = (size_t)(end - start);
}

static int
read_text(struct test_file *file, struct plan_problems *problems)
{
	FILE *f = fopen(file->path, "rb");
	const char *why = NULL;
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) < 0) {
		why = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		why = "it is no regular file";
	} else {
		file->text = xcalloc(1, TEST_FILE_SIZE_MAX + 1);
		file->size = fread(file->text, 1, TEST_FILE_SIZE_MAX + 1, f);
		if (ferror(f))
			why = strerror(errno);
		else if (file->size > TEST_FILE_SIZE_MAX)
			why = "it is larger than 1 MiB";
	}
	if (f != NULL)
		fclose(f);
	if (why != NULL)
		plan_problems_add(problems, file->path, 0,
				  "cannot read this test file: %s", why);
	return why != NULL ? -EINVAL : 0;
}

/* Message handler: note the line to blame, and take it off the message, which
 * Lua has put "FILE:LINE: " before, with a long FILE cut short. */
static int
on_error(lua_State *L)
{
	struct test_file *file = test_file_from(L);
	const char *message = luaL_tolstring(L, 1, NULL);
	lua_Debug ar = { .currentline = -1 };
	size_t len;
	char *end;
	long line;

	for (int i = 0; ar.currentline <= 0 && lua_getstack(L, i, &ar); i++)
		lua_getinfo(L, "Sl", &ar);
	if (ar.currentline <= 0)
		return 1;
	file->error_line = ar.currentline;
	len = strlen(ar.short_src);
	if (strncmp(message, ar.short_src, len) != 0 || message[len] != ':')
		return 1;
	line = strtol(message + len + 1, &end, 10); /* error("x", 2) says */
	if (line > 0 && strncmp(end, ": ", 2) == 0) {
		file->error_line = (int)line;
		lua_pushstring(L, end + 2);
	}
	return 1;
}

/* Protected, so that whatever Lua has to say comes as an error.  (file) */
static int
run_chunk(lua_State *L)
{
	struct test_file *file = lua_touserdata(L, 1);
	const char *text = file->text;
	size_t size = file->size;
	char *name;

	skip_first_line(&text, &size);
	name = xasprintf("@%s", file->path);
	if (luaL_loadbufferx(L, text, size, name, "t") != LUA_OK) {
		free(name);
		return lua_error(L);
	}
	free(name);
	lua_call(L, 0, 1);
	if (lua_isfunction(L, -1))
		lua_call(L, 0, 1);
	if (!lua_istable(L, -1))
		return luaL_error(L,
				  "a test file returns a table, or a "
				  "function that does; this one returns "
				  "%s",
				  luaL_typename(L, -1));
	lua_pushliteral(L, "test_script");
	if (lua_rawget(L, -2) == LUA_TFUNCTION)
		file->script_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	else
		lua_pop(L, 1);
	file->table_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static int
run(struct test_file *file, struct plan_problems *problems)
{
	lua_State *L = test_file_lua(file);
	int status;

	lua_pushcfunction(L, on_error);
	lua_pushcfunction(L, run_chunk);
	lua_pushlightuserdata(L, file);
	test_file_compute_for(file, TEST_FILE_LOAD_MS);
	status = lua_pcall(L, 1, 0, 1);
	test_file_compute_for(file, 0);
	if (status == LUA_ERRMEM)
		plan_problems_add(problems, file->path, 0,
				  "running this file takes more than %d MiB",
				  TEST_FILE_MEMORY_MAX / 1024 / 1024);
	else if (status != LUA_OK)
		plan_problems_add(problems, file->path,
				  file->error_line > 0
				      ? file->error_line
				      : table_lines_find("", file->ast),
				  "%s", lua_tostring(L, -1));
	lua_settop(L, 0);
	return status == LUA_OK ? 0 : -EINVAL;
}

/* Syntax first, by Lua itself, whose messages are best. */
static int
parse(struct test_file *file, struct plan_problems *problems)
{
	lua_State *L = test_file_lua(file);
	struct err err = ERR_INIT;
	const char *text = file->text, *message;
	size_t size = file->size;
	char *end;
	int line;

	skip_first_line(&text, &size);
	if (luaL_loadbufferx(L, text, size, "=", "t") != LUA_OK) {
		message = lua_tostring(L, -1); /* ":LINE: text" */
		line = (int)strtol(message + 1, &end, 10);
		plan_problems_add(problems, file->path, line, "%s",
				  line > 0 ? end + 2 : message);
		lua_settop(L, 0);
		return -EINVAL;
	}
	lua_settop(L, 0);
	file->ast = ast_parse(text, size, &err);
	if (file->ast == NULL)
		plan_problems_add(problems, file->path, 0, "%s", err.text);
	return file->ast != NULL ? 0 : err.code;
}

static void
understand(struct test_file *file, struct plan_problems *problems)
{
	lua_State *L = test_file_lua(file);
	struct reader reader = {
		.file = file->path,
		.line = table_lines_find,
		.line_arg = file->ast,
		.problems = problems,
	};
	json_t *value;

	lua_rawgeti(L, LUA_REGISTRYINDEX, file->table_ref);
	value = table_to_json(L, -1, &reader, "test_script");
	lua_settop(L, 0);
	if (file->script_ref == LUA_NOREF &&
	    json_object_get(value, "test_script") == NULL)
		reader_problem(&reader, "the test has no test_script: add a "
					"function");
	file->plan =
	    plan_new(file->path, value, table_lines_find, file->ast, problems);
	check_script(file->path, file->ast, value, problems);
	json_decref(value);
}

struct test_file *
test_file_load(const char *path, struct plan_problems *problems)
{
	struct test_file *file = XNEW(struct test_file);
	size_t n_before = problems->n;

	file->path = xstrdup(path);
	file->script_ref = LUA_NOREF;
	if (read_text(file, problems) < 0)
		goto fail;
	file->sandbox = sandbox_new(TEST_FILE_MEMORY_MAX, file);
	if (file->sandbox == NULL) {
		plan_problems_add(problems, path, 0, "no memory for Lua");
		goto fail;
	}
	if (parse(file, problems) < 0 || run(file, problems) < 0)
		goto fail;
	understand(file, problems);
	if (problems->n > n_before)
		goto fail;
	return file;
fail:
	plan_problems_sort(problems);
	test_file_free(file);
	return NULL;
}

void
test_file_free(struct test_file *file)
{
	if (file == NULL)
		return;
	sandbox_free(file->sandbox);
	ast_free(file->ast);
	plan_free(file->plan);
	free(file->text);
	free(file->path);
	free(file);
}
