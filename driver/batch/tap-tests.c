#include "driver/batch/tap-tests.h"

#include <stdlib.h>
#include <string.h>

#include "driver/batch/outcome.h"
#include "driver/batch/record.h"
#include "driver/report/story.h"
#include "driver/report/tap.h"
#include "lib/xalloc.h"

enum { DEPTH_MAX = 16 }; /* deeper subtests are told by those around them */

void
tap_tests_begin(struct tap_tests *tap, FILE *out,
		const struct batch_record *batch)
{
	*tap = (struct tap_tests){ .out = out };
	tap_begin(out, tap_version(getenv("TAP_VERSION")), batch->n_tests,
		  "no test is of this shard");
}

/* ---- subtests ---- */

/* The subtests of a story as a tree: lists of those that lie in another, or, at
 * index 0, in none. */
struct subtests {
	const struct story *story;
	int *first; /* of those in step i - 1; -1: there is none */
	int *next;  /* behind step i */
	size_t *n;  /* in step i - 1 */
};

static bool
is_subtest(const struct story *story, int i)
{
	return strcmp(story->steps[i].kind, "subtest") == 0;
}

/* The subtest that step @i lies in, whatever lies between; -1: none. */
static int
subtest_around(const struct story *story, int i)
{
	do
		i = story->steps[i].parent;
	while (i >= 0 && !is_subtest(story, i));
	return i;
}

static void
subtests_init(struct subtests *subtests, const struct story *story)
{
	size_t n = story != NULL ? story->n_steps : 0;

	*subtests = (struct subtests){
		.story = story,
		.first = xcalloc(n + 1, sizeof(int)),
		.next = xcalloc(n + 1, sizeof(int)),
		.n = xcalloc(n + 1, sizeof(size_t)),
	};
	for (size_t i = 0; i <= n; i++)
		subtests->first[i] = -1;
	for (int i = (int)n - 1; i >= 0; i--) {
		int outer = is_subtest(story, i) ? subtest_around(story, i) : 0;

		if (!is_subtest(story, i))
			continue;
		subtests->next[i] = subtests->first[outer + 1];
		subtests->first[outer + 1] = i;
		subtests->n[outer + 1]++;
	}
}

static void
subtests_fini(struct subtests *subtests)
{
	free(subtests->first);
	free(subtests->next);
	free(subtests->n);
}

static void put_subtests(FILE *out, const struct subtests *subtests, int outer,
			 int depth);

static void
put_subtest(FILE *out, const struct subtests *subtests, int i, int depth,
	    size_t number)
{
	const struct story_step *step = &subtests->story->steps[i];
	struct tap_point point = {
		.ok = step->ended && step->ok,
		.description = step->text,
		.duration_ms =
		    step->ended ? (step->end_s - step->begin_s) * 1e3 : -1,
	};

	if (!point.ok) {
		point.severity = "fail";
		point.message =
		    step->ended ? step->error : "it did not come to its end";
		point.file = step->at.file;
		point.line = step->at.line;
	}
	if (subtests->n[i + 1] > 0 && depth < DEPTH_MAX) {
		tap_subtests(out, depth, step->text, subtests->n[i + 1]);
		put_subtests(out, subtests, i, depth + 1);
	}
	tap_point(out, depth, number, &point);
}

static void
put_subtests(FILE *out, const struct subtests *subtests, int outer, int depth)
{
	size_t number = 0;

	for (int i = subtests->first[outer + 1]; i >= 0; i = subtests->next[i])
		put_subtest(out, subtests, i, depth, ++number);
}

/* ---- tests ---- */

static const char *
severity_of(const struct outcome *outcome)
{
	if (outcome->good)
		return NULL;
	return outcome->result == RESULT_NO_RUN ||
		       outcome->result == RESULT_INTERRUPTED
		   ? "error"
		   : "fail";
}

/* What a number of runs has come to, for people. */
static void
put_comment(struct tap_tests *tap, const struct outcome *outcome)
{
	const struct test_record *test = outcome->test;
	char *text;

	if (outcome->result != RESULT_FLAKY)
		return;
	text =
	    xasprintf("FLAKY: %s passed at attempt %zu; before: %s", test->name,
		      test->n_attempts,
		      test->attempts[0].error != NULL ? test->attempts[0].error
						      : "it failed");
	tap_comment(tap->out, 0, text);
	free(text);
}

void
tap_tests_ended(struct tap_tests *tap, const struct batch_record *batch,
		const struct outcome *outcome)
{
	const struct attempt_record *attempt = outcome->attempt;
	struct tap_point point = {
		.ok = outcome->good,
		.description = outcome->test->name,
		.message = outcome->error,
		.severity = severity_of(outcome),
		.file = outcome->file,
		.line = outcome->line,
		.duration_ms = (double)attempt->duration_ms,
	};
	struct subtests subtests;

	if (batch->repeat > 1 || outcome->test->n_attempts > 1) {
		point.n_runs = outcome->test->n_attempts;
		for (size_t i = 0; i < point.n_runs; i++)
			point.n_passed += outcome->test->attempts[i].code == 0;
	}
	subtests_init(&subtests, outcome->story);
	if (subtests.n[0] > 0) {
		tap_subtests(tap->out, 0, outcome->test->name, subtests.n[0]);
		put_subtests(tap->out, &subtests, -1, 1);
	}
	subtests_fini(&subtests);
	tap_point(tap->out, 0, ++tap->n_told, &point);
	put_comment(tap, outcome);
	fflush(tap->out);
}

void
tap_tests_end(struct tap_tests *tap, const struct batch_record *batch,
	      const char *why)
{
	if (why == NULL)
		why = batch->stop_reason;
	if (why != NULL && tap->n_told < batch->n_tests) {
		tap_bail_out(tap->out, why);
		return;
	}
	for (size_t i = 0; i < batch->n_tests; i++) {
		struct tap_point point = {
			.ok = true,
			.description = batch->tests[i].name,
			.skip = "not run: another test has failed",
			.duration_ms = -1,
		};

		if (batch->tests[i].n_attempts == 0)
			tap_point(tap->out, 0, ++tap->n_told, &point);
	}
}
