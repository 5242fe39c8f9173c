/* cli-help: the help text of a command, made from its tables; a part of cli. */
#ifndef LIB_CLI_HELP_H
#define LIB_CLI_HELP_H

#include <stdio.h>

#include "lib/cli.h"

enum { CLI_DEPTH_MAX = 8 };

/* From the root to the command that was named; at least the root. */
struct cli_path {
	const struct cli_command *at[CLI_DEPTH_MAX];
	int n;
};

/* --help and --version, which every program has; ended by a NULL name. */
extern const struct cli_option cli_builtin_options[];

static inline const struct cli_command *
cli_path_last(const struct cli_path *path)
{
	return path->at[path->n - 1];
}

/** cli_path_print() - "vdelabctl segment show" */
void cli_path_print(FILE *out, const struct cli_path *path);
/** cli_help_print() - usage, commands, options and details, in 80 columns */
void cli_help_print(FILE *out, const struct cli_path *path);

#endif /* LIB_CLI_HELP_H */
