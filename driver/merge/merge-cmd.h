/* merge-cmd: `vdelab merge`, which makes one result of those of several runs. */
#ifndef DRIVER_MERGE_MERGE_CMD_H
#define DRIVER_MERGE_MERGE_CMD_H

#include "lib/cli.h"

struct err;

extern const struct cli_option merge_command_options[];
extern const char merge_command_details[];

int merge_command(const struct cli *cli);

/* @path: of a table of tests */
typedef void merge_renewed_fn(const char *path, void *arg);

/**
 * merge_renew() - write the reports about all tests anew that stand in @dir,
 * beside its results*.json
 * @renewed: called after each
 *
 * Return: how many there were; -errno with @err set.
 */
int merge_renew(const char *dir, merge_renewed_fn *renewed, void *arg,
		struct err *err);

#endif /* DRIVER_MERGE_MERGE_CMD_H */
