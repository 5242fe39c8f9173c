/* pmd-load: the command line of the load from dpdk-testpmd. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bench/number.h"
#include "bench/pmd-load.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"

static const struct cli_option options[] = {
	{ "socket", 'S', "PATH",
	  "of a vhost-user port; one is enough for both "
	  "where each connection is a port" },
	{ "listen", 0, NULL, "on the sockets: the switch connects" },
	{ "mode", 'm', "MODE", "flow or hop" },
	{ "packed", 0, NULL, "packed rings" },
	{ "length", 'l', "OCTETS", "of a frame (default 64)" },
	{ "control", 0, "PATH", "our switch's control socket" },
	{ "spin", 0, "USEC", "set this on all ports of our switch" },
	{ "warmup-ms", 0, "N", "before anything counts (default 200)" },
	{ "window-ms", 'w', "N", "in which it counts (default 1000)" },
	{ "cpu", 'c', "N", "where dpdk-testpmd runs (default 1)" },
	{ "switch-pid", 's', "PID", "whose CPU time and memory to tell" },
	{ NULL, 0, NULL, NULL },
};

static int
read_numbers(const struct cli *cli, struct pmd_load_config *config,
	     struct err *err)
{
	long length = 64, warmup = 200, window = 1000, cpu = 1, pid = 0;
	long spin = 0;
	const struct {
		const char *name;
		long min, max;
		long *value;
	} numbers[] = {
		{ "length", 60, 4 * PMD_SEGMENT_MAX, &length },
		{ "warmup-ms", 0, 600000, &warmup },
		{ "window-ms", 1, 600000, &window },
		{ "cpu", 0, 1023, &cpu },
		{ "switch-pid", 1, 1 << 22, &pid },
		{ "spin", 0, 1000000, &spin },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (number_option(cli, numbers[i].name, numbers[i].min,
				  numbers[i].max, numbers[i].value, err) < 0)
			return -EINVAL;
	}
	config->pmd.frame_len = (unsigned)length;
	config->pmd.cpu = (int)cpu;
	config->warmup_ms = (unsigned)warmup;
	config->window_ms = (unsigned)window;
	config->switch_pid = (pid_t)pid;
	config->spin_us = (unsigned)spin;
	return 0;
}

static int
read_config(const struct cli *cli, struct pmd_load_config *config,
	    struct err *err)
{
	const char *mode = cli_opt(cli, "mode");
	const char *path = cli_opt(cli, "socket");

	if (path == NULL)
		return err_set(err, -EINVAL, "--socket is missing");
	for (unsigned i = 0; i < PMD_DEVICES; i++) {
		if (cli_opt_nth(cli, "socket", i) != NULL)
			path = cli_opt_nth(cli, "socket", i);
		config->pmd.sockets[i] = path;
	}
	config->pmd.listens = cli_has(cli, "listen");
	config->pmd.is_packed = cli_has(cli, "packed");
	config->pmd.is_alone = mode != NULL && strcmp(mode, "hop") == 0;
	if (mode != NULL && !config->pmd.is_alone && strcmp(mode, "flow") != 0)
		return err_set(err, -EINVAL, "there is no mode \"%s\"", mode);
	config->control = cli_opt(cli, "control");
	if (read_numbers(cli, config, err) < 0)
		return -EINVAL;
	if (config->spin_us > 0 && config->control == NULL)
		return err_set(err, -EINVAL, "--spin takes --control");
	return 0;
}

static int
run(const struct cli *cli)
{
	struct pmd_load_config config = { .control = NULL };
	struct err err = ERR_INIT;
	struct runner runner;
	json_t *result;

	if (read_config(cli, &config, &err) < 0)
		return cli_usage_error(cli, "%s", err.text);
	signal(SIGPIPE, SIG_IGN);
	runner_init(&runner);
	result = pmd_load_run(&config, &runner, &err);
	runner_fini(&runner);
	if (result == NULL) {
		log_error("%s", err.text);
		return EXIT_INFRA;
	}
	json_dumpf(result, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(result);
	return EXIT_OK;
}

int
main(int argc, char **argv)
{
	static const struct cli_command root = {
		.name = "pmd-load",
		.args = "",
		.help = "put dpdk-testpmd on two vhost-user ports",
		.options = options,
		.run = run,
		.details =
		    "flow: some hundreds of frames go round, from each of two "
		    "devices to the\n"
		    "other one, as fast as they come through.  hop: one from "
		    "each.  The result\n"
		    "is one line of JSON.\n",
	};

	log_init("pmd-load", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
