#include "driver/script/lua-library.h"

#include <stddef.h>
#include <string.h>

/* A test acts on guests, never on the host; and nothing in it may get behind
 * the limits of its state: bytecode, finalizers and message handlers run where
 * no time limit reaches. */
/* import() and python() are ours: modules.h, python.h. */
static const char *const base[] = {
	"_G",	    "_VERSION", "assert", "error",  "getmetatable", "import",
	"ipairs",   "next",	"pairs",  "pcall",  "python",	    "rawequal",
	"rawget",   "rawlen",	"rawset", "select", "setmetatable", "tonumber",
	"tostring", "type",	NULL,
};
static const char *const string[] = {
	"byte",	   "char",  "find",   "format", "gmatch",   "gsub",
	"len",	   "lower", "match",  "pack",	"packsize", "rep",
	"reverse", "sub",   "unpack", "upper",	NULL,
};
static const char *const table[] = {
	"concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL,
};
static const char *const math[] = {
	"abs",	     "acos",	   "asin",	 "atan",       "ceil", "cos",
	"deg",	     "exp",	   "floor",	 "fmod",       "huge", "log",
	"max",	     "maxinteger", "min",	 "mininteger", "modf", "pi",
	"rad",	     "random",	   "randomseed", "sin",	       "sqrt", "tan",
	"tointeger", "type",	   "ult",	 NULL,
};
static const char *const utf8[] = {
	"char", "charpattern", "codepoint", "codes", "len", "offset", NULL,
};
static const char *const os[] = {
	"clock", "date", "difftime", "getenv", "time", NULL,
};

static const struct lua_library libraries[] = {
	{ "", base },	  { "string", string }, { "table", table },
	{ "math", math }, { "utf8", utf8 },	{ "os", os },
	{ NULL, NULL },
};

static const struct {
	const char *name;
	const char *why;
} missing[] = {
	{ "collectgarbage", "memory looks after itself" },
	{ "coroutine", "parallel() runs functions side by side" },
	{ "debug", "use log()" },
	{ "dofile", "import() takes in another file" },
	{ "io", "a test touches guests, not the host; see copy_from_host() and "
		"copy_from_machine()" },
	{ "load", "import() takes in another file" },
	{ "loadfile", "import() takes in another file" },
	{ "os.execute", "a test touches guests, not the host; see execute() "
			"of a machine" },
	{ "os.exit", "return from test_script, or error(\"why\")" },
	{ "os.remove", "a test touches guests, not the host" },
	{ "os.rename", "a test touches guests, not the host" },
	{ "os.setlocale", "a test runs the same everywhere" },
	{ "os.tmpname", "a test touches guests, not the host" },
	{ "package", "import() takes in another file" },
	{ "require", "import() takes in another file" },
	{ "string.dump", "bytecode cannot be checked" },
	{ "warn", "use log()" },
	{ "xpcall", "use pcall()" },
};

const struct lua_library *
lua_libraries(void)
{
	return libraries;
}

const struct lua_library *
lua_library_find(const char *name)
{
	for (const struct lua_library *l = libraries; l->name != NULL; l++)
		if (strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

bool
lua_library_has(const struct lua_library *library, const char *member)
{
	for (size_t i = 0; library->members[i] != NULL; i++)
		if (strcmp(library->members[i], member) == 0)
			return true;
	return false;
}

const char *
lua_missing_why(const char *name)
{
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		if (strcmp(missing[i].name, name) == 0)
			return missing[i].why;
	return NULL;
}
