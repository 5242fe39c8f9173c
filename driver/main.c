/* vdelab: guests and tests. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>

#include "driver/check-cmd.h"
#include "driver/image-cmd.h"
#include "driver/merge/merge-cmd.h"
#include "driver/methods-cmd.h"
#include "driver/prompt/attach-cmd.h"
#include "driver/prompt/shell-cmd.h"
#include "driver/report-cmd.h"
#include "driver/report/look.h"
#include "driver/run-cmd.h"
#include "lib/cli.h"
#include "lib/log.h"

static const struct cli_command commands[] = {
	{ .name = "run",
	  .args = "FILE...",
	  .help = "run tests on their machines",
	  .options = run_command_options,
	  .min_args = 1,
	  .max_args = -1,
	  .run = run_command,
	  .details = run_command_details },
	{ .name = "shell",
	  .args = "FILE",
	  .help = "a prompt at the machines of a test",
	  .options = shell_command_options,
	  .min_args = 1,
	  .max_args = 1,
	  .run = shell_command,
	  .details = shell_command_details },
	{ .name = "attach",
	  .args = "[RUN]",
	  .help = "a prompt at a run that goes on",
	  .options = attach_command_options,
	  .max_args = 1,
	  .run = attach_command,
	  .complete = attach_complete,
	  .details = attach_command_details },
	{ .name = "runs",
	  .args = "",
	  .help = "list the runs that go on",
	  .run = runs_command },
	{ .name = "serve",
	  .args = "FILE",
	  .help = "define a test's machines, and do what others say",
	  .options = serve_command_options,
	  .min_args = 1,
	  .max_args = 1,
	  .run = serve_command,
	  .details = serve_command_details },
	{ .name = "check",
	  .args = "FILE...",
	  .help = "find the mistakes in test files; starts nothing",
	  .options = check_command_options,
	  .min_args = 1,
	  .max_args = -1,
	  .run = check_command },
	{ .name = "merge",
	  .args = "DIR...",
	  .help = "make one result of those of several runs",
	  .options = merge_command_options,
	  .min_args = 1,
	  .max_args = -1,
	  .run = merge_command,
	  .details = merge_command_details },
	{ .name = "methods",
	  .args = "[NAME]",
	  .help = "tell what scripts can call, or all of one method",
	  .max_args = 1,
	  .run = method_help_command,
	  .complete = method_help_complete },
	{ .name = "report",
	  .args = "DIR...",
	  .help = "make the reports of results anew",
	  .min_args = 1,
	  .max_args = -1,
	  .run = report_command },
	{ .name = "image",
	  .args = "COMMAND",
	  .help = "make, show and remove guest images",
	  .subcommands = image_commands },
	{ .name = NULL },
};

static const struct cli_option options[] = {
	{ "color", 0, LOOK_COLOR_VALUE,
	  "colours in what is printed; auto: on a terminal, unless NO_COLOR is "
	  "set" },
	{ NULL, 0, NULL, NULL },
};

static const struct cli_command root = {
	.name = "vdelab",
	.args = "COMMAND",
	.help = "start QEMU guests on isolated segments and test them",
	.options = options,
	.subcommands = commands,
	.details = "A test is a Lua file; vdelab(1) and doc/writing-tests.md "
		   "tell how to write one.",
};

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	log_init("vdelab", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
