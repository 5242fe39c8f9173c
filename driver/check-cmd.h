/* check-cmd: `vdelab check FILE...`, what is wrong with test files, before any
 * guest starts. */
#ifndef DRIVER_CHECK_CMD_H
#define DRIVER_CHECK_CMD_H

#include "lib/cli.h"

extern const struct cli_option check_command_options[];

/* What is wrong with a file that --nixos is not for. */
extern const char check_not_nixos[];

/** check_command() - a cli_command's .run: every word is a test file; one
 * "FILE:LINE: text" a mistake goes to stderr
 *
 * Return: EXIT_OK; EXIT_USAGE when a file has mistakes or cannot be read.
 */
int check_command(const struct cli *cli);

#endif /* DRIVER_CHECK_CMD_H */
