#include "config.h"

#include "driver/run-cmd.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "driver/batch/attempt.h"
#include "driver/batch/tellers.h"
#include "driver/check-cmd.h"
#include "driver/control/standstill.h"
#include "driver/host-check.h"
#include "driver/janitor.h"
#include "driver/lab/nixos.h"
#include "driver/lab/plan.h"
#include "driver/many-options.h"
#include "driver/run-many.h"
#include "driver/run.h"
#include "driver/script/test-file.h"
#include "driver/vm/accel.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

const struct cli_option run_command_options[] = {
	{ "accel", 0, "auto|kvm|tcg",
	  "how guests run; auto tries KVM with a little guest code" },
	{ "attempt", 0, "JSON", NULL },
	{ "fail-fast", 0, NULL, "start nothing after a failure (the default)" },
	{ "fail-flaky", 0, NULL,
	  "a test that passed when it was retried fails" },
	{ "jobs", 'j', "N|auto",
	  "tests at a time; auto: as many as memory and cores allow" },
	{ "keep-going", 'k', NULL, "go on with the next test after a failure" },
	{ "nixos", 0, NULL,
	  "the files are tests that Nix has built: driverConfiguration.json" },
	{ "pause-on-fail", 0, NULL,
	  "a test that fails stands still, its guests running, for you to "
	  "look at" },
	{ "repeat", 0, "N",
	  "run each test N times, and tell how often it fails" },
	{ "results", 'o', "DIR",
	  "where each test's directory is made (default: results)" },
	{ "retries", 0, "N", "run a test that failed up to N times more" },
	{ "seed", 0, "N", "the script's `seed`, and its random numbers'" },
	{ "shard", 0, "I/N|auto|off",
	  "run a part of the tests: of N equal ones the I-th" },
	{ "snapshot", 0, "auto|off",
	  "auto: machines go on from the saved state of one that has booted" },
	{ "tap", 0, NULL,
	  "results on stdout as TAP 14, everything else on stderr" },
	{ "timeout", 0, "SECONDS", "end all of it after that time" },
	{ "timeout-scale", 0, "F",
	  "multiply every deadline (default: 1 with KVM, 3 with TCG)" },
	{ "verbose", 'v', NULL, "also print output and consoles as they come" },
	{ NULL, 0, NULL, NULL },
};

const char run_command_details[] =
    "Every file is checked before any guest starts. A test leaves in "
    "DIR/NAME:\n"
    "log.jsonl (everything that happened), one pcapng capture a segment, and "
    "the\n"
    "guests' serial consoles; DIR/results.json tells of all tests. Exit "
    "codes:\n"
    "0 passed, 1 failed, 2 mistakes in a file, 4 could not be run, 124 timed\n"
    "out, 128+N ended by signal N; of several failures the first in the order\n"
    "of the files.";

int
run_read_number(const struct cli *cli, const char *name, double min, double max,
		double *number)
{
	const char *text = cli_opt(cli, name);
	char *end;

	if (text == NULL)
		return EXIT_OK;
	errno = 0;
	*number = strtod(text, &end);
	if (end == text || *end != '\0' || errno != 0 || !(*number >= min) ||
	    !(*number <= max))
		return cli_usage_error(cli,
				       "--%s %s: must be a number in %g..%g",
				       name, text, min, max);
	return EXIT_OK;
}

static int
read_accel(const struct cli *cli, enum accel *accel)
{
	const char *text = cli_opt(cli, "accel");

	if (text == NULL || strcmp(text, "auto") == 0)
		*accel = ACCEL_AUTO;
	else if (strcmp(text, "kvm") == 0)
		*accel = ACCEL_KVM;
	else if (strcmp(text, "tcg") == 0)
		*accel = ACCEL_TCG;
	else
		return cli_usage_error(
		    cli, "--accel %s: must be auto, kvm or tcg", text);
	return EXIT_OK;
}

static int
read_snapshot(const struct cli *cli, bool *snapshots)
{
	const char *text = cli_opt(cli, "snapshot");

	*snapshots = text != NULL && strcmp(text, "auto") == 0;
	if (text == NULL || *snapshots || strcmp(text, "off") == 0)
		return EXIT_OK;
	return cli_usage_error(cli, "--snapshot %s: must be auto or off", text);
}

/* A reader of TAP may draw on the same terminal: nothing is drawn then. */
static int
read_look(struct look *look, const struct cli *cli)
{
	bool tap = cli_has(cli, "tap");
	int code = look_of_cli(look, tap ? stderr : stdout, cli);

	look->live = look->live && !tap;
	look->compact = look->compact && !tap;
	return code;
}

