/* methods-cmd: `vdelab methods [NAME]`, what scripts can call. */
#ifndef DRIVER_METHODS_CMD_H
#define DRIVER_METHODS_CMD_H

#include <stdbool.h>

struct cli;

/** method_help_command() - a cli_command's .run: tell of a method, of all of an
 * owner, or a line for each there is.  Return: EXIT_OK; EXIT_USAGE when there is
 * none of that name */
int method_help_command(const struct cli *cli);
/** method_help_complete() - its .complete: the names of methods and owners */
bool method_help_complete(const struct cli *cli, const char *value);

#endif /* DRIVER_METHODS_CMD_H */
