#include "config.h"

#include "driver/script/python.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/plan.h"
#include "driver/script/modules.h"
#include "driver/script/python-check.h"
#include "driver/script/script-child.h"
#include "driver/script/test-file.h"
#include "lib/xalloc.h"

struct python_scripts {
	struct plan_problems *problems; /* NULL: nothing is read any more */
	struct python_script items[PYTHON_SCRIPTS_MAX];
	size_t n;
};

struct python_scripts *
python_scripts_new(void)
{
	return XNEW(struct python_scripts);
}

void
python_scripts_reading(struct python_scripts *scripts,
		       struct plan_problems *problems)
{
	scripts->problems = problems;
}

const struct python_script *
python_scripts_at(const struct python_scripts *scripts, size_t i)
{
	return i < scripts->n ? &scripts->items[i] : NULL;
}

const struct python_script *
python_scripts_add(struct python_scripts *scripts, const char *path, char *text,
		   size_t size, const char *style,
		   struct plan_problems *problems)
{
	struct python_script *script;
	char *why;
	int line;

	if (scripts->n == PYTHON_SCRIPTS_MAX) {
		free(text);
		return NULL;
	}
	script = &scripts->items[scripts->n++];
	*script = (struct python_script){
		.path = xstrdup(path),
		.text = text,
		.size = size,
		.style = style,
	};
	why = python_check(text, size, &line);
	if (why != NULL)
		plan_problems_add(problems, path, line, "%s", why);
	free(why);
	return script;
}

/* The file at @path, of @size octets.  Return: owned; NULL with @why, static. */
static char *
read_text(const char *path, size_t *size, const char **why)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	struct stat st;

	*why = NULL;
	if (f == NULL || fstat(fileno(f), &st) < 0) {
		*why = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		*why = "it is no regular file";
	} else {
		text = xcalloc(1, TEST_FILE_SIZE_MAX + 1);
		*size = fread(text, 1, TEST_FILE_SIZE_MAX + 1, f);
		if (ferror(f))
			*why = strerror(errno);
		else if (*size > TEST_FILE_SIZE_MAX)
			*why = "it is larger than 1 MiB";
	}
	if (f != NULL)
		fclose(f);
	if (*why == NULL)
		return text;
	free(text);
	return NULL;
}

/* python(path) -> a function that runs the script */
static int
python(lua_State *L)
{
	struct python_scripts *scripts = lua_touserdata(L, lua_upvalueindex(1));
	const struct python_script *script;
	const char *path, *why;
	size_t size = 0;
	char *text;

	luaL_checkstring(L, 1);
	if (scripts->problems == NULL)
		return luaL_error(L, "python() takes in scripts while files "
				     "are read, as in `test_script = "
				     "python(\"./nat.py\")`");
	path = modules_push_path(L, lua_tostring(L, 1));
	text = read_text(path, &size, &why);
	if (text == NULL)
		return luaL_error(L, "cannot read '%s': %s", path, why);
	script = python_scripts_add(scripts, path, text, size, "vdelab",
				    scripts->problems);
	if (script == NULL)
		return luaL_error(L, "a test has at most %d Python scripts",
				  PYTHON_SCRIPTS_MAX);
	python_script_push(script, L);
	return 1;
}

void
python_scripts_add_global(struct python_scripts *scripts, lua_State *L)
{
	lua_pushglobaltable(L);
	lua_pushliteral(L, "python");
	lua_pushlightuserdata(L, scripts);
	lua_pushcclosure(L, python, 1);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

void
python_script_push(const struct python_script *script, lua_State *L)
{
	lua_pushlightuserdata(L, (void *)script);
	lua_pushcclosure(L, script_child_run, 1);
}

bool
python_script_is(lua_State *L, int i)
{
	return lua_tocfunction(L, i) == script_child_run;
}

void
python_scripts_free(struct python_scripts *scripts)
{
	if (scripts == NULL)
		return;
	for (size_t i = 0; i < scripts->n; i++) {
		free(scripts->items[i].path);
		free(scripts->items[i].text);
	}
	free(scripts);
}
