/* many-options: what the command line of `vdelab run` says of all tests
 * together: how many at a time, which part of them, how often. */
#ifndef DRIVER_MANY_OPTIONS_H
#define DRIVER_MANY_OPTIONS_H

#include <stdbool.h>

#include "driver/batch/shard.h"

struct cli;

struct many_options {
	unsigned n_jobs_max; /* 0: as many as fit */
	struct shard shard;
	unsigned repeat;  /* 1 at least */
	unsigned retries; /* of a test that failed */
	bool flaky_fails; /* one that passed in the end counts as failed */
	bool keep_going;
	bool verbose;
	bool tap;	/* results on stdout, in the words of TAP */
	double limit_s; /* 0: none */
};

/** many_options_read() - Return: 0; EXIT_USAGE or EXIT_INFRA after telling why */
int many_options_read(const struct cli *cli, struct many_options *options);

#endif /* DRIVER_MANY_OPTIONS_H */
