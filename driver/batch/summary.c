#include "config.h"

#include "driver/batch/summary.h"

#include <stdlib.h>
#include <string.h>

#include "driver/batch/record.h"
#include "driver/report/look.h"
#include "driver/report/shown-text.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { NAME_WIDTH_MAX = 40, FAILURES_TOLD = 5, TEXT_SHOWN = 160 };

static const struct {
	const char *unicode;
	const char *ascii;
	enum look_role role;
} marks[N_RESULTS] = {
	[RESULT_NOT_RUN] = { "-", "--", LOOK_ODD },
	[RESULT_PASSED] = { "\u2713", "ok", LOOK_GOOD },
	[RESULT_FLAKY] = { "~", "~~", LOOK_ODD },
	[RESULT_FAILED] = { "\u2717", "!!", LOOK_BAD },
	[RESULT_TIMED_OUT] = { "\u2717", "!!", LOOK_BAD },
	[RESULT_NO_RUN] = { "\u2717", "!!", LOOK_BAD },
	[RESULT_INTERRUPTED] = { "\u2717", "!!", LOOK_BAD },
};

/* The first line of @text, cut where it gets long; it may hold what a guest has
 * said, and a terminal must not obey it. */
static void
put_text(FILE *out, const char *text)
{
	char *first = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
	char *line = shown_line(first, TEXT_SHOWN, true);

	fputs(line, out);
	free(line);
	free(first);
}

static int
name_width(const struct batch_record *batch)
{
	size_t width = 0;

	for (size_t i = 0; i < batch->n_tests; i++) {
		size_t len = strlen(batch->tests[i].name);

		if (len > width && len <= NAME_WIDTH_MAX)
			width = len;
	}
	return (int)width;
}

static void
put_error(FILE *out, const struct attempt_record *attempt)
{
	if (attempt->error == NULL)
		return;
	fputs(": ", out);
	put_text(out, attempt->error);
}

/* "passed 48 of 50 ..., " and what failed. */
static void
put_repetitions(const struct batch_record *batch,
		const struct test_record *test, FILE *out)
{
	struct test_statistics s;
	size_t n_told = 0, n_failed;

	test_record_statistics(test, &s);
	n_failed = test->n_attempts - s.n_passed;
	fprintf(out, "passed %zu of %zu", s.n_passed, test->n_attempts);
	if (test->n_attempts < test_record_repeat(batch, test))
		fprintf(out, " (%zu not run)",
			test_record_repeat(batch, test) - test->n_attempts);
	fprintf(out, "; %.1f to %.1f s, median %.1f s\n",
		(double)s.min_ms / 1e3, (double)s.max_ms / 1e3,
		(double)s.median_ms / 1e3);
	for (size_t i = 0; i < test->n_attempts && n_told < FAILURES_TOLD;
	     i++) {
		const struct attempt_record *a = &test->attempts[i];

		if (a->code == EXIT_OK)
			continue;
		n_told++;
		fprintf(out, "       %u %s after %.1f s", a->number,
			result_word(result_of_code(a->code)),
			(double)a->duration_ms / 1e3);
		put_error(out, a);
		fputc('\n', out);
	}
	if (n_failed > n_told)
		fprintf(out, "       ... and %zu more\n", n_failed - n_told);
	if (test->difference.text != NULL) {
		fprintf(out,
			"       in no run that passed: line %lld, at %.2f s: ",
			(long long)test->difference.n, test->difference.t_s);
		put_text(out, test->difference.text);
		fputc('\n', out);
	}
}

static void
put_tries(const struct test_record *test, enum run_result result, FILE *out)
{
	const struct attempt_record *last =
	    &test->attempts[test->n_attempts - 1];

	fprintf(out, "%6.1f s", (double)last->duration_ms / 1e3);
	if (result == RESULT_FLAKY)
		fprintf(out, "  FLAKY: passed at attempt %u", last->number);
	else if (result != RESULT_PASSED)
		fprintf(out, "  %s", result_word(result));
	if (result != RESULT_FLAKY && test->n_attempts > 1)
		fprintf(out, ", %zu times", test->n_attempts);
	put_error(out, last);
	fputc('\n', out);
	for (size_t i = 0; i + 1 < test->n_attempts; i++) {
		const struct attempt_record *a = &test->attempts[i];

		fprintf(out, "       %u %s after %.1f s", a->number,
			result_word(result_of_code(a->code)),
			(double)a->duration_ms / 1e3);
		put_error(out, a);
		fputc('\n', out);
	}
}

static void
put_totals(const struct batch_record *batch, FILE *out)
{
	const char *between = "";

	for (int r = N_RESULTS - 1; r >= 0; r--) {
		size_t n = batch_record_count(batch, (enum run_result)r);

		if (n == 0)
			continue;
		fprintf(out, "%s%zu %s", between, n,
			result_word((enum run_result)r));
		between = ", ";
	}
	fprintf(out, "%s in %.1f s; results in ",
		batch->n_tests == 0 ? "no tests" : "",
		(double)batch->duration_ms / 1e3);
	put_text(out, batch->root);
	fputc('\n', out);
}

void
summary_print(const struct batch_record *batch, const struct look *look)
{
	int width = name_width(batch);
	FILE *out = look->out;

	fputc('\n', out);
	for (size_t i = 0; i < batch->n_tests; i++) {
		const struct test_record *test = &batch->tests[i];
		enum run_result result = test_record_result(batch, test);

		fprintf(out, "  %s%s%s %-*s  ",
			look_begin(look, marks[result].role),
			look->unicode ? marks[result].unicode
				      : marks[result].ascii,
			look_end(look), width, test->name);
		if (result == RESULT_NOT_RUN)
			fputs("not run\n", out);
		else if (test_record_repeat(batch, test) > 1)
			put_repetitions(batch, test, out);
		else
			put_tries(test, result, out);
	}
	if (batch->stop_reason != NULL) {
		fputs("  ", out);
		put_text(out, batch->stop_reason);
		fputc('\n', out);
	}
	put_totals(batch, out);
	fflush(out);
}
