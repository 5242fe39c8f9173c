#include "config.h"

#include "driver/run-many.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/batch/attempt.h"
#include "driver/batch/batch-file.h"
#include "driver/batch/batch.h"
#include "driver/batch/shard.h"
#include "driver/batch/summary.h"
#include "driver/batch/tellers.h"
#include "driver/janitor.h"
#include "driver/lab/plan.h"
#include "driver/many-coverage.h"
#include "driver/many-options.h"
#include "driver/report/all.h"
#include "driver/report/report-child.h"
#include "driver/results.h"
#include "driver/run-cmd.h"
#include "driver/run.h"
#include "driver/script/test-file.h"
#include "lib/cli.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

/* Logs of many tests are read again. */
enum { REPORTS_MS = 10 * 60 * 1000 };

void
many_select(const struct shard *shard, struct test_file **files, size_t n)
{
	const char **names = xcalloc(n + 1, sizeof(*names));
	bool *mine = xcalloc(n + 1, sizeof(*mine));

	for (size_t i = 0; i < n; i++)
		names[i] = test_file_plan(files[i])->name;
	shard_select(shard, names, n, mine);
	for (size_t i = 0; i < n; i++) {
		if (mine[i])
			continue;
		test_file_free(files[i]);
		files[i] = NULL;
	}
	free(names);
	free(mine);
}

/* ---- what each test's process is told ---- */