static int
read_options(const struct cli *cli, struct run_options *options)
{
	double scale = 0, seed = -1;
	int code = read_accel(cli, &options->accel);

	if (code == EXIT_OK)
		code = read_snapshot(cli, &options->snapshots);
	if (code == EXIT_OK)
		code =
		    run_read_number(cli, "timeout-scale", 0.01, 1000, &scale);
	if (code == EXIT_OK)
		code = run_read_number(cli, "seed", 0, 4294967295.0, &seed);
	if (code == EXIT_OK && seed != -1 && seed != floor(seed))
		code = cli_usage_error(cli, "--seed must be a whole number");
	options->timeout_scale = scale; /* 0: by the accelerator */
	options->results = cli_opt(cli, "results");
	if (options->results == NULL)
		options->results = "results";
	if (code == EXIT_OK)
		code = read_look(&options->look, cli);
	options->pause_on_fail = cli_has(cli, "pause-on-fail");
	if (options->pause_on_fail && standstill_is_possible() != NULL)
		code = cli_usage_error(cli, "--pause-on-fail: %s",
				       standstill_is_possible());
	if (seed >= 0) {
		options->seed = (uint64_t)seed;
	} else {
		uint32_t random = 1;

		if (getrandom(&random, sizeof(random), 0) < 0)
			log_warn("no random seed: %s", strerror(errno));
		options->seed = random;
	}
	return code;
}

/* Their results would be in one directory, the later in place of the
 * earlier. */
static bool
is_name_taken(struct test_file *const *files, size_t last)
{
	const struct plan *plan = test_file_plan(files[last]);

	for (size_t i = 0; i < last; i++) {
		const struct plan *other =
		    files[i] != NULL ? test_file_plan(files[i]) : NULL;

		if (other == NULL || strcmp(other->name, plan->name) != 0)
			continue;
		fprintf(stderr, "%s: its test is named \"%s\", as that of %s\n",
			plan->file, plan->name, other->file);
		return true;
	}
	return false;
}

/* What a person should know, once; and with --nixos, is it one?  Return: may it
 * be run? */
static bool
look_at_nixos(const struct cli *cli, const char *path,
	      const struct test_file *file)
{
	const struct nixos *nixos = test_file_nixos(file);

	if (nixos == NULL && cli_has(cli, "nixos")) {
		fprintf(stderr, "%s: %s\n", path, check_not_nixos);
		return false;
	}
	if (nixos != NULL && nixos->wants_ssh_backdoor &&
	    !cli_has(cli, "attempt"))
		log_warn("%s: there is no enable_ssh_backdoor: `vdelab attach` "
			 "opens a shell in any machine",
			 path);
	return true;
}

/* Load and check every file.  Return: how many have mistakes. */
static size_t
load_files(const struct cli *cli, struct test_file **files, size_t n)
{
	size_t n_bad = 0;

	for (size_t i = 0; i < n; i++) {
		struct plan_problems problems = { 0 };

		files[i] = test_file_load(cli_word(cli, (int)i), &problems);
		n_bad += files[i] == NULL;
		for (size_t p = 0; p < problems.n; p++) {
			const struct plan_problem *problem = &problems.items[p];

			if (problem->line > 0)
				fprintf(stderr, "%s:%d: %s\n", problem->file,
					problem->line, problem->text);
			else
				fprintf(stderr, "%s: %s\n", problem->file,
					problem->text);
		}
		plan_problems_fini(&problems);
		n_bad += files[i] != NULL && is_name_taken(files, i);
		n_bad += files[i] != NULL &&
			 !look_at_nixos(cli, cli_word(cli, (int)i), files[i]);
	}
	return n_bad;
}

/* Are machines emulated even where there is KVM? */
static bool
emulates(struct test_file *const *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (files[i] != NULL && host_emulates(test_file_plan(files[i])))
			return true;
	return false;
}

