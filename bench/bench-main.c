/* bench: compare vdelab-switch with vde_switch, side by side. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/compare.h"
#include "bench/machine.h"
#include "bench/number.h"
#include "bench/report.h"
#include "bench/trial.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { NUMBER_MAX = 1000000 };

static const struct cli_option options[] = {
	{ "rows", 'r', "NAMES", "cases, parted by commas; 'vde-*' works" },
	{ "list", 'l', NULL, "list the cases" },
	{ "rounds", 'n', "N", "of each case (default 5)" },
	{ "window-ms", 'w', "N", "that is measured (default 1000)" },
	{ "warmup-ms", 0, "N", "before it (default 300)" },
	{ "no-gate", 0, NULL, "measure although others are at work" },
	{ "json", 'j', "FILE", "write everything, raw results included" },
	{ "switch", 0, "PATH", "ours" },
	{ "vde-switch", 0, "PATH", "to compare with (default: vde_switch)" },
	{ "load", 0, "PATH", "the load generator" },
	{ "relay", 0, "PATH", "what stands for a switch that takes no time" },
	{ "pmd-load", 0, "PATH", "the load from dpdk-testpmd" },
	{ "ovs", 0, "PATH", "what starts OVS-DPDK (bench/ovs-dpdk.sh)" },
	{ "strict", 0, NULL, "end with 1 unless every target is reached" },
	{ NULL, 0, NULL, NULL },
};

/* ---- all of them ---- */

static int
write_json(const char *path, const struct bench *bench, json_t *machine,
	   const struct outcome *outcomes, size_t n)
{
	json_t *everything = report_json(bench, machine, outcomes, n);
	int ret = json_dump_file(everything, path,
				 JSON_INDENT(1) | JSON_PRESERVE_ORDER);

	json_decref(everything);
	if (ret == 0)
		return EXIT_OK;
	log_error("cannot write %s", path);
	return EXIT_INFRA;
}

static int
run_cases(struct bench *bench, const struct cli *cli)
{
	struct outcome *outcomes = xcalloc(n_bench_cases, sizeof(*outcomes));
	json_t *machine = machine_describe(bench);
	const char *json = cli_opt(cli, "json");
	int ret = 0, code = EXIT_OK;
	size_t n = 0;

	report_machine(bench, machine);
	report_heading();
	for (size_t i = 0; ret == 0 && i < n_bench_cases; i++) {
		if (!case_is_wanted(&bench_cases[i], cli_opt(cli, "rows")))
			continue;
		ret = compare_case(bench, &bench_cases[i], &outcomes[n]);
		if (ret == 0)
			report_case(&outcomes[n]);
		n++;
	}
	if (ret < 0)
		code = EXIT_INFRA;
	else if (!report_sum(outcomes, n) && cli_has(cli, "strict"))
		code = EXIT_TEST_FAILED;
	if (ret == 0 && json != NULL &&
	    write_json(json, bench, machine, outcomes, n) != EXIT_OK)
		code = EXIT_INFRA;
	while (n > 0)
		outcome_fini(&outcomes[--n]);
	free(outcomes);
	json_decref(machine);
	return code;
}

/* ---- set-up ---- */

static int
list_cases(void)
{
	for (size_t i = 0; i < n_bench_cases; i++)
		printf("%s\n", bench_cases[i].name);
	return EXIT_OK;
}

static int
read_numbers(const struct cli *cli, struct bench *bench, struct err *err)
{
	long rounds = 5, window_ms = 1000, warmup_ms = 300;

	if (number_option(cli, "rounds", 1, NUMBER_MAX, &rounds, err) < 0 ||
	    number_option(cli, "window-ms", 1, NUMBER_MAX, &window_ms, err) <
		0 ||
	    number_option(cli, "warmup-ms", 0, NUMBER_MAX, &warmup_ms, err) < 0)
		return -EINVAL;
	bench->rounds = (unsigned)rounds;
	bench->window_ms = (unsigned)window_ms;
	bench->warmup_ms = (unsigned)warmup_ms;
	return 0;
}

static int
check_rows(const char *rows, struct err *err)
{
	for (size_t i = 0; i < n_bench_cases; i++) {
		if (case_is_wanted(&bench_cases[i], rows))
			return 0;
	}
	return err_set(err, -EINVAL,
		       "no case is called \"%s\"; --list tells them", rows);
}