/* Those options are about all tests, or are given as what came of them. */
static bool
is_option_of_all(const char *name)
{
	static const char *const names[] = {
		"accel",      "attempt", "fail-fast", "fail-flaky",    "jobs",
		"keep-going", "repeat",	 "results",   "retries",       "seed",
		"shard",      "tap",	 "timeout",   "timeout-scale",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

struct texts {
	char **items; /* NULL-ended */
	size_t n;
};

static void
add_taken(struct texts *texts, char *text)
{
	texts->items =
	    xrealloc(texts->items, texts->n + 2, sizeof(texts->items[0]));
	texts->items[texts->n++] = text;
	texts->items[texts->n] = NULL;
}

static void
add_given(struct texts *texts, const struct cli *cli,
	  const struct cli_option *option)
{
	const char *value;

	if (option->value == NULL && cli_has(cli, option->name))
		add_taken(texts, xasprintf("--%s", option->name));
	if (option->value == NULL)
		return;
	for (size_t i = 0; (value = cli_opt_nth(cli, option->name, i)) != NULL;
	     i++)
		add_taken(texts, xasprintf("--%s=%s", option->name, value));
}

static void
make_test_options(const struct cli *cli, const struct run_options *run,
		  struct texts *texts)
{
	const struct cli_option *o;

	for (o = run_command_options; o->name != NULL; o++)
		if (!is_option_of_all(o->name))
			add_given(texts, cli, o);
	add_taken(texts, xasprintf("--accel=%s", accel_name(run->accel)));
	add_taken(texts, xasprintf("--color=%s",
				   run->look.color ? "always" : "never"));
	add_taken(texts, xasprintf("--seed=%" PRIu64, run->seed));
	add_taken(texts,
		  xasprintf("--timeout-scale=%.17g", run->timeout_scale));
}

static void
texts_fini(struct texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->items[i]);
	free(texts->items);
}

/* ---- the record ---- */

static void
note_needs(struct schedule_need *need, const struct plan *plan)
{
	*need = (struct schedule_need){ .memory_mib = BATCH_TEST_MIB };
	for (size_t i = 0; i < plan->n_nodes; i++) {
		need->memory_mib +=
		    plan->nodes[i].memory_mib + BATCH_MACHINE_MIB;
		need->cores += plan->nodes[i].cpus;
	}
}

static int
record_begin(struct batch_record *record, const struct many_options *options,
	     const struct run_options *run, struct test_file *const *files,
	     struct schedule_need *needs, size_t n, struct err *err)
{
	char root[PATH_MAX];
	int ret = results_root(run->results, root, err);

	*record = (struct batch_record){
		.tests = xcalloc(n + 1, sizeof(struct test_record)),
		.shard = options->shard,
		.repeat = options->repeat,
		.retries = options->retries,
		.flaky_fails = options->flaky_fails,
		.jobs = options->n_jobs_max == 0
			    ? xstrdup("auto")
			    : xasprintf("%u", options->n_jobs_max),
		.seed = run->seed,
		.accel = accel_name(run->accel),
		.accel_reason = run->accel_reason,
		.timeout_scale = run->timeout_scale,
		.began_s = time(NULL),
	};
	for (size_t i = 0; i < n; i++) {
		const struct plan *plan;
		struct test_record *test = &record->tests[record->n_tests];

		if (files[i] == NULL)
			continue;
		plan = test_file_plan(files[i]);
		test->name = xstrdup(plan->name);
		test->file = xstrdup(plan->file);
		note_needs(&needs[record->n_tests], plan);
		record->n_tests++;
	}
	if (ret == 0)
		record->root = xstrdup(root);
	return ret;
}

static void
announce(const struct batch_record *record, size_t n_all, FILE *out)
{
	const struct shard *shard = &record->shard;

	if (shard->from != NULL)
		fprintf(out, "shard %u of %u (%s): %zu of ", shard->index,
			shard->count, shard->from, record->n_tests);
	fprintf(out, "%zu test%s", n_all, n_all == 1 ? "" : "s");
	if (record->repeat > 1)
		fprintf(out, ", each %u times", record->repeat);
	fprintf(out, "; seed %" PRIu64 "\n", record->seed);
	fflush(out);
}

/* ---- one, here ---- */

static int
run_in(const char *dir, const struct run_options *common, double limit_s,
       struct test_file *file, struct attempt_record *attempt, struct err *err)
{
	struct clock *clock = clock_real_new(NULL);
	uint64_t began_ns = clock_now_ns(clock);
	struct run_options run = *common;
	struct attempt_end end;

	run.janitor = janitor_start(err);
	if (run.janitor != NULL) {
		run.dir = dir;
		run.limit_s = limit_s;
		run.until_ns =
		    limit_s > 0 ? began_ns + (uint64_t)(limit_s * 1e9) : 0;
		attempt_read_end(dir, false, run_test(&run, file), &end);
		attempt->code = end.code;
		attempt->error = end.error;
		attempt->duration_ms =
		    (clock_now_ns(clock) - began_ns) / NS_PER_MS;
	}
	clock_free(clock);
	janitor_stop(run.janitor);
	return run.janitor != NULL ? 0 : -EIO;
}

static int
run_here(const struct many_options *options, const struct run_options *run,
	 struct batch_record *record, struct test_file *file,
	 struct tellers *tellers, struct err *err)
{
	struct attempt_record attempt = { .number = 1 };
	struct batch_file *json = batch_file_open(record, err);
	struct results *results;
	int ret = -EIO;

	if (json == NULL)
		return -EIO;
	results = results_open(record->root, record->tests[0].name, err);
	tellers_print_begins(tellers, record->tests[0].name);
	if (results != NULL)
		ret = run_in(results_dir(results), run, options->limit_s, file,
			     &attempt, err);
	tellers_print_ends(tellers);
	if (ret == 0) {
		const char *dir = results_dir(results);

		attempt.dir = xstrdup(dir + strlen(record->root) + 1);
		test_record_add(&record->tests[0], &attempt);
		record->duration_ms = attempt.duration_ms;
		record->ended = true;
		ret = batch_file_write(json, record, err);
		tellers_ended(tellers, 0);
	}
	results_close(results);
	batch_file_close(json, record);
	return ret;
}

/* ---- several, elsewhere ---- */

static int
run_elsewhere(const struct cli *cli, const struct many_options *options,
	      const struct run_options *run, struct batch_record *record,
	      struct schedule_need *needs, struct tellers *tellers,
	      struct err *err)
{
	struct texts texts = { 0 };
	struct look look = run->look;
	struct batch_options batch = {
		.n_jobs_max = options->n_jobs_max,
		.keep_going = options->keep_going,
		.verbose = options->verbose,
		.look = &run->look,
		.tellers = tellers,
		.limit_s = options->limit_s,
	};
	int ret;

	make_test_options(cli, run, &texts);
	batch.test_options = (const char *const *)texts.items;
	ret = batch_run(&batch, record, needs, err);
	look.unicode = look_is_utf8(getenv);
	summary_print(record, &look);
	texts_fini(&texts);
	return ret;
}

static int
write_reports(const void *arg, struct err *err)
{
	return report_write_all(arg, err);
}

/* Whatever comes of it says nothing about the tests. */
static void
try_reports(const struct batch_record *record)
{
	struct err err = ERR_INIT;

	if (report_child_do(write_reports, record, REPORTS_MS, &err) < 0)
		log_warn("%s: no report about all tests: %s", record->root,
			 err.text);
}

int
many_run(const struct cli *cli, const struct many_options *options,
	 const struct run_options *run, struct test_file **files, size_t n)
{
	struct schedule_need *needs = xcalloc(n + 1, sizeof(*needs));
	struct test_file *only = NULL;
	struct batch_record record;
	struct tellers tellers;
	struct err err = ERR_INIT;
	int ret, code;

	ret = record_begin(&record, options, run, files, needs, n, &err);
	for (size_t i = 0; i < n; i++) {
		if (files[i] == NULL)
			continue;
		/* Those that run elsewhere are loaded there. */
		if (record.n_tests == 1 && options->repeat <= 1 &&
		    options->retries == 0)
			only = files[i];
		else
			test_file_free(files[i]);
		files[i] = NULL;
	}
	if (ret == 0 && (only == NULL || options->shard.from != NULL))
		announce(&record, n, run->look.out);
	tellers_begin(&tellers, &record, options->tap, run->look.out);
	if (ret == 0)
		ret = only != NULL ? run_here(options, run, &record, only,
					      &tellers, &err)
				   : run_elsewhere(cli, options, run, &record,
						   needs, &tellers, &err);
	code = batch_record_code(&record);
	if (code < 128) {
		int covered = many_cover(&record);

		code = code == EXIT_OK ? covered : code;
	}
	if (record.ended)
		try_reports(&record);
	/* Which leads to the reports that are there. */
	tellers_end(&tellers, ret < 0 ? err.text : NULL);
	if (ret < 0)
		log_error("%s", err.text);
	test_file_free(only);
	batch_record_fini(&record);
	free(needs);
	return code == EXIT_OK && ret < 0 ? EXIT_INFRA : code;
}
