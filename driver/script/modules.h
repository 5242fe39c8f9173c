/*
 * modules: the files that a test takes in, by `imports` of a node and by
 * import() in its text.  Inside of test-file only.
 *
 * All live in the test's Lua state; each is read and run once, whoever wants
 * it.
 */
#ifndef DRIVER_SCRIPT_MODULES_H
#define DRIVER_SCRIPT_MODULES_H

#include <stddef.h>

#include "driver/lab/imports.h"
#include "driver/script/source.h"

struct modules;

enum { MODULES_MAX = 256 };

/** modules_new() - none yet
 * @main: the test file; borrowed */
struct modules *modules_new(const struct source *main);
/** modules_add_import() - make the global import(); Lua errors are the
 * caller's */
void modules_add_import(struct modules *modules, struct lua_State *L);
/** modules_reading() - from now on import() works, and tells @problems what is
 * wrong with files; NULL: it works no more */
void modules_reading(struct modules *modules, struct plan_problems *problems);
/** modules_push_path() - the path @name as the file has it that calls the C
 * function which calls this, onto the stack; Return: it, borrowed from there */
const char *modules_push_path(struct lua_State *L, const char *name);
/** modules_load() - what a node gets from the module at @path, which messages
 * call @name; Lua errors are the caller's
 * Return: borrowed; NULL when problems with it have been added already */
const struct import_module *modules_load(struct modules *modules,
					 struct lua_State *L, const char *path,
					 const char *name);
/** modules_source() - the file that messages call @path, or NULL */
const struct source *modules_source(const struct modules *modules,
				    const char *path);
/** modules_at() - the @i'th file that could be read, the test file first; NULL
 * past the last */
const struct source *modules_at(const struct modules *modules, size_t i);
void modules_free(struct modules *modules);

#endif /* DRIVER_SCRIPT_MODULES_H */
