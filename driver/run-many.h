/* run-many: the tests of one command line, however many there are. */
#ifndef DRIVER_RUN_MANY_H
#define DRIVER_RUN_MANY_H

#include <stddef.h>

struct cli;
struct many_options;
struct run_options;
struct shard;
struct test_file;

/** many_select() - free those of @files that are not of @shard; they are NULL
 * then */
void many_select(const struct shard *shard, struct test_file **files, size_t n);

/**
 * many_run() - run @files, those that are not NULL: if that is one run only, in
 * this process, else each in a process of its own
 * @run:   about each of them, and all decided
 * @files: freed as soon as they are not needed, and NULL
 *
 * Return: an exit code (lib/err.h), or 128 + N when ended by signal N.
 */
int many_run(const struct cli *cli, const struct many_options *options,
	     const struct run_options *run, struct test_file **files, size_t n);

#endif /* DRIVER_RUN_MANY_H */
