#include "config.h"

#include "driver/batch/ci-github.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "driver/batch/outcome.h"
#include "driver/batch/record.h"
#include "driver/report/annotations.h"
#include "driver/report/clean-text.h"
#include "driver/report/relative-path.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum { SUMMARY_TEXT_MAX = 300 };

void
ci_github_init(struct ci_github *github, FILE *out)
{
	uint8_t random[(CI_TOKEN_SIZE - 1) / 2];

	*github = (struct ci_github){
		.out = out,
		.workspace = getenv("GITHUB_WORKSPACE"),
		.summary = getenv("GITHUB_STEP_SUMMARY"),
	};
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		memset(random, getpid() & 0xff, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(github->token + 2 * i, 3, "%02x", random[i]);
}

void
ci_github_print_begins(struct ci_github *github, const char *label)
{
	github_group_begin(github->out, label, github->token);
}

void
ci_github_print_ends(struct ci_github *github)
{
	github_group_end(github->out, github->token);
}

/* @file as the repository has it, where it is in it; returned owned. */
static char *
path_in_workspace(const struct ci_github *github, const char *file)
{
	char *path = realpath(file, NULL);
	char *workspace = github->workspace != NULL
			      ? realpath(github->workspace, NULL)
			      : NULL;
	char *relative =
	    path != NULL && workspace != NULL && path_is_below(workspace, path)
		? relative_path(workspace, path)
		: xstrdup(file);

	free(path);
	free(workspace);
	return relative;
}

void
ci_github_ended(struct ci_github *github, const struct outcome *outcome)
{
	bool flaky = outcome->good && outcome->result == RESULT_FLAKY;
	const char *message = outcome->error;
	char *file = NULL, *title;

	if (outcome->good && !flaky)
		return;
	if (flaky) {
		message = outcome->test->attempts[0].error;
		title =
		    xasprintf("%s: flaky, passed at attempt %zu",
			      outcome->test->name, outcome->test->n_attempts);
	} else {
		title = xasprintf("%s: %s", outcome->test->name,
				  result_word(outcome->result));
	}
	file = path_in_workspace(github, outcome->file != NULL
					     ? outcome->file
					     : outcome->test->file);
	github_annotate(github->out,
			flaky ? ANNOTATION_WARNING : ANNOTATION_ERROR, file,
			outcome->line, title, message != NULL ? message : "");
	free(file);
	free(title);
}

/* ---- the summary ---- */

static void
put_cell(FILE *f, const char *text)
{
	char *line = clean_line(text, SUMMARY_TEXT_MAX);

	github_markdown(f, line);
	free(line);
}

static void
put_row(FILE *f, const struct batch_record *batch, size_t i)
{
	static const char *const signs[N_RESULTS] = {
		[RESULT_NOT_RUN] = ":white_circle:",
		[RESULT_PASSED] = ":white_check_mark:",
		[RESULT_FLAKY] = ":warning:",
		[RESULT_FAILED] = ":x:",
		[RESULT_TIMED_OUT] = ":hourglass:",
		[RESULT_NO_RUN] = ":boom:",
		[RESULT_INTERRUPTED] = ":stop_sign:",
	};
	struct outcome outcome;

	outcome_read(&outcome, batch, i, false);
	fprintf(f, "| %s | ", signs[outcome.result]);
	put_cell(f, outcome.test->name);
	if (outcome.attempt != NULL)
		fprintf(f, " | %.1f s | ",
			(double)outcome.attempt->duration_ms / 1e3);
	else
		fputs(" | | ", f);
	if (outcome.result != RESULT_PASSED)
		put_cell(f, result_word(outcome.result));
	if (outcome.error != NULL) {
		fputs(": ", f);
		put_cell(f, outcome.error);
	}
	fputs(" |\n", f);
	outcome_fini(&outcome);
}

static void
put_totals(FILE *f, const struct batch_record *batch)
{
	const char *between = "### vdelab: ";

	for (int r = N_RESULTS - 1; r >= 0; r--) {
		size_t n = batch_record_count(batch, (enum run_result)r);

		if (n == 0)
			continue;
		fprintf(f, "%s%zu %s", between, n,
			result_word((enum run_result)r));
		between = ", ";
	}
	fprintf(f, "%s in %.1f s\n\n", batch->n_tests == 0 ? between : "",
		(double)batch->duration_ms / 1e3);
}

static void
put_summary(FILE *f, const struct batch_record *batch)
{
	/* What somebody looks for comes first. */
	static const enum run_result order[] = {
		RESULT_FAILED,	    RESULT_TIMED_OUT, RESULT_NO_RUN,
		RESULT_INTERRUPTED, RESULT_FLAKY,     RESULT_NOT_RUN,
		RESULT_PASSED,
	};
	size_t n = 0;

	put_totals(f, batch);
	if (batch->n_tests == 0)
		return;
	fputs("| | test | time | |\n|---|---|---:|---|\n", f);
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < batch->n_tests; i++) {
			if (test_record_result(batch, &batch->tests[i]) !=
			    order[k])
				continue;
			if (n++ < CI_SUMMARY_ROWS_MAX)
				put_row(f, batch, i);
		}
	if (n > CI_SUMMARY_ROWS_MAX)
		fprintf(f, "\nand %zu more\n", n - CI_SUMMARY_ROWS_MAX);
	fputc('\n', f);
}

void
ci_github_end(struct ci_github *github, const struct batch_record *batch)
{
	FILE *f;
	bool bad;

	if (github->summary == NULL || github->summary[0] == '\0')
		return;
	f = fopen(github->summary, "ae");
	if (f == NULL) {
		log_warn("GITHUB_STEP_SUMMARY: %s: %s", github->summary,
			 strerror(errno));
		return;
	}
	put_summary(f, batch);
	bad = ferror(f);
	if (fclose(f) != 0 || bad)
		log_warn("GITHUB_STEP_SUMMARY: %s: it could not be written",
			 github->summary);
}
