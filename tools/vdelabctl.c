/* vdelabctl: talk to a running vdelab-switch, in the manner of ip and bridge:
 * the commands, and which call of the switch each of them is. */
#include "config.h"

#include <stdio.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tools/ctl.h"

/* Names of parameters, in the order of the command's arguments. */
#define WORDS(...)                                                             \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

/* ---- segment ---- */

static int
run_segment_show(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "segment.show",
						.words = WORDS("segment"),
						.show = ctl_show_segments });
}

static int
run_segment_add(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "segment.add",
						.words = WORDS("name") });
}

static int
run_segment_del(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "segment.del",
						.words = WORDS("segment") });
}

static const struct cli_command segment_commands[] = {
	{ .name = "show",
	  .args = "[SEGMENT]",
	  .help = "list segments",
	  .max_args = 1,
	  .run = run_segment_show },
	{ .name = "add",
	  .args = "NAME",
	  .help = "make a segment",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_segment_add },
	{ .name = "del",
	  .args = "SEGMENT",
	  .help = "remove a segment and its ports",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_segment_del },
	{ .name = NULL },
};

/* ---- port ---- */

static void
show_name(const struct ctl *ctl, const json_t *result)
{
	(void)ctl;
	puts(json_str_or(result, "name", "?"));
}

static int
run_port_show(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "port.show",
						.words = WORDS("segment"),
						.show = ctl_show_ports });
}

static int
run_port_add(const struct cli *cli)
{
	return ctl_run(cli,
		       &(struct ctl_verb){ .method = "port.add",
					   .words = WORDS("segment", "kind"),
					   .settings = true,
					   .show = show_name });
}

static int
run_port_del(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "port.del",
						.words = WORDS("port") });
}

static const struct cli_command port_commands[] = {
	{ .name = "show",
	  .args = "[SEGMENT]",
	  .help = "list ports; -s: with all counters",
	  .max_args = 1,
	  .run = run_port_show },
	{ .name = "add",
	  .args = "SEGMENT KIND [name=NAME] [mtu=BYTES] [KEY=VALUE...]",
	  .help = "attach a port; prints its name",
	  .min_args = 2,
	  .max_args = -1,
	  .run = run_port_add },
	{ .name = "del",
	  .args = "PORT",
	  .help = "remove a port",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_port_del },
	{ .name = NULL },
};

/* ---- link ---- */

static int
run_link_show(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "link.show",
						.words = WORDS("port"),
						.show = ctl_show_links });
}

static int
run_link_set(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){
				.method = "link.set",
				.words = WORDS("port", "state", "direction") });
}

static const struct cli_command link_commands[] = {
	{ .name = "show",
	  .args = "[PORT]",
	  .help = "what is blocked",
	  .max_args = 1,
	  .run = run_link_show },
	{ .name = "set",
	  .args = "PORT block|unblock [in|out|both]",
	  .help = "drop, silently, what a port sends (in) or would receive "
		  "(out)",
	  .min_args = 2,
	  .max_args = 3,
	  .run = run_link_set },
	{ .name = NULL },
};

/* ---- fdb ---- */

static void
show_flushed(const struct ctl *ctl, const json_t *result)
{
	(void)ctl;
	printf("%lld addresses forgotten\n",
	       (long long)json_int_or(result, "flushed", 0));
}

static int
run_fdb_show(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "fdb.show",
						.words = WORDS("segment"),
						.show = ctl_show_fdb });
}

static int
run_fdb_flush(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "fdb.flush",
						.words = WORDS("segment"),
						.options = WORDS("port"),
						.show = show_flushed });
}

static const struct cli_option flush_options[] = {
	{ "port", 'i', "PORT", "only addresses learned there" },
	{ .name = NULL },
};

static const struct cli_command fdb_commands[] = {
	{ .name = "show",
	  .args = "[SEGMENT]",
	  .help = "list learned addresses",
	  .max_args = 1,
	  .run = run_fdb_show },
	{ .name = "flush",
	  .args = "[SEGMENT]",
	  .help = "forget learned addresses",
	  .options = flush_options,
	  .max_args = 1,
	  .run = run_fdb_flush },
	{ .name = NULL },
};

/* ---- capture ---- */

static int
run_capture_show(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "capture.show",
						.words = WORDS("id"),
						.show = ctl_show_captures });
}

static void
show_stopped(const struct ctl *ctl, const json_t *result)
{
	json_t *list = json_pack("[O]", result);

	ctl_show_captures(ctl, list);
	json_decref(list);
}

static int
run_capture_stop(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "capture.stop",
						.words = WORDS("id"),
						.show = show_stopped });
}

static const struct cli_option capture_options[] = {
	{ "write", 'w', "FILE", "where to; - is standard output" },
	{ "filter", 'f', "FILTER", "only what matches (pcap-filter(7))" },
	{ "snaplen", 's', "OCTETS", "keep so much of each frame" },
	{ "port", 'i', "PORT", "only this port; implies -d both" },
	{ "direction", 'd', "in|out|both",
	  "frames as they enter the segment (default), leave it, or both" },
	{ "count", 'c', "N", "end after N frames" },
	{ .name = NULL },
};

