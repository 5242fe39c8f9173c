#include "driver/script/test-file.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/imports.h"
#include "driver/lab/nixos.h"
#include "driver/lab/plan.h"
#include "driver/lab/reader.h"
#include "driver/script/check.h"
#include "driver/script/modules.h"
#include "driver/script/python.h"
#include "driver/script/sandbox.h"
#include "driver/script/source.h"
#include "driver/script/subtests.h"
#include "driver/script/table-json.h"
#include "driver/script/table-lines.h"
#include "lib/xalloc.h"

struct test_file {
	struct source source;
	struct sandbox *sandbox;
	struct modules *modules;
	struct python_scripts *scripts;
	struct plan *plan;
	struct nixos *nixos; /* owned, but for its plan; or NULL */
	int table_ref;	     /* what the file returns */
	int script_ref;	     /* its test_script; LUA_NOREF if there is none */
	/* Where the last error was raised; line 0: unknown. */
	const struct source *error_source;
	int error_line;
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

const struct nixos *
test_file_nixos(const struct test_file *file)
{
	return file->nixos;
}

void
test_file_push_script(const struct test_file *file, lua_State *L)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, file->script_ref);
}

bool
test_file_is_python(const struct test_file *file)
{
	lua_State *L = test_file_lua(file);
	bool is_python;

	test_file_push_script(file, L);
	is_python = python_script_is(L, -1);
	lua_pop(L, 1);
	return is_python;
}

json_t *
test_file_subtests(const struct test_file *file)
{
	json_t *names = json_array();
	const struct source *source;

	for (size_t i = 0; (source = modules_at(file->modules, i)) != NULL; i++)
		subtests_find(source->ast, names);
	return names;
}

bool
test_file_source(const struct test_file *file, size_t i, const char **path,
		 const char **text, size_t *size)
{
	const struct python_script *script;
	const struct source *source;
	size_t n = 0;

	for (; (source = modules_at(file->modules, n)) != NULL; n++) {
		if (n < i)
			continue;
		*path = source->path;
		*text = source->text;
		*size = source->size;
		return true;
	}
	script = python_scripts_at(file->scripts, i - n);
	if (script == NULL)
		return false;
	*path = script->path;
	*text = script->text;
	*size = script->size;
	return true;
}

/* How much of @message is @path, whose beginning Lua cuts off when it is long:
 * "...ath/of/nat.lua". */
static size_t
path_length(const char *message, const char *path)
{
	enum { CUT_LEN = LUA_IDSIZE - 1 - 3 };
	size_t len = strlen(path);

	if (strncmp(message, path, len) == 0)
		return len;
	if (len < LUA_IDSIZE || strncmp(message, "...", 3) != 0 ||
	    strncmp(message + 3, path + len - CUT_LEN, CUT_LEN) != 0)
		return 0;
	return 3 + CUT_LEN;
}

int
test_file_place(const struct test_file *file, const char *message,
		const char **path)
{
	const char *name, *text;
	size_t size;

	for (size_t i = 0; test_file_source(file, i, &name, &text, &size);
	     i++) {
		size_t len = path_length(message, name);
		char *end;
		long line;

		if (len == 0 || message[len] != ':')
			continue;
		line = strtol(message + len + 1, &end, 10);
		if (line <= 0 || line > INT_MAX || *end != ':')
			continue;
		*path = name;
		return (int)line;
	}
	return 0;
}

void
test_file_compute_for(struct test_file *file, uint64_t limit_ms)
{
	sandbox_compute_for(file->sandbox, limit_ms);
}

/* Message handler: note the place to blame, and take it off the message, which
 * Lua has put "FILE:LINE: " before, with a long FILE cut short. */
static int
on_error(lua_State *L)
{
	struct test_file *file = test_file_from(L);
	const char *message = luaL_tolstring(L, 1, NULL);
	const struct source *source = NULL;
	lua_Debug ar;
	size_t len;
	char *end;
	long line;

	for (int i = 0; source == NULL && lua_getstack(L, i, &ar); i++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.source[0] == '@' && ar.currentline > 0)
			source = modules_source(file->modules, ar.source + 1);
	}
	if (source == NULL)
		return 1;
	file->error_source = source;
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

/* Protected, and within the time there is for reading.
 * Return: NULL; or a message, borrowed until the stack is emptied, and the place
 * noted. */
static const char *
call_protected(struct test_file *file, lua_CFunction f, void *arg)
{
	lua_State *L = test_file_lua(file);
	int status;

	file->error_source = NULL;
	file->error_line = 0;
	lua_pushcfunction(L, on_error);
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, arg);
	test_file_compute_for(file, TEST_FILE_LOAD_MS);
	status = lua_pcall(L, 1, 0, 1);
	test_file_compute_for(file, 0);
	if (status == LUA_OK)
		return NULL;
	if (status == LUA_ERRMEM)
		return lua_pushfstring(
		    L, "running this file takes more than %d MiB",
		    TEST_FILE_MEMORY_MAX / 1024 / 1024);
	return lua_tostring(L, -1);
}

