/* attach-cmd: `vdelab attach [RUN]` and `vdelab runs` */
#ifndef DRIVER_PROMPT_ATTACH_CMD_H
#define DRIVER_PROMPT_ATTACH_CMD_H

#include "lib/cli.h"

extern const struct cli_option attach_command_options[];
extern const char attach_command_details[];

/** attach_command() - a prompt at a run that goes on: a cli_command's .run */
int attach_command(const struct cli *cli);
/** runs_command() - list them */
int runs_command(const struct cli *cli);
/** attach_complete() - the runs there are: a cli_command's .complete */
bool attach_complete(const struct cli *cli, const char *value);

#endif /* DRIVER_PROMPT_ATTACH_CMD_H */
