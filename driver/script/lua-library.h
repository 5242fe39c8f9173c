/* lua-library: the part of Lua's own library that tests have. */
#ifndef DRIVER_SCRIPT_LUA_LIBRARY_H
#define DRIVER_SCRIPT_LUA_LIBRARY_H

#include <stdbool.h>

struct lua_library {
	const char *name;	    /* "string"; "" for the global functions */
	const char *const *members; /* NULL-ended */
};

/** lua_libraries() - ended by a row whose name is NULL */
const struct lua_library *lua_libraries(void);
/** lua_library_find() - @name or NULL */
const struct lua_library *lua_library_find(const char *name);
bool lua_library_has(const struct lua_library *library, const char *member);
/**
 * lua_missing_why() - why does a test not have this part of Lua's library?
 * @name: "io", "os.execute"
 *
 * Return: words that follow "io is not there for tests: "; NULL when Lua has no
 * such thing or the test has it.
 */
const char *lua_missing_why(const char *name);

#endif /* DRIVER_SCRIPT_LUA_LIBRARY_H */
