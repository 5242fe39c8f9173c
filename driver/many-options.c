#include "config.h"

#include "driver/many-options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/plan.h"
#include "driver/run-cmd.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"

enum { JOBS_MAX = 1000, REPEAT_MAX = 100000, RETRIES_MAX = 100 };

static int
read_whole(const struct cli *cli, const char *name, double min, double max,
	   unsigned *number)
{
	double value = *number;
	int code = run_read_number(cli, name, min, max, &value);

	if (code == EXIT_OK && value != floor(value))
		code =
		    cli_usage_error(cli, "--%s must be a whole number", name);
	*number = (unsigned)value;
	return code;
}

static int
read_jobs(const struct cli *cli, struct many_options *options)
{
	const char *text = cli_opt(cli, "jobs");

	options->n_jobs_max = 1;
	if (text != NULL && strcmp(text, "auto") == 0) {
		options->n_jobs_max = 0;
		return EXIT_OK;
	}
	return read_whole(cli, "jobs", 1, JOBS_MAX, &options->n_jobs_max);
}

static int
read_shard(const struct cli *cli, struct many_options *options)
{
	const char *text = cli_opt(cli, "shard");
	struct err err = ERR_INIT;
	const char *unasked;

	if (shard_choose(text, getenv, &options->shard, &err) < 0)
		return cli_usage_error(cli, "%s", err.text);
	unasked = text == NULL && options->shard.from == NULL
		      ? shard_unasked(getenv)
		      : NULL;
	if (unasked != NULL)
		log_info("%s is set, and not used: with --shard auto only a "
			 "part of the tests would be run",
			 unasked);
	if (options->shard.from == NULL || shard_tell_bazel(getenv, &err) == 0)
		return EXIT_OK;
	log_error("%s", err.text);
	return EXIT_INFRA;
}

static int
check_together(const struct cli *cli, const struct many_options *options)
{
	if (cli_has(cli, "keep-going") && cli_has(cli, "fail-fast"))
		return cli_usage_error(
		    cli, "--keep-going and --fail-fast exclude each other");
	if (options->repeat > 1 && options->retries > 0)
		return cli_usage_error(
		    cli, "--repeat and --retries exclude each other: one looks "
			 "for what the other overlooks");
	if (options->flaky_fails && options->retries == 0)
		return cli_usage_error(
		    cli, "--fail-flaky says nothing without --retries");
	return EXIT_OK;
}

int
many_options_read(const struct cli *cli, struct many_options *options)
{
	int code;

	*options = (struct many_options){ .repeat = 1 };
	code = read_jobs(cli, options);
	if (code == EXIT_OK)
		code =
		    read_whole(cli, "repeat", 1, REPEAT_MAX, &options->repeat);
	if (code == EXIT_OK)
		code = read_whole(cli, "retries", 0, RETRIES_MAX,
				  &options->retries);
	if (code == EXIT_OK)
		code = run_read_number(cli, "timeout", 0.001,
				       PLAN_TIMEOUT_MAX_S, &options->limit_s);
	options->flaky_fails = cli_has(cli, "fail-flaky");
	options->verbose = cli_has(cli, "verbose");
	options->tap = cli_has(cli, "tap");
	/* Who repeats wants to know how often it fails. */
	options->keep_going =
	    cli_has(cli, "keep-going") ||
	    (options->repeat > 1 && !cli_has(cli, "fail-fast"));
	if (code == EXIT_OK)
		code = check_together(cli, options);
	if (code == EXIT_OK)
		code = read_shard(cli, options);
	return code;
}
