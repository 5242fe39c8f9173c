/* methods-machine: what a machine does. */
#include "driver/script/method-tables.h"

const struct method methods_machine[] = {
	{
	    .owner = METHOD_MACHINE,
	    .name = "start",
	    .params = "",
	    .options = "allow_reboot:bool",
	    .doc =
		"start the guest and do not wait for it; with allow_reboot a "
		"reset starts it again instead of ending it",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "succeed",
	    .params = "command:str...",
	    .options = "timeout:seconds stdin:data strict:bool",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "run each shell command in turn; the test fails when one "
		   "does not exit with 0; the result is all their output; with "
		   "strict by bash, if there is one, after `set -euo pipefail`",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "fail",
	    .params = "command:str...",
	    .options = "timeout:seconds stdin:data strict:bool",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "like succeed, for commands that must exit with another "
		   "status than 0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "execute",
	    .params = "command:str",
	    .options = "timeout:seconds stdin:data strict:bool "
		       "check_return:bool check_output:bool",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "status:int stdout:data stderr:data",
	    .doc = "run a shell command, whatever it exits with; 124 when it "
		   "was killed at its time-out; with check_return=false the "
		   "shell need not survive it, and the status is -1; with "
		   "check_output=false it is begun and not waited for, and "
		   "the status is -2",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_until_succeeds",
	    .params = "command:str",
	    .options = "timeout:seconds stdin:data strict:bool",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "run a shell command again and again until it exits with 0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_until_fails",
	    .params = "command:str",
	    .options = "timeout:seconds stdin:data strict:bool",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "run a shell command again and again until it exits with "
		   "another status than 0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_open_port",
	    .params = "port:int(1..65535)",
	    .options = "addr:str timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until something in the guest accepts TCP connections "
		   "on the port, of localhost unless addr is given",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_closed_port",
	    .params = "port:int(1..65535)",
	    .options = "addr:str timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until nothing accepts TCP connections on the port",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_open_unix_socket",
	    .params = "addr:str",
	    .options = "is_datagram:bool timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until something in the guest listens on the unix "
		   "stream socket addr, a path, or has bound that datagram "
		   "socket",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_file",
	    .params = "path:str",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until the path exists in the guest",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_console_text",
	    .params = "regex:regex",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "line:str",
	    .doc = "wait until a line of the serial console, since the guest "
		   "was started, matches the POSIX extended regular "
		   "expression; also one that has not ended, such as a prompt",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "copy_from_host",
	    .params = "source:str target:str",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "copy a file of the host, relative to the test file, into "
		   "the guest",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "copy_from_host_via_shell",
	    .params = "source:str target:str",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "the same as copy_from_host",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "copy_from_machine",
	    .params = "source:str",
	    .options = "dir:str timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "path:str",
	    .doc = "copy a file of the guest into the results, there into dir; "
		   "the result is its path on the host",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "copy_from_vm",
	    .params = "source:str",
	    .options = "dir:str timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "path:str",
	    .doc = "the same as copy_from_machine",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "collect_coverage",
	    .params = "",
	    .blocks = true,
	    .returns = "taken:bool",
	    .doc = "take what the guest's programs have counted until now, "
		   "when the test has a coverage; so what is lost later is "
		   "not lost to the report",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "block",
	    .params = "",
	    .options = "vlan:int(1..254) nic:int(1..8) silent:bool",
	    .blocks = true,
	    .doc = "cut the guest's links, or only those on the segment vlan, "
		   "or only interface number nic, until unblock; the guest "
		   "sees its carrier go, unless silent",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "unblock",
	    .params = "",
	    .options = "vlan:int(1..254) nic:int(1..8)",
	    .blocks = true,
	    .doc = "undo block",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "shutdown",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_STOP_MS,
	    .blocks = true,
	    .doc = "tell the guest to power off, and wait until it has",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_shutdown",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until the guest has powered off by itself",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "crash",
	    .params = "",
	    .blocks = true,
	    .doc = "end the guest at once, as if the power had failed",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "reboot",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_STOP_MS,
	    .blocks = true,
	    .doc = "restart a guest that was started with allow_reboot, and "
		   "wait until its shell answers again",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "is_up",
	    .params = "",
	    .returns = "up:bool",
	    .doc = "does the guest's shell answer?",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "sleep",
	    .params = "seconds:seconds",
	    .blocks = true,
	    .doc = "wait by the guest's clock",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "log",
	    .params = "value:any...?",
	    .doc = "note something about the guest in the log",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "nested",
	    .params = "text:str function:fn",
	    .blocks = true,
	    .returns = "result:any",
	    .doc = "run the function as a step of the log with that text",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "the node's name in the test file",
	},
	{ .name = NULL },
};
