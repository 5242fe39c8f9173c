/*
 * check: mistakes in a test's script that can be seen without running it:
 * misspelt methods and globals, wrong arguments, unknown nodes and segments,
 * accidental globals, a key given twice.
 */
#ifndef DRIVER_SCRIPT_CHECK_H
#define DRIVER_SCRIPT_CHECK_H

#include <jansson.h>

struct ast;
struct plan_problems;

/**
 * check_script() - add a problem for every mistake in the whole file
 * @path:  of the file, for messages
 * @value: the file's table; what it says of nodes is looked at with lenience,
 *         so that this is of use beside problems of the plan
 */
void check_script(const char *path, const struct ast *ast, const json_t *value,
		  struct plan_problems *problems);

#endif /* DRIVER_SCRIPT_CHECK_H */
