/* vdelabctl: talk to a running vdelab-switch, in the manner of ip and bridge.
 * Its commands are those of lib/verb, and a few that are more than one call. */
#include "config.h"

#include <stdio.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb.h"
#include "tools/ctl.h"

/* ---- stats ---- */

/* Says which books do not balance. */
static int
check_books(const json_t *list)
{
	int code = EXIT_OK;
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		if (json_bool_or(row, "balanced", false))
			continue;
		fflush(stdout);
		fprintf(stderr,
			"vdelabctl: the books of segment %s do not balance\n",
			json_str_or(row, "segment", "?"));
		code = EXIT_TEST_FAILED;
	}
	return code;
}

static int
run_stats(const struct cli *cli)
{
	const struct verb *verb = cli_data(cli);
	json_t *params, *result;
	struct ctl ctl;
	int code;

	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = ctl_params(&ctl, verb, &params);
	if (code == EXIT_OK)
		code = ctl_call(&ctl, verb->method, params, -1, &result);
	if (code == EXIT_OK) {
		ctl_show(&ctl, result, ctl_show_stats);
		if (cli_has(cli, "check"))
			code = check_books(result);
		json_decref(result);
	}
	ctl_close(&ctl);
	return code;
}

/* ---- everything ---- */

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

int
main(int argc, char **argv)
{
	const struct ctl_special specials[] = {
		{ .noun = "capture",
		  .command = { .args = "[SEGMENT -w FILE|-]",
			       .max_args = 1,
			       .help = "record frames as pcapng, until "
				       "interrupted",
			       .options =
				   verb_find_method("capture.start")->options,
			       .run = ctl_run_capture,
			       .details = "vdelabctl capture vlan1 -w - | "
					  "wireshark -k -i -" } },
		{ .noun = "capture",
		  .verb = "start",
		  .command = { .run = ctl_run_capture_start } },
		{ .noun = "stats",
		  .command = { .run = run_stats, .options = stats_options } },
		{ .noun = "monitor",
		  .command = { .args = "",
			       .help = "print events as JSON lines, until "
				       "interrupted",
			       .run = ctl_run_monitor } },
		{ .noun = NULL },
	};
	struct cli_command *commands = ctl_commands_new(specials);
	const struct cli_command root = {
		.name = "vdelabctl",
		.args = "",
		.help = "talk to a running vdelab-switch",
		.options = options,
		.subcommands = commands,
		.details = "Words may be abbreviated as long as they are "
			   "unambiguous.  Exit codes: 0 done, 1 refused by the "
			   "switch, 2 usage, 3 no switch there.",
	};
	int code = cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);

	ctl_commands_free(commands);
	return code;
}
