/* run-cmd: `vdelab run FILE...` */
#ifndef DRIVER_RUN_CMD_H
#define DRIVER_RUN_CMD_H

#include "lib/cli.h"

extern const struct cli_option run_command_options[];
extern const char run_command_details[];

/** run_command() - a cli_command's .run: every word is a test file; all are
 * checked before the first one runs */
int run_command(const struct cli *cli);
/** run_read_number() - option --@name, of @min..@max, when it is given
 * Return: 0; EXIT_USAGE after telling what is wrong. */
int run_read_number(const struct cli *cli, const char *name, double min,
		    double max, double *number);

extern const struct cli_option serve_command_options[];
extern const char serve_command_details[];

/** serve_command() - `vdelab serve FILE`: its machines, and a control socket in
 * place of its script */
int serve_command(const struct cli *cli);

#endif /* DRIVER_RUN_CMD_H */
