/* load: the command line of the load generator. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/load.h"
#include "bench/number.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum { PORTS_MAX = 4096, STATIONS_MAX = 256 };

static const struct load_mode *const modes[] = {
	&mode_flow, &mode_broadcast, &mode_pingpong, &mode_turns, &mode_idle,
};

static const struct cli_option options[] = {
	{ "dir", 'd', "DIR", "a segment's sockets (may be repeated)" },
	{ "mode", 'm', "MODE", "flow, broadcast, pingpong, turns or idle" },
	{ "peer", 'p', "KIND", "vde, stream or vhost" },
	{ "receiver", 0, "KIND", "vde, stream or vhost, when not like --peer" },
	{ "busy", 'b', "N", "ports that take part (default 2)" },
	{ "idle", 'i', "N", "ports that are attached and never read" },
	{ "stalled", 0, "N", "receivers that never read (flow)" },
	{ "left-out", 0, "N", "pairs that do not count (flow)" },
	{ "length", 'l', "OCTETS", "of a frame (default 64)" },
	{ "burst", 0, "N", "frames that a stream peer writes at once" },
	{ "addresses", 0, "N", "of each port, used in turn (flow)" },
	{ "rate", 'r', "FPS", "of each sender (default: what goes)" },
	{ "warmup-ms", 0, "N", "before anything counts (default 200)" },
	{ "window-ms", 'w', "N", "in which it counts (default 1000)" },
	{ "cpu", 'c', "N", "where the stations run (default: anywhere)" },
	{ "switch-pid", 's', "PID", "whose CPU time and memory to tell" },
	{ NULL, 0, NULL, NULL },
};

static int
read_numbers(const struct cli *cli, struct load_config *config, struct err *err)
{
	long busy = 2, idle = 0, stalled = 0, length = 64, burst = 1, rate = 0;
	long warmup = 200, window = 1000, cpu = -1, pid = 0, left_out = 0;
	long addresses = 1;
	const struct {
		const char *name;
		long min, max;
		long *value;
	} numbers[] = {
		{ "busy", 0, PORTS_MAX, &busy },
		{ "idle", 0, PORTS_MAX, &idle },
		{ "stalled", 0, STATIONS_MAX, &stalled },
		{ "left-out", 0, STATIONS_MAX, &left_out },
		{ "length", PEER_FRAME_MIN, PEER_FRAME_MAX, &length },
		{ "burst", 1, PEER_BURST_MAX, &burst },
		{ "addresses", 1, PEER_ADDRESSES_MAX, &addresses },
		{ "rate", 0, 100000000, &rate },
		{ "warmup-ms", 0, 600000, &warmup },
		{ "window-ms", 1, 600000, &window },
		{ "cpu", 0, 1023, &cpu },
		{ "switch-pid", 1, 1 << 22, &pid },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (number_option(cli, numbers[i].name, numbers[i].min,
				  numbers[i].max, numbers[i].value, err) < 0)
			return -EINVAL;
	}
	config->n_busy = (unsigned)busy;
	config->n_idle = (unsigned)idle;
	config->n_stalled = (unsigned)stalled;
	config->n_left_out =
	    (unsigned)(left_out > stalled ? left_out : stalled);
	config->n_addresses = (unsigned)addresses;
	config->frame_len = (size_t)length;
	config->burst = (size_t)burst;
	config->rate_fps = (uint64_t)rate;
	config->warmup_ms = (unsigned)warmup;
	config->window_ms = (unsigned)window;
	config->cpu = (int)cpu;
	config->switch_pid = (pid_t)pid;
	return 0;
}

static int
read_kind(const struct cli *cli, const char *option, const char *otherwise,
	  const struct peer_ops **kind, struct err *err)
{
	const char *name = cli_opt(cli, option);

	*kind = peer_kind(name != NULL ? name : otherwise);
	if (*kind == NULL)
		return err_set(err, -EINVAL,
			       "--%s takes vde, stream or vhost, not \"%s\"",
			       option, name);
	return 0;
}

static int
read_mode(const struct cli *cli, struct load_config *config, struct err *err)
{
	const char *name = cli_opt(cli, "mode");

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(name != NULL ? name : "flow", modes[i]->name) == 0)
			config->mode = modes[i];
	}
	return config->mode != NULL
		   ? 0
		   : err_set(err, -EINVAL, "there is no mode \"%s\"", name);
}

static int
check_sense(struct load_config *config, struct err *err)
{
	const struct load_mode *mode = config->mode;

	if (mode->busy_min == 0)
		config->n_busy = 0;
	if (config->n_dirs == 0)
		return err_set(err, -EINVAL, "--dir is missing");
	if (config->n_busy < mode->busy_min ||
	    (mode->is_even && config->n_busy % 2 != 0))
		return err_set(
		    err, -EINVAL, "%s takes %s%u ports or more", mode->name,
		    mode->is_even ? "an even number, " : "", mode->busy_min);
	if (mode != &mode_turns && config->n_busy > STATIONS_MAX)
		return err_set(err, -EINVAL, "%s takes %d busy ports at most",
			       mode->name, (int)STATIONS_MAX);
	if (config->n_left_out > 0 && config->n_left_out >= config->n_busy / 2)
		return err_set(err, -EINVAL,
			       "--stalled and --left-out leave no pair that "
			       "counts");
	if (config->n_addresses > 1 &&
	    (mode != &mode_flow || config->n_busy > 64))
		return err_set(err, -EINVAL,
			       "--addresses is for flow, with 64 ports at "
			       "most");
	if (config->burst > config->kind->burst_max)
		return err_set(err, -EINVAL, "%s peers send %zu frames a call",
			       config->kind->name, config->kind->burst_max);
	return 0;
}

static int
read_config(const struct cli *cli, struct load_config *config, struct err *err)
{
	const char *dir;

	while ((dir = cli_opt_nth(cli, "dir", config->n_dirs)) != NULL) {
		config->dirs = xrealloc(config->dirs, config->n_dirs + 1,
					sizeof(*config->dirs));
		config->dirs[config->n_dirs++] = dir;
	}
	if (read_numbers(cli, config, err) < 0 ||
	    read_mode(cli, config, err) < 0 ||
	    read_kind(cli, "peer", "vde", &config->kind, err) < 0 ||
	    read_kind(cli, "receiver", config->kind->name,
		      &config->receiver_kind, err) < 0)
		return -EINVAL;
	return check_sense(config, err);
}

/* Two descriptors a port, here and in the switch. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
run(const struct cli *cli)
{
	struct load_config config = { .mode = NULL };
	struct err err = ERR_INIT;
	json_t *result;

	if (read_config(cli, &config, &err) < 0) {
		free(config.dirs);
		return cli_usage_error(cli, "%s", err.text);
	}
	signal(SIGPIPE, SIG_IGN);
	raise_limit();
	result = load_run(&config, &err);
	free(config.dirs);
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
		.name = "load",
		.args = "",
		.help = "put a load on a switch and measure what comes through",
		.options = options,
		.run = run,
		.details =
		    "flow: ports 0, 2, ... send to 1, 3, ...  broadcast: port "
		    "0 sends to all.\n"
		    "pingpong: the round trip between ports 0 and 1.  turns: "
		    "each port has one\n"
		    "frame under way to its partner.  idle: ports are only "
		    "attached.  The result\n"
		    "is one line of JSON.\n",
	};

	log_init("load", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
