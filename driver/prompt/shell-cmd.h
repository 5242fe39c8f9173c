/* shell-cmd: `vdelab shell FILE` */
#ifndef DRIVER_PROMPT_SHELL_CMD_H
#define DRIVER_PROMPT_SHELL_CMD_H

#include "lib/cli.h"

extern const struct cli_option shell_command_options[];
extern const char shell_command_details[];

/** shell_command() - a run of the file's machines in a process of its own, and
 * a prompt at it: a cli_command's .run */
int shell_command(const struct cli *cli);

#endif /* DRIVER_PROMPT_SHELL_CMD_H */
