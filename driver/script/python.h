/*
 * python: the scripts of a test that are written in Python, what python(path)
 * in a test file makes functions of.
 *
 * They are read and checked while the test file is; script-child.h runs them.
 */
#ifndef DRIVER_SCRIPT_PYTHON_H
#define DRIVER_SCRIPT_PYTHON_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;
struct plan_problems;
struct python_scripts;

enum { PYTHON_SCRIPTS_MAX = 64 };

struct python_script {
	char *path; /* as messages call it; owned */
	char *text; /* of .size octets; owned */
	size_t size;
	const char *style; /* which names it finds: "vdelab"; static */
};

struct python_scripts *python_scripts_new(void);
/** python_scripts_add_global() - make the global python(); Lua errors are the
 * caller's */
void python_scripts_add_global(struct python_scripts *scripts,
			       struct lua_State *L);
/** python_scripts_reading() - from now on python() works, and tells @problems
 * what is wrong with files; NULL: it works no more */
void python_scripts_reading(struct python_scripts *scripts,
			    struct plan_problems *problems);
/**
 * python_scripts_add() - one more, and check its syntax, if there is a python3
 * to do it
 * @path: copied; what messages call it
 * @text: of @size octets; taken
 *
 * Return: borrowed until python_scripts_free(); NULL when there are too many.
 */
const struct python_script *python_scripts_add(struct python_scripts *scripts,
					       const char *path, char *text,
					       size_t size, const char *style,
					       struct plan_problems *problems);
/** python_script_push() - the function that runs it, onto @L's stack */
void python_script_push(const struct python_script *script,
			struct lua_State *L);
/** python_script_is() - is the value at @i of @L's stack such a function? */
bool python_script_is(struct lua_State *L, int i);
/** python_scripts_at() - the @i'th; NULL past the last */
const struct python_script *
python_scripts_at(const struct python_scripts *scripts, size_t i);
/** python_scripts_free() - NULL is a no-op */
void python_scripts_free(struct python_scripts *scripts);

#endif /* DRIVER_SCRIPT_PYTHON_H */
