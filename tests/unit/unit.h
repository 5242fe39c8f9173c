/*
 * unit: the frame of every unit test program.  A program lists its tests and
 * calls unit_run() from main(); results come as TAP on stdout.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stddef.h>

#include <check.h>

/* A list of these cannot be static: a TTest * is a variable. */
struct unit_test {
	const TTest *test;
	int n_rows; /* of a table test: runs with _i = 0..n_rows-1; 0 = once */
};

#define UNIT_ROWS(array) ((int)(sizeof(array) / sizeof((array)[0])))

/**
 * unit_run() - run @tests (ended by a NULL test), each in its own process
 * @setup, @teardown: around each test, in its process; or NULL
 *
 * Return: for main() to return.
 */
int unit_run(const char *name, const struct unit_test *tests,
	     void (*setup)(void), void (*teardown)(void));

#endif /* TESTS_UNIT_H */
