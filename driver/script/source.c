#include "driver/script/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/lab/nixos.h"
#include "driver/lab/plan.h"
#include "driver/script/lua-parse.h"
#include "driver/script/test-file.h"
#include "lib/err.h"
#include "lib/xalloc.h"

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
read_text(struct source *source, struct plan_problems *problems)
{
	bool from_stdin = strcmp(source->path, "-") == 0;
	FILE *f = from_stdin ? stdin : fopen(source->path, "rb");
	const char *why = NULL;
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) < 0) {
		why = strerror(errno);
	} else if (!from_stdin && !S_ISREG(st.st_mode)) {
		why = "it is no regular file";
	} else {
		source->text = xcalloc(1, TEST_FILE_SIZE_MAX + 1);
		source->size =
		    fread(source->text, 1, TEST_FILE_SIZE_MAX + 1, f);
		if (ferror(f))
			why = strerror(errno);
		else if (source->size > TEST_FILE_SIZE_MAX)
			why = "it is larger than 1 MiB";
	}
	if (f != NULL && !from_stdin)
		fclose(f);
	if (why != NULL)
		plan_problems_add(problems, source->path, 0,
				  "cannot read this test file: %s", why);
	return why != NULL ? -EINVAL : 0;
}

/* By Lua itself first, whose messages are best. */
static int
parse(struct source *source, lua_State *L, struct plan_problems *problems)
{
	struct err err = ERR_INIT;
	const char *text = source->text, *message;
	size_t size = source->size;
	int top = lua_gettop(L);
	char *end;
	int line;

	skip_first_line(&text, &size);
	if (luaL_loadbufferx(L, text, size, "=", "t") != LUA_OK) {
		message = lua_tostring(L, -1); /* ":LINE: text" */
		line = (int)strtol(message + 1, &end, 10);
		plan_problems_add(problems, source->path, line, "%s",
				  line > 0 ? end + 2 : message);
		lua_settop(L, top);
		return -EINVAL;
	}
	lua_settop(L, top);
	source->ast = ast_parse(text, size, &err);
	if (source->ast == NULL)
		plan_problems_add(problems, source->path, 0, "%s", err.text);
	return source->ast != NULL ? 0 : err.code;
}

int
source_read(struct source *source, const char *path, lua_State *L,
	    struct plan_problems *problems)
{
	int ret;

	*source = (struct source){ .path = xstrdup(path) };
	ret = read_text(source, problems);
	if (ret < 0)
		return ret;
	source->is_nixos = nixos_is(source->text, source->size);
	if (!source->is_nixos)
		return parse(source, L, problems);
	source->ast = ast_parse("", 0, NULL);
	return source->ast != NULL ? 0 : -ENOMEM;
}

void
source_push(const struct source *source, lua_State *L)
{
	const char *text = source->text;
	size_t size = source->size;

	skip_first_line(&text, &size);
	lua_pushfstring(L, "@%s", source->path);
	if (luaL_loadbufferx(L, text, size, lua_tostring(L, -1), "t") != LUA_OK)
		lua_error(L);
	lua_remove(L, -2);
}

void
source_fini(struct source *source)
{
	ast_free(source->ast);
	free(source->text);
	free(source->path);
	*source = (struct source){ .path = NULL };
}
