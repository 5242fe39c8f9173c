/*
 * vdelab-extcap: the segments and ports of running switches among the
 * interfaces of Wireshark and tshark, which start this program with the options
 * below (Wireshark's extcap(4)).
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "tools/extcap/install.h"
#include "tools/extcap/interfaces.h"
#include "tools/extcap/live.h"
#include "tools/extcap/switches.h"

static const struct cli_option options[] = {
	{ "extcap-interfaces", 0, NULL, "list segments and ports" },
	{ "extcap-interface", 0, "ID", "one of them" },
	{ "extcap-dlts", 0, NULL, "what its frames are: Ethernet" },
	{ "extcap-config", 0, NULL, "what can be chosen for a capture of it" },
	{ "capture", 0, NULL, "capture it" },
	{ "fifo", 0, "PATH", "where to" },
	{ "extcap-capture-filter", 0, "FILTER",
	  "only what matches; without --capture: is it one?" },
	{ "direction", 0, "in|out|both",
	  "frames as they enter the segment, leave it, or both" },
	{ "snaplen", 0, "OCTETS", "keep so much of each frame" },
	{ "drops", 0, "true|false",
	  "frames that get no further, too, with the reason" },
	{ "extcap-version", 0, "VERSION", "of Wireshark; makes no difference" },
	{ "install", 0, NULL, "link this program to where Wireshark looks" },
	{ .name = NULL },
};

static int
fail(const char *text)
{
	fprintf(stderr, "vdelab-extcap: %s\n", text);
	return EXIT_USAGE;
}

/* ---- what is asked ---- */

static int
print_config(const struct interface *interface)
{
	const char *usual = interface->port != NULL ? "both" : "in";
	static const struct {
		const char *value, *display;
	} directions[] = {
		{ "in", "Frames as they enter the segment" },
		{ "out", "Copies as they leave it" },
		{ "both", "Both" },
	};

	printf("arg {number=0}{call=--direction}{display=Direction}"
	       "{type=selector}{tooltip=As seen from the switch}\n");
	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++)
		printf("value {arg=0}{value=%s}{display=%s}{default=%s}\n",
		       directions[i].value, directions[i].display,
		       strcmp(directions[i].value, usual) == 0 ? "true"
							       : "false");
	printf("arg {number=1}{call=--drops}{display=Dropped frames, too}"
	       "{type=boolean}{default=false}{tooltip=With the reason in a "
	       "comment}\n"
	       "arg {number=2}{call=--snaplen}{display=Octets of each frame}"
	       "{type=integer}{range=64,65550}{default=65550}{tooltip=The rest "
	       "is left out}\n");
	return EXIT_OK;
}

static int
capture(const struct cli *cli, const struct interface *interface)
{
	const char *drops = cli_opt(cli, "drops");
	const struct live_request request = {
		.interface = interface,
		.filter = cli_opt(cli, "extcap-capture-filter"),
		.direction = cli_opt(cli, "direction"),
		.snaplen = cli_opt(cli, "snaplen"),
		.drops = drops != NULL && strcmp(drops, "true") == 0,
	};
	const char *fifo = cli_opt(cli, "fifo");

	if (fifo == NULL)
		return fail("--capture needs --fifo");
	return live_capture(&request, fifo);
}

static int
run_for(const struct cli *cli, const struct interface *interface)
{
	if (cli_has(cli, "capture"))
		return capture(cli, interface);
	if (cli_has(cli, "extcap-capture-filter"))
		return live_check_filter(
		    interface, cli_opt(cli, "extcap-capture-filter"), stdout);
	if (cli_has(cli, "extcap-dlts")) {
		printf("dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
		return EXIT_OK;
	}
	if (cli_has(cli, "extcap-config"))
		return print_config(interface);
	return fail("what of that interface? --extcap-dlts, --extcap-config or "
		    "--capture");
}

static int
run_interface(const struct cli *cli, const struct interfaces *interfaces)
{
	const char *id = cli_opt(cli, "extcap-interface");
	const struct interface *interface = interfaces_get(interfaces, id);

	if (interface != NULL)
		return run_for(cli, interface);
	fprintf(stderr,
		"vdelab-extcap: no switch that runs has the interface \"%s\"; "
		"--extcap-interfaces lists them\n",
		id);
	return EXIT_NO_SWITCH;
}

static int
install(void)
{
	struct err err = ERR_INIT;

	if (install_links(stdout, &err) == 0)
		return EXIT_OK;
	fprintf(stderr, "vdelab-extcap: %s\n", err.text);
	return EXIT_INFRA;
}

static int
run(const struct cli *cli)
{
	struct switches switches;
	struct interfaces interfaces;
	int code = EXIT_OK;

	if (cli_has(cli, "install"))
		return install();
	if (!cli_has(cli, "extcap-interfaces") &&
	    cli_opt(cli, "extcap-interface") == NULL)
		return cli_usage_error(cli, "this program is for Wireshark to "
					    "start; --install tells it so");
	switches_find(&switches);
	interfaces_find(&interfaces, &switches);
	if (cli_has(cli, "extcap-interfaces"))
		interfaces_print(&interfaces, stdout);
	else
		code = run_interface(cli, &interfaces);
	interfaces_fini(&interfaces);
	switches_fini(&switches);
	return code;
}

int
main(int argc, char **argv)
{
	const struct cli_command root = {
		.name = "vdelab-extcap",
		.args = "",
		.help = "capture on switches of vdelab from within Wireshark",
		.options = options,
		.run = run,
		.details =
		    "Run it once with --install; Wireshark and tshark -D "
		    "list the segments and ports of your switches then.",
	};

	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