/* What the host can do, found out once for all files. */
static int
look_at_host(struct run_options *options, struct test_file *const *files,
	     size_t n, char *qemu, char *reason, size_t reason_size)
{
	struct err err = ERR_INIT;

	if (accel_find_qemu(qemu, PATH_MAX, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_INFRA;
	}
	options->qemu = qemu;
	snprintf(reason, reason_size, "as asked for");
	if (options->accel == ACCEL_AUTO) {
		options->accel =
		    accel_probe(qemu, reason, (unsigned)reason_size);
		if (options->accel == ACCEL_TCG)
			log_info("guests run without KVM: %s", reason);
	}
	options->accel_reason = reason;
	if (options->timeout_scale == 0)
		options->timeout_scale =
		    options->accel == ACCEL_TCG || emulates(files, n)
			? ACCEL_TCG_TIMEOUT_FACTOR
			: 1;
	return EXIT_OK;
}

/* The process of a test that another one has started. */
static int
run_part(const struct cli *cli, struct run_options *options,
	 struct test_file *file)
{
	struct attempt_part part;
	struct err err = ERR_INIT;
	int code = EXIT_INFRA;

	if (attempt_part_read(cli_opt(cli, "attempt"), &part, &err) < 0)
		return cli_usage_error(cli, "--attempt: %s", err.text);
	options->dir = part.dir;
	options->attempt = part.number;
	options->until_ns = part.until_ns;
	options->limit_s = part.limit_s;
	options->accel_reason = part.accel_reason;
	options->look.compact = part.compact;
	options->look.unicode = part.unicode;
	options->janitor = janitor_start(&err);
	if (options->janitor != NULL)
		code = run_test(options, file);
	else
		log_error("%s", err.text);
	janitor_stop(options->janitor);
	attempt_part_fini(&part);
	return code;
}

/* Tests are loaded again in processes of their own, which standard input would
 * reach no more. */
static int
refuse_stdin(const struct cli *cli)
{
	for (int i = 0; i < cli_n_args(cli); i++)
		if (strcmp(cli_word(cli, i), "-") == 0)
			return cli_usage_error(
			    cli, "-, standard input, is for serve and check");
	return EXIT_OK;
}

int
run_command(const struct cli *cli)
{
	struct run_options options = { .ready_fd = -1, .lifeline_fd = -1 };
	struct many_options many;
	size_t n = (size_t)cli_n_args(cli);
	bool is_part = cli_has(cli, "attempt");
	struct test_file **files;
	char qemu[PATH_MAX], reason[256];
	int code = read_options(cli, &options);

	if (code == EXIT_OK)
		code = refuse_stdin(cli);
	if (code == EXIT_OK && !is_part)
		code = many_options_read(cli, &many);
	if (code == EXIT_OK && options.pause_on_fail &&
	    (is_part || n > 1 || many.repeat > 1 || many.retries > 0))
		code = cli_usage_error(
		    cli, "--pause-on-fail is for one test that is run once");
	if (code != EXIT_OK)
		return code;
	files = xcalloc(n, sizeof(struct test_file *));
	if (load_files(cli, files, n) > 0)
		code = EXIT_USAGE;
	if (code == EXIT_OK && !is_part)
		many_select(&many.shard, files, n);
	if (code == EXIT_OK)
		code = look_at_host(&options, files, n, qemu, reason,
				    sizeof(reason));
	if (code != EXIT_OK && cli_has(cli, "tap"))
		tellers_bail_out(code == EXIT_USAGE
				     ? "mistakes in the test files"
				     : "no test can be run here");
	if (code == EXIT_OK)
		code = is_part ? run_part(cli, &options, files[0])
			       : many_run(cli, &many, &options, files, n);
	for (size_t i = 0; i < n; i++)
		test_file_free(files[i]);
	free(files);
	return code;
}

/* ---- vdelab serve ---- */

const struct cli_option serve_command_options[] = {
	{ "accel", 0, "auto|kvm|tcg",
	  "how guests run; auto tries KVM with a little guest code" },
	{ "lifeline-fd", 0, "FD",
	  "end the run when nobody is left who could write to this pipe" },
	{ "quiet", 'q', NULL, "print nothing of what happens" },
	{ "ready-fd", 0, "FD",
	  "write the path of the control socket there when it serves" },
	{ "results", 'o', "DIR",
	  "where the test's directory is made (default: results)" },
	{ "seed", 0, "N", "the script's `seed`, and its random numbers'" },
	{ "snapshot", 0, "auto|off",
	  "auto: machines go on from a saved state instead of booting" },
	{ "timeout-scale", 0, "F",
	  "multiply every deadline (default: 1 with KVM, 3 with TCG)" },
	{ "verbose", 'v', NULL, "also print output and consoles as they come" },
	{ NULL, 0, NULL, NULL },
};

const char serve_command_details[] =
    "Defines the machines and segments of the test file, starts none, and does "
    "what\n"
    "clients of the run's control socket say (doc/run-api.md), until one ends "
    "the\n"
    "run, or a signal does. The file's test_script is run when a client asks "
    "for it.\n"
    "FILE may be -: standard input, where paths start from the current "
    "directory.";

int
serve_command(const struct cli *cli)
{
	struct run_options options = { .serve = true };
	struct err err = ERR_INIT;
	struct test_file *file = NULL;
	char qemu[PATH_MAX], reason[256];
	double fd = -1, lifeline_fd = -1;
	int code = read_options(cli, &options);

	if (code == EXIT_OK)
		code = run_read_number(cli, "ready-fd", 0, 65535, &fd);
	if (code == EXIT_OK)
		code =
		    run_read_number(cli, "lifeline-fd", 0, 65535, &lifeline_fd);
	options.ready_fd = (int)fd;
	options.lifeline_fd = (int)lifeline_fd;
	options.quiet = cli_has(cli, "quiet");
	if (code == EXIT_OK && load_files(cli, &file, 1) > 0)
		code = EXIT_USAGE;
	if (code == EXIT_OK)
		code = look_at_host(&options, &file, 1, qemu, reason,
				    sizeof(reason));
	if (code == EXIT_OK) {
		options.janitor = janitor_start(&err);
		if (options.janitor == NULL) {
			log_error("%s", err.text);
			code = EXIT_INFRA;
		} else {
			code = run_test(&options, file);
		}
	}
	janitor_stop(options.janitor);
	test_file_free(file);
	return code;
}
