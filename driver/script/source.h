/* source: a file of Lua: its text, and its syntax tree.  Or the description of a
 * test that Nix has built, whose tree is empty.  Inside of test-file only. */
#ifndef DRIVER_SCRIPT_SOURCE_H
#define DRIVER_SCRIPT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct ast;
struct lua_State;
struct plan_problems;

struct source {
	char *path; /* as messages call it; owned, as all that follows */
	char *text;
	size_t size;
	struct ast *ast;
	bool is_nixos;
};

/** source_read() - the file at @path, and its syntax, of which @L says what is
 * wrong
 * Return: 0; -errno with a problem added; @source is source_fini()'s in either
 * case. */
int source_read(struct source *source, const char *path, struct lua_State *L,
		struct plan_problems *problems);
/** source_push() - its chunk, a function, onto @L's stack; Lua errors are the
 * caller's */
void source_push(const struct source *source, struct lua_State *L);
void source_fini(struct source *source);

#endif /* DRIVER_SCRIPT_SOURCE_H */