static const struct cli_command capture_commands[] = {
	{ .name = "show",
	  .args = "[ID]",
	  .help = "list captures",
	  .max_args = 1,
	  .run = run_capture_show },
	{ .name = "start",
	  .args = "SEGMENT -w FILE",
	  .help = "capture until `capture stop`; prints the capture's id",
	  .min_args = 1,
	  .max_args = 1,
	  .run = ctl_run_capture_start },
	{ .name = "stop",
	  .args = "ID",
	  .help = "end a capture; returns when everything is written",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_capture_stop },
	{ .name = NULL },
};

/* ---- stats ---- */

/* Says which books do not balance, and by how much. */
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
	static const char *const words[] = { "segment", NULL };
	static const struct ctl_verb verb = { .method = "stats.show",
					      .words = words };
	json_t *params, *result;
	struct ctl ctl;
	int code;

	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = ctl_params(&ctl, &verb, &params);
	if (code == EXIT_OK)
		code = ctl_call(&ctl, verb.method, params, -1, &result);
	if (code == EXIT_OK) {
		ctl_show(&ctl, result, ctl_show_stats);
		if (cli_has(cli, "check"))
			code = check_books(result);
		json_decref(result);
	}
	ctl_close(&ctl);
	return code;
}

static const struct cli_option stats_options[] = {
	{ "check", 0, NULL,
	  "fail unless every frame in is a frame out or a counted drop" },
	{ .name = NULL },
};

/* ---- plugin ---- */

static void
show_id(const struct ctl *ctl, const json_t *result)
{
	(void)ctl;
	puts(json_str_or(result, "id", "?"));
}

static int
run_plugin_show(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "plugin.show",
						.show = ctl_show_plugins });
}

static int
run_plugin_load(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "plugin.load",
						.words = WORDS("plugin"),
						.settings = true,
						.into = "options",
						.show = show_id });
}

static int
run_plugin_unload(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "plugin.unload",
						.words = WORDS("id") });
}

static const struct cli_command plugin_commands[] = {
	{ .name = "show",
	  .args = "",
	  .help = "list plugins; -s: with counters",
	  .run = run_plugin_show },
	{ .name = "load",
	  .args = "NAME [segment=SEGMENT] [port=PORT] [KEY=VALUE...]",
	  .help = "start a plugin, for everything or for a segment or port; "
		  "prints its id",
	  .min_args = 1,
	  .max_args = -1,
	  .run = run_plugin_load },
	{ .name = "unload",
	  .args = "ID",
	  .help = "stop a plugin",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_plugin_unload },
	{ .name = NULL },
};

/* ---- everything ---- */

static int
run_info(const struct cli *cli)
{
	return ctl_run(cli, &(struct ctl_verb){ .method = "switch.info",
						.show = ctl_show_info });
}

static const struct cli_option options[] = {
	{ "target", 't', "DIR",
	  "the switch's directory (default: $VDELAB_DIR, else that of "
	  "vdelab-switch)" },
	{ "json", 'j', NULL, "print what the switch answers, on one line" },
	{ "pretty", 'p', NULL, "print it as indented JSON" },
	{ "statistics", 's', NULL, "show counters as well" },
	{ .name = NULL },
};

/* `show` is what a noun alone means. */
static const struct cli_command commands[] = {
	{ .name = "segment",
	  .args = "",
	  .help = "isolated Ethernet segments",
	  .subcommands = segment_commands,
	  .run = run_segment_show },
	{ .name = "port",
	  .args = "",
	  .help = "what is attached to them",
	  .subcommands = port_commands,
	  .run = run_port_show },
	{ .name = "link",
	  .args = "",
	  .help = "block and unblock ports",
	  .subcommands = link_commands,
	  .run = run_link_show },
	{ .name = "fdb",
	  .args = "",
	  .help = "which address is behind which port",
	  .subcommands = fdb_commands,
	  .run = run_fdb_show },
	{ .name = "capture",
	  .args = "[SEGMENT -w FILE|-]",
	  .help = "record frames as pcapng, until interrupted",
	  .options = capture_options,
	  .subcommands = capture_commands,
	  .max_args = 1,
	  .run = ctl_run_capture,
	  .details = "vdelabctl capture vlan1 -w - | wireshark -k -i -" },
	{ .name = "stats",
	  .args = "[SEGMENT]",
	  .help = "what became of the frames",
	  .options = stats_options,
	  .max_args = 1,
	  .run = run_stats },
	{ .name = "plugin",
	  .args = "",
	  .help = "load and unload plugins",
	  .subcommands = plugin_commands,
	  .run = run_plugin_show },
	{ .name = "info",
	  .args = "",
	  .help = "about the switch itself",
	  .run = run_info },
	{ .name = "monitor",
	  .args = "",
	  .help = "print events as JSON lines, until interrupted",
	  .run = ctl_run_monitor },
	{ .name = NULL },
};

int
main(int argc, char **argv)
{
	static const struct cli_command root = {
		.name = "vdelabctl",
		.args = "",
		.help = "talk to a running vdelab-switch",
		.options = options,
		.subcommands = commands,
		.details = "Words may be abbreviated as long as they are "
			   "unambiguous.  Exit codes: 0 done, 1 refused by the "
			   "switch, 2 usage, 3 no switch there.",
	};

	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
