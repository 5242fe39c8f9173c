/*
 * check: mistakes in a test's script that can be seen without running it:
 * misspelt methods and globals, wrong arguments, unknown nodes and segments,
 * accidental globals, a key given twice.
 */
#ifndef DRIVER_SCRIPT_CHECK_H
#define DRIVER_SCRIPT_CHECK_H

#include <stddef.h>

#include <jansson.h>

struct ast;
struct plan_problems;

/* A file, and how messages call it. */
struct check_file {
	const char *path;
	const struct ast *ast;
};

/**
 * check_script() - add a problem for every mistake in the test file and in
 * those it takes in
 * @files: the test file first
 * @value: the test file's table; what it says of nodes is looked at with
 *         lenience, so that this is of use beside problems of the plan
 */
void check_script(const struct check_file *files, size_t n_files,
		  const json_t *value, struct plan_problems *problems);

#endif /* DRIVER_SCRIPT_CHECK_H */
