/* vdelabctl: talk to a running vdelab-switch, in the manner of ip and bridge.
 * Its commands are those of lib/verb, and a few that are more than one call. */
#include "config.h"

#include "lib/cli.h"
#include "lib/verb.h"
#include "tools/ctl.h"

static const struct cli_option options[] = {
	{ "target", 't', "DIR",
	  "the switch's directory (default: $VDELAB_DIR, else that of "
	  "vdelab-switch)" },
	{ "json", 'j', NULL, "print what the switch answers, on one line" },
	{ "pretty", 'p', NULL, "print it as indented JSON" },
	{ "statistics", 's', NULL, "show counters as well" },
	{ .name = NULL },
};

static const struct cli_option stats_options[] = {
	{ "check", 0, NULL,
	  "fail unless every frame in is a frame out or a counted drop" },
	{ .name = NULL },
};

static const struct cli_option watch_options[] = {
	{ "interval", 'n', "SECONDS",
	  "how long to wait each time (default: 1)" },
	{ "count", 'c', "N", "end after N times" },
	{ .name = NULL },
};

static const struct cli_option port_add_options[] = {
	{ "fd", 0, "N", "hand over our descriptor N: a socket, a tap" },
	{ .name = NULL },
};

static const char capture_details[] =
    "Needs the plugin `capture`.  Frames are written as pcapng:\n"
    "    vdelabctl capture vlan1 -w - | tshark -r -";

static const char wireshark_details[] =
    "Needs the plugin `capture`. What follows `--` are words for Wireshark; "
    "`$WIRESHARK` is another program to start. The capture ends with it.\n"
    "    vdelabctl wireshark lab -f icmp -- -o gui.window_title:lab";

/* So that the first word completes. */
static const struct verb wireshark = { .usage = "SEGMENT",
				       .method = "capture.start" };

static const char monitor_details[] =
    "Each is an object on a line of its own, with `time`, `event` and `data`; "
    "the time is when it came, in UTC. Of a NOUN only its events:\n"
    "    vdelabctl monitor port capture";

static const char watch_details[] =
    "Where a column counts something, it shows how much came in each second; "
    "`-s` shows more columns. With `-j` each time is a line with `time`, "
    "`seconds` (since the last one) and `result`, the counters themselves.\n"
    "    vdelabctl watch -n 5 port show lab";

static const char call_details[] =
    "Any method of the switch or of a plugin, also of a second instance of "
    "one; "
    "the manual of the control socket tells what they do. Without METHOD, "
    "those "
    "that there are.\n"
    "    vdelabctl call link1.set port=vde0 state=block";

static const char help_details[] =
    "ID is that of a plugin that is loaded. Where there is no command of that "
    "name, the plugin itself is one, followed by a method and what it takes; "
    "with `help` for the method, or none, it tells the same.\n"
    "    vdelabctl wan help\n"
    "    vdelabctl wan set port=vde0 state=block";

int
main(int argc, char **argv)
{
	const struct ctl_special specials[] = {
		{ .noun = "port",
		  .verb = "add",
		  .command = { .run = ctl_run, .options = port_add_options } },
		{ .noun = "capture",
		  .command = { .args = "[SEGMENT -w FILE|-]",
			       .max_args = 1,
			       .help = "record frames as pcapng, until "
				       "interrupted",
			       .options =
				   verb_find_method("capture.start")->options,
			       .run = ctl_run_capture,
			       .details = capture_details } },
		{ .noun = "capture",
		  .verb = "start",
		  .command = { .run = ctl_run_capture_start } },
		{ .noun = "stats",
		  .command = { .run = ctl_run_stats,
			       .options = stats_options } },
		{ .noun = "stats",
		  .verb = "show",
		  .command = { .run = ctl_run_stats,
			       .options = stats_options } },
		{ .noun = "wireshark",
		  .command = { .args = "SEGMENT [-- ARGUMENT...]",
			       .help = "show what goes by in Wireshark",
			       .options = ctl_wireshark_options,
			       .min_args = 1,
			       .max_args = -1,
			       .run = ctl_run_wireshark,
			       .details = wireshark_details,
			       .data = &wireshark } },
		{ .noun = "monitor",
		  .command = { .args = "[NOUN]...",
			       .help = "print events as JSON lines, until "
				       "interrupted",
			       .max_args = -1,
			       .run = ctl_run_monitor,
			       .details = monitor_details } },
		{ .noun = "watch",
		  .command = { .args = "COMMAND [ARGUMENT]...",
			       .help = "repeat a command that shows something, "
				       "with rates per second",
			       .options = watch_options,
			       .min_args = 1,
			       .max_args = -1,
			       .run = ctl_run_watch,
			       .complete = ctl_complete_watch,
			       .details = watch_details } },
		{ .noun = "call",
		  .command = { .args = "[METHOD [KEY=VALUE...]]",
			       .help = "call a method of the control socket",
			       .max_args = -1,
			       .run = ctl_run_call,
			       .complete = ctl_complete_call,
			       .details = call_details } },
		{ .noun = "help",
		  .command = { .args = "ID",
			       .help = "tell what the methods of a plugin take",
			       .min_args = 1,
			       .max_args = 1,
			       .run = ctl_run_help,
			       .complete = ctl_complete_help,
			       .details = help_details } },
		{ .noun = NULL },
	};
	struct cli_command *commands = ctl_commands_new(specials);
	const struct cli_command root = {
		.name = "vdelabctl",
		.args = "",
		.help = "talk to a running vdelab-switch",
		.options = options,
		.subcommands = commands,
		.complete = ctl_complete,
		.otherwise = &ctl_instance,
		.details = "Words may be abbreviated as long as they are "
			   "unambiguous.  Exit codes: 0 done, 1 refused by the "
			   "switch, 2 usage, 3 no switch there.",
	};
	int code = cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);

	ctl_commands_free(commands);
	return code;
}
