/* methods-screen: consoles, keyboards and screens of a machine, and its QEMU. */
#include "driver/script/method-tables.h"

enum { METHODS_EVENT_MS = 600 * 1000 };

const struct method methods_screen[] = {
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_console_log",
	    .params = "",
	    .returns = "text:data",
	    .doc = "what the serial console has shown since the guest was "
		   "started, the last 4 MiB of it",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "send_console",
	    .params = "text:data",
	    .doc = "type at the serial console, as it is: a line ends with "
		   "\\n only if that is in it",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_tty_text",
	    .params = "tty:tty",
	    .blocks = true,
	    .returns = "text:data",
	    .doc = "the lines of a virtual terminal of the guest (/dev/ttyN), "
		   "without blanks at their ends; needs no display",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_until_tty_matches",
	    .params = "tty:tty regex:regex",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "text:data",
	    .doc = "wait until the text of a virtual terminal matches",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "dump_tty_contents",
	    .params = "tty:tty",
	    .blocks = true,
	    .doc = "write the text of a virtual terminal into the log",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "send_key",
	    .params = "key:key",
	    .options = "delay:seconds",
	    .blocks = true,
	    .doc = "press and let go keys of the guest's keyboard: names of "
		   "QEMU and characters, joined by '-' when together, as "
		   "\"ctrl-alt-delete\", \"ret\", \"A\"; then wait for delay, "
		   "0.01 s unless given",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "send_chars",
	    .params = "text:str",
	    .options = "delay:seconds",
	    .blocks = true,
	    .doc = "type a text on the guest's keyboard, whose layout is the "
		   "node's `keyboard`; \\n is the Enter key; after each key "
		   "wait for delay, 0.01 s unless given",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "screenshot",
	    .params = "name:str?",
	    .blocks = true,
	    .returns = "path:str",
	    .doc = "keep what the display shows as NAME.png in the results; "
		   "the result is its path",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_screen_text",
	    .params = "",
	    .blocks = true,
	    .returns = "text:str",
	    .doc = "read what the display shows: a text screen exactly, "
		   "anything else by optical character recognition",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_screen_text_variants",
	    .params = "",
	    .blocks = true,
	    .returns = "texts:table",
	    .doc = "the same in all ways there are: of a text screen its text "
		   "first, then what was recognised in three kinds of picture",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_text",
	    .params = "regex:regex",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "text:str",
	    .doc = "wait until a text on the display matches, read in any way; "
		   "the result is what was read",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_x",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until an X server listens on display :0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_window_names",
	    .params = "",
	    .blocks = true,
	    .returns = "names:table",
	    .doc = "the names of the windows of X; needs xwininfo in the guest",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_window",
	    .params = "regex:regex",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "name:str",
	    .doc = "wait until the name of a window of X matches",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "send_monitor_command",
	    .params = "command:str",
	    .blocks = true,
	    .returns = "text:str",
	    .doc = "a command of QEMU's monitor for people (HMP), such as "
		   "\"info pci\"; the result is what it says",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "qmp",
	    .params = "command:str arguments:table?",
	    .blocks = true,
	    .returns = "result:any",
	    .doc = "a command of QEMU's machine protocol, such as "
		   "qmp(\"query-status\"); the result is what it returns",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_qmp_event",
	    .params = "what:event",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_EVENT_MS,
	    .blocks = true,
	    .returns = "event:table",
	    .doc = "wait for an event of QEMU, by its name or a function of "
		   "it, \"*\" being any: the oldest since the guest was "
		   "started that no such wait has returned; its members are "
		   "event, data, time and number",
	},
	{ .name = NULL },
};
