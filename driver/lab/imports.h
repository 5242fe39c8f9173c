/*
 * imports: nodes that are built from modules.
 *
 * A module is a file whose value is a table of what a node can have, and of
 *     imports = { "./base.lua", ... }   modules it is built on, and
 *     defaults = { memory = 512, ... }  what holds unless something else does.
 * A node names modules in the same way, and each is included once, however many
 * ways lead to it: cycles and diamonds do no harm.
 *
 * What is given more than once comes together: lists one after the other, a
 * module's imports before it and the node's own last; tables member by member.
 * Anything else given twice must be the same both times: which of two memories
 * is meant nobody can know.  A default counts only for a key that nobody else
 * gives.
 */
#ifndef DRIVER_LAB_IMPORTS_H
#define DRIVER_LAB_IMPORTS_H

#include <jansson.h>

#include "driver/lab/plan.h"

struct imports;
struct reader;

/* A module that has been read. */
struct import_module {
	const char *file;    /* as messages call it */
	const json_t *value; /* a table, as a test file's in plan_new() */
	plan_line_fn *line;  /* where its members are defined */
	void *line_arg;
};

/* Read the module at @path, absolute, links resolved.  @name: for messages.
 * Return: borrowed for the life of the imports; NULL with a problem added. */
typedef const struct import_module *
import_load_fn(const char *path, const char *name, struct reader *r, void *arg);

enum { IMPORTS_MAX = 256 }; /* modules of one node */

/**
 * imports_resolve() - put into every node of @value what its modules give
 * @file:  the test file
 * @value: as for plan_new(); changed: no node has imports afterwards
 * @line:  of @value, borrowed
 *
 * Return: what imports_line() wants; owned by the caller.
 */
struct imports *imports_resolve(const char *file, json_t *value,
				plan_line_fn *line, void *line_arg,
				import_load_fn *load, void *load_arg,
				struct plan_problems *problems);
void imports_free(struct imports *imports);
/** imports_line() - a plan_line_fn for the @value that has been resolved; @arg:
 * its struct imports */
int imports_line(const char *path, const char **file, void *arg);

#endif /* DRIVER_LAB_IMPORTS_H */
