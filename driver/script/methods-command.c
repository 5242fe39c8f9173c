/* methods-command: commands in the background, and conditions. */
#include "driver/script/method-tables.h"

const struct method methods_command[] = {
	{
	    .owner = METHOD_MACHINE,
	    .name = "spawn",
	    .params = "command:str",
	    .options =
		"stdin:data open_stdin:bool kill_after:seconds strict:bool",
	    .blocks = true,
	    .returns = "command:command",
	    .doc = "run a shell command in the background, any number at once; "
		   "with open_stdin its stdin stays open for write(); ended at "
		   "the end of the test",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "wait",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "status:int stdout:data stderr:data",
	    .doc = "wait until the command has ended; 137 when it was killed, "
		   "124 by kill_after",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "succeed",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "wait until the command has ended; the test fails unless it "
		   "has exited with 0",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "fail",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "wait until the command has ended; the test fails if it has "
		   "exited with 0",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "wait_for_output",
	    .params = "regex:regex",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "line:str",
	    .doc =
		"wait until a line that the command has written, to stdout "
		"or stderr, ended or not, matches the POSIX extended regular "
		"expression",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "write",
	    .params = "text:data",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "write to the stdin of a command that was spawned with "
		   "open_stdin, and wait until its pipe has taken it",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "close_stdin",
	    .params = "",
	    .doc = "end the stdin of a command that was spawned with "
		   "open_stdin",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "kill",
	    .params = "signal:word(TERM|HUP|INT|QUIT|USR1|USR2|ALRM|CONT|STOP|"
		      "KILL)?",
	    .doc = "send a signal to the command's process group; KILL, which "
		   "it is unless given, ends everything that came of it; do "
		   "not wait",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "output",
	    .params = "",
	    .returns = "stdout:data stderr:data",
	    .doc = "what the command has written so far",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "is_running",
	    .params = "",
	    .returns = "running:bool",
	    .doc = "has the command not ended?",
	},
	{
	    .owner = METHOD_COMMAND,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "its machine and number, as in the log: client#1",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "polling_condition",
	    .params = "function:fn",
	    .options = "interval:seconds description:str",
	    .returns = "condition:condition",
	    .doc = "what must hold while with() runs: the function must not "
		   "return false nor raise an error; looked at every interval "
		   "(2 s)",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "with",
	    .params = "condition:condition function:fn",
	    .blocks = true,
	    .returns = "result:any",
	    .doc = "run the function; its running step fails as soon as the "
		   "polling_condition does not hold, also in the middle of a "
		   "command",
	},
	{
	    .owner = METHOD_CONDITION,
	    .name = "wait",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until the condition holds",
	},
	{
	    .owner = METHOD_CONDITION,
	    .name = "check",
	    .params = "",
	    .blocks = true,
	    .returns = "holds:bool reason:str",
	    .doc = "does the condition hold now, and if not, why",
	},
	{
	    .owner = METHOD_CONDITION,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "its description",
	},
	{ .name = NULL },
};