/* Return: option @name, or the program of this name beside us; the caller's */
static char *
helper_path(const struct cli *cli, const char *name)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (cli_has(cli, name))
		return xstrdup(cli_opt(cli, name));
	if (n < 0)
		return xstrdup(name);
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return xasprintf("%s/%s", path, name);
}

/* Two descriptors a port, in each process of a trial: ours are inherited. */
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
make_dir(struct bench *bench, struct err *err)
{
	const char *tmp = getenv("TMPDIR");

	bench->dir = xasprintf("%s/vdelab-bench.XXXXXX",
			       tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(bench->dir) == NULL)
		return err_errno(err, "%s", bench->dir);
	/* Where DPDK's programs put what they share with others. */
	if (setenv("XDG_RUNTIME_DIR", bench->dir, 1) < 0)
		return err_errno(err, "XDG_RUNTIME_DIR");
	return 0;
}

/* Is there a vde_switch?  Our own under its name is none. */
static void
find_peer(struct bench *bench, const struct cli *cli)
{
	const char *path = cli_opt(cli, "vde-switch");
	bool is_vdelab = false;
	char *version;

	bench->peer_path = path != NULL ? path : "vde_switch";
	version = machine_version(bench, bench->peer_path, &is_vdelab);
	if (version == NULL || is_vdelab)
		bench->peer_path = NULL;
	free(version);
}

static int
compare(struct bench *bench, const struct cli *cli)
{
	struct err err = ERR_INIT;
	int code = EXIT_INFRA;

	runner_init(&bench->runner);
	bench->gate = (struct gate){ .runner = &bench->runner,
				     .is_open = cli_has(cli, "no-gate") };
	machine_choose_cpus(&bench->switch_cpu, &bench->station_cpu);
	raise_limit();
	find_peer(bench, cli);
	bench->ovs_version = machine_version(bench, bench->ovs_path, NULL);
	bench->dpdk_version = machine_dpdk_version(bench);
	if (make_dir(bench, &err) == 0) {
		code = run_cases(bench, cli);
		sockpath_remove_tree(bench->dir, NULL);
	} else {
		log_error("%s", err.text);
	}
	free(bench->dir);
	free(bench->ovs_version);
	free(bench->dpdk_version);
	runner_fini(&bench->runner);
	if (bench->runner.signal != 0)
		raise(bench->runner.signal);
	return code;
}

static int
run(const struct cli *cli)
{
	struct bench bench = { .dir = NULL };
	struct err err = ERR_INIT;
	char switch_path[PATH_MAX], *load_path, *relay_path, *pmd_load_path;
	char *ovs_path;
	int code;

	if (cli_has(cli, "list"))
		return list_cases();
	if (read_numbers(cli, &bench, &err) < 0 ||
	    check_rows(cli_opt(cli, "rows"), &err) < 0)
		return cli_usage_error(cli, "%s", err.text);
	bench.switch_path = cli_opt(cli, "switch");
	if (bench.switch_path == NULL) {
		if (paths_find(PATHS_BIN, "vdelab-switch", switch_path,
			       sizeof(switch_path), &err) < 0) {
			log_error("%s", err.text);
			return EXIT_INFRA;
		}
		bench.switch_path = switch_path;
	}
	bench.load_path = load_path = helper_path(cli, "load");
	bench.relay_path = relay_path = helper_path(cli, "relay");
	bench.pmd_load_path = pmd_load_path = helper_path(cli, "pmd-load");
	bench.ovs_path = ovs_path = helper_path(cli, "ovs");
	code = compare(&bench, cli);
	free(load_path);
	free(relay_path);
	free(pmd_load_path);
	free(ovs_path);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct cli_command root = {
		.name = "bench",
		.args = "",
		.help = "compare vdelab-switch with vde_switch",
		.options = options,
		.run = run,
		.details =
		    "Each round of a case loads one switch after the other, "
		    "each freshly started;\n"
		    "every other round goes the other way round.  The ratio "
		    "is that of a round;\n"
		    "the table has its median and extremes.  The floor is a "
		    "relay that hands on\n"
		    "what comes without looking at it.  A trial in "
		    "which others were at\n"
		    "work is repeated; when that does not help, its round "
		    "does not count.\n",
	};

	log_init("bench", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
