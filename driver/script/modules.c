#include "driver/script/modules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/reader.h"
#include "driver/script/table-json.h"
#include "driver/script/table-lines.h"
#include "lib/xalloc.h"

struct module {
	struct source source;
	char *absolute; /* links resolved; what it is known by */
	bool running;	/* has begun, and not returned */
	bool bad;	/* cannot be read; a problem says why */
	int ref;	/* what it returned; LUA_NOREF: not yet */
	json_t *value;	/* that, as a node's; NULL: not asked for */
	struct import_module shown;
};

struct modules {
	const struct source *main; /* borrowed */
	struct plan_problems *problems;
	struct module *items[MODULES_MAX];
	size_t n;
};

struct modules *
modules_new(const struct source *main)
{
	struct modules *modules = XNEW(struct modules);

	modules->main = main;
	return modules;
}

void
modules_reading(struct modules *modules, struct plan_problems *problems)
{
	modules->problems = problems;
}

const struct source *
modules_at(const struct modules *modules, size_t i)
{
	if (i == 0)
		return modules->main;
	for (size_t m = 0; m < modules->n; m++)
		if (modules->items[m]->source.ast != NULL && --i == 0)
			return &modules->items[m]->source;
	return NULL;
}

const struct source *
modules_source(const struct modules *modules, const char *path)
{
	const struct source *source;

	for (size_t i = 0; (source = modules_at(modules, i)) != NULL; i++)
		if (strcmp(source->path, path) == 0)
			return source;
	return NULL;
}

/* The module at @absolute, read by now.  Return: borrowed. */
static struct module *
find(struct modules *modules, lua_State *L, const char *absolute,
     const char *name)
{
	struct module *module;

	for (size_t i = 0; i < modules->n; i++)
		if (strcmp(modules->items[i]->absolute, absolute) == 0)
			return modules->items[i];
	if (modules->n == MODULES_MAX)
		luaL_error(L, "a test takes in at most %d files", MODULES_MAX);
	module = XNEW(struct module);
	module->absolute = xstrdup(absolute);
	module->ref = LUA_NOREF;
	modules->items[modules->n++] = module;
	module->bad =
	    source_read(&module->source, name, L, modules->problems) < 0;
	return module;
}

/* What the module returns, onto the stack. */
static void
push_value(struct module *module, lua_State *L)
{
	if (module->ref == LUA_NOREF) {
		if (module->running)
			luaL_error(L,
				   "%s is under way already: files that "
				   "import() each other never end",
				   module->source.path);
		module->running = true;
		source_push(&module->source, L);
		lua_call(L, 0, 1);
		module->running = false;
		module->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, module->ref);
}

const char *
modules_push_path(lua_State *L, const char *name)
{
	lua_Debug ar;
	const char *slash = NULL;

	for (int i = 1; slash == NULL && lua_getstack(L, i, &ar); i++) {
		lua_getinfo(L, "S", &ar);
		if (ar.source[0] != '@')
			continue;
		slash = strrchr(ar.source, '/');
		break;
	}
	if (strncmp(name, "./", 2) == 0)
		name += 2;
	if (slash == NULL || *name == '/')
		return lua_pushstring(L, name);
	lua_pushlstring(L, ar.source + 1, (size_t)(slash - ar.source));
	lua_pushstring(L, name);
	lua_concat(L, 2);
	return lua_tostring(L, -1);
}

/* import(path) -> what the file returns */
static int
import(lua_State *L)
{
	struct modules *modules = lua_touserdata(L, lua_upvalueindex(1));
	const char *name = luaL_checkstring(L, 1);
	struct module *module;
	char *absolute;

	if (modules->problems == NULL)
		return luaL_error(L, "import() takes in files while they are "
				     "read: do it at the beginning, as in "
				     "`local x = import(\"./x.lua\")`");
	name = modules_push_path(L, name);
	absolute = realpath(name, NULL);
	if (absolute == NULL)
		return luaL_error(L, "cannot import '%s': %s", name,
				  strerror(errno));
	/* Lua keeps it: an error may be raised from here on. */
	lua_pushstring(L, absolute);
	free(absolute);
	module = find(modules, L, lua_tostring(L, -1), name);
	if (module->bad)
		return luaL_error(L, "cannot import '%s', which has mistakes",
				  name);
	push_value(module, L);
	return 1;
}

void
modules_add_import(struct modules *modules, lua_State *L)
{
	lua_pushglobaltable(L);
	lua_pushliteral(L, "import");
	lua_pushlightuserdata(L, modules);
	lua_pushcclosure(L, import, 1);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

const struct import_module *
modules_load(struct modules *modules, lua_State *L, const char *path,
	     const char *name)
{
	struct module *module = find(modules, L, path, name);
	struct reader reader = {
		.file = module->source.path,
		.line = table_lines_find,
		.line_arg = module->source.ast,
		.problems = modules->problems,
	};

	if (module->bad)
		return NULL;
	if (module->value != NULL)
		return &module->shown;
	push_value(module, L);
	if (lua_isfunction(L, -1))
		lua_call(L, 0, 1);
	if (!lua_istable(L, -1)) {
		module->bad = true;
		luaL_error(L,
			   "%s: a module returns a table of what a node can "
			   "have, or a function that does; this one returns %s",
			   name, luaL_typename(L, -1));
	}
	module->value = table_to_json(L, -1, &reader, NULL);
	lua_pop(L, 1);
	module->shown = (struct import_module){
		.file = module->source.path,
		.value = module->value,
		.line = table_lines_find,
		.line_arg = module->source.ast,
	};
	return &module->shown;
}

void
modules_free(struct modules *modules)
{
	if (modules == NULL)
		return;
	for (size_t i = 0; i < modules->n; i++) {
		source_fini(&modules->items[i]->source);
		json_decref(modules->items[i]->value);
		free(modules->items[i]->absolute);
		free(modules->items[i]);
	}
	free(modules);
}