/* (file) */
static int
run_chunk(lua_State *L)
{
	struct test_file *file = lua_touserdata(L, 1);

	modules_add_import(file->modules, L);
	python_scripts_add_global(file->scripts, L);
	source_push(&file->source, L);
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
	const char *why = call_protected(file, run_chunk, file);
	const struct source *source = file->error_source;

	if (why != NULL && source != NULL)
		plan_problems_add(problems, source->path, file->error_line,
				  "%s", why);
	else if (why != NULL)
		plan_problems_add(problems, file->source.path,
				  table_lines_find("", NULL, file->source.ast),
				  "%s", why);
	lua_settop(test_file_lua(file), 0);
	return why == NULL ? 0 : -EINVAL;
}

struct wanted {
	struct test_file *file;
	const char *path, *name;
	const struct import_module *module; /* out */
};

/* (wanted) */
static int
load_wanted(lua_State *L)
{
	struct wanted *wanted = lua_touserdata(L, 1);

	wanted->module =
	    modules_load(wanted->file->modules, L, wanted->path, wanted->name);
	return 0;
}

/* import_load_fn */
static const struct import_module *
load_module(const char *path, const char *name, struct reader *r, void *arg)
{
	struct test_file *file = arg;
	struct wanted wanted = { .file = file, .path = path, .name = name };
	const char *why = call_protected(file, load_wanted, &wanted);

	if (why != NULL && file->error_source != NULL)
		plan_problems_add(r->problems, file->error_source->path,
				  file->error_line, "%s", why);
	else if (why != NULL)
		reader_problem(r, "%s", why);
	lua_settop(test_file_lua(file), 0);
	return wanted.module;
}

/* The script, and what it takes in. */
static void
check_sources(const struct test_file *file, const json_t *value,
	      struct plan_problems *problems)
{
	struct check_file files[1 + MODULES_MAX];
	const struct source *source;
	size_t n = 0;

	for (; (source = modules_at(file->modules, n)) != NULL; n++)
		files[n] = (struct check_file){ .path = source->path,
						.ast = source->ast };
	check_script(files, n, value, problems);
}

static void
understand(struct test_file *file, struct plan_problems *problems)
{
	lua_State *L = test_file_lua(file);
	const char *path = file->source.path;
	struct ast *ast = file->source.ast;
	struct reader reader = {
		.file = path,
		.line = table_lines_find,
		.line_arg = ast,
		.problems = problems,
	};
	struct imports *imports;
	json_t *value;

	lua_rawgeti(L, LUA_REGISTRYINDEX, file->table_ref);
	value = table_to_json(L, -1, &reader, "test_script");
	lua_settop(L, 0);
	if (file->script_ref == LUA_NOREF &&
	    json_object_get(value, "test_script") == NULL)
		reader_problem(&reader, "the test has no test_script: add a "
					"function");
	imports = imports_resolve(path, value, table_lines_find, ast,
				  load_module, file, problems);
	file->plan = plan_new(path, value, imports_line, imports, problems);
	check_sources(file, value, problems);
	imports_free(imports);
	json_decref(value);
}

/* What Nix has built has no Lua in it. */
static void
understand_nixos(struct test_file *file, struct plan_problems *problems)
{
	const struct source *source = &file->source;
	struct nixos *nixos =
	    nixos_read(source->path, source->text, source->size, problems);
	const struct python_script *script;
	lua_State *L = test_file_lua(file);

	file->nixos = nixos;
	if (nixos == NULL)
		return;
	file->plan = nixos->plan;
	nixos->plan = NULL;
	script =
	    python_scripts_add(file->scripts, nixos->script_path, nixos->script,
			       nixos->script_size, "nixos", problems);
	nixos->script = NULL;
	python_script_push(script, L);
	file->script_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

struct test_file *
test_file_load(const char *path, struct plan_problems *problems)
{
	struct test_file *file = XNEW(struct test_file);
	size_t n_before = problems->n;

	file->script_ref = LUA_NOREF;
	file->modules = modules_new(&file->source);
	file->scripts = python_scripts_new();
	file->sandbox = sandbox_new(TEST_FILE_MEMORY_MAX, file);
	if (file->sandbox == NULL) {
		plan_problems_add(problems, path, 0, "no memory for Lua");
		goto fail;
	}
	modules_reading(file->modules, problems);
	python_scripts_reading(file->scripts, problems);
	if (source_read(&file->source, path, test_file_lua(file), problems) < 0)
		goto fail;
	if (file->source.is_nixos)
		understand_nixos(file, problems);
	else if (run(file, problems) == 0)
		understand(file, problems);
	modules_reading(file->modules, NULL);
	python_scripts_reading(file->scripts, NULL);
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
	modules_free(file->modules);
	python_scripts_free(file->scripts);
	source_fini(&file->source);
	nixos_free(file->nixos);
	plan_free(file->plan);
	free(file);
}
