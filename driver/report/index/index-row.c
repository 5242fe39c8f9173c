#include "config.h"

#include "driver/report/index/index-row.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/report/html.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { ERROR_MAX = 400, RUNS_SHOWN = 50 };

static const struct {
	const char *class;
	unsigned rank;
} looks[N_RESULTS] = {
	[RESULT_FAILED] = { "bad", 0 },	 [RESULT_TIMED_OUT] = { "bad", 0 },
	[RESULT_NO_RUN] = { "bad", 0 },	 [RESULT_INTERRUPTED] = { "bad", 0 },
	[RESULT_FLAKY] = { "warn", 1 },	 [RESULT_NOT_RUN] = { "none", 2 },
	[RESULT_PASSED] = { "good", 3 },
};

const char *
index_result_class(enum run_result result)
{
	return looks[result].class;
}

void
index_row_init(struct index_row *row, const struct batch_record *record,
	       const struct test_record *test)
{
	struct test_statistics statistics;

	*row = (struct index_row){ .test = test,
				   .result = test_record_result(record, test) };
	row->rank = looks[row->result].rank;
	if (test->n_attempts == 0)
		return;
	test_record_statistics(test, &statistics);
	row->duration_ms =
	    test_record_repeat(record, test) > 1
		? statistics.median_ms
		: test->attempts[test->n_attempts - 1].duration_ms;
}

int
index_row_compare(const void *a, const void *b)
{
	const struct index_row *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->duration_ms != y->duration_ms)
		return x->duration_ms > y->duration_ms ? -1 : 1;
	return strcmp(x->test->name, y->test->name);
}

/* ---- columns ---- */

/* The report of a run, or its directory where there is none. */
static char *
link_of(const struct batch_record *record, const struct attempt_record *attempt)
{
	char *path = xasprintf("%s/%s/report.html", record->root, attempt->dir);
	char *link = access(path, F_OK) == 0
			 ? xasprintf("%s/report.html", attempt->dir)
			 : xasprintf("%s/", attempt->dir);

	free(path);
	return link;
}

static void
put_link(const struct batch_record *record,
	 const struct attempt_record *attempt, const char *text, FILE *f)
{
	char *link = attempt != NULL && attempt->dir != NULL
			 ? link_of(record, attempt)
			 : NULL;

	if (link != NULL) {
		fputs("<a href=\"", f);
		html_put_path(f, link);
		fputs("\">", f);
	}
	html_put(f, text);
	if (link != NULL)
		fputs("</a>", f);
	free(link);
}

/* The run that a reader wants to see: the first that failed, or the last. */
static const struct attempt_record *
telling_attempt(const struct index_row *row)
{
	const struct test_record *test = row->test;

	for (size_t i = 0; i < test->n_attempts; i++)
		if (test->attempts[i].code != EXIT_OK)
			return &test->attempts[i];
	return test->n_attempts > 0 ? &test->attempts[test->n_attempts - 1]
				    : NULL;
}

static void
put_test(const struct index_row *row, const struct batch_record *record,
	 FILE *f)
{
	fputs("<td class=\"test\">", f);
	put_link(record, telling_attempt(row), row->test->name, f);
	fputs("<div class=\"file\">", f);
	html_put(f, row->test->file);
	fputs("</div></td>\n", f);
}

static void
put_took(const struct index_row *row, const struct batch_record *record,
	 uint64_t longest_ms, FILE *f)
{
	struct test_statistics s;

	if (row->test->n_attempts == 0) {
		fputs("<td class=\"took number\"></td>\n", f);
		return;
	}
	fprintf(f, "<td class=\"took number\">%.1f s",
		(double)row->duration_ms / 1e3);
	if (test_record_repeat(record, row->test) > 1) {
		test_record_statistics(row->test, &s);
		fprintf(f, "<div class=\"more\">%.1f to %.1f s</div>",
			(double)s.min_ms / 1e3, (double)s.max_ms / 1e3);
	}
	fprintf(f,
		"<span class=\"meter\"><span style=\"width:%.1f%%\"></span>"
		"</span></td>\n",
		longest_ms > 0
		    ? 100.0 * (double)row->duration_ms / (double)longest_ms
		    : 0.0);
}

static void
put_runs(const struct index_row *row, const struct batch_record *record,
	 FILE *f)
{
	const struct test_record *test = row->test;
	struct test_statistics s;

	fputs("<td class=\"runs\">", f);
	for (size_t i = 0;
	     test->n_attempts > 1 && i < test->n_attempts && i < RUNS_SHOWN;
	     i++) {
		const struct attempt_record *a = &test->attempts[i];
		enum run_result result = result_of_code(a->code);
		char number[16];

		snprintf(number, sizeof(number), "%u", a->number);
		fprintf(f, "<span class=\"%s\" title=\"%s\">",
			looks[result].class, result_word(result));
		put_link(record, a, number, f);
		fprintf(f, "<span class=\"away\"> %s</span></span>\n",
			result_word(result));
	}
	if (test->n_attempts > RUNS_SHOWN)
		fprintf(f, "and %zu more", test->n_attempts - RUNS_SHOWN);
	if (test_record_repeat(record, test) > 1) {
		test_record_statistics(test, &s);
		fprintf(f, "<div class=\"more\">passed %zu of %zu</div>",
			s.n_passed, test->n_attempts);
	}
	fputs("</td>\n", f);
}

static void
put_error(const struct index_row *row, FILE *f)
{
	const struct attempt_record *attempt = telling_attempt(row);
	char *first;

	fputs("<td class=\"error\">", f);
	if (attempt != NULL && attempt->error != NULL) {
		first = xasprintf("%.*s", (int)strcspn(attempt->error, "\n"),
				  attempt->error);
		html_put_line(f, first, ERROR_MAX);
		free(first);
	}
	fputs("</td>\n", f);
}

static void
put_part(const struct index_row *row, const struct batch_record *record,
	 FILE *f)
{
	static const char usual[] = "/results.json";
	const struct batch_part *part;
	size_t len;
	char *from;

	if (record->n_parts == 0)
		return;
	part = &record->parts[row->test->part];
	fputs("<td class=\"file\">", f);
	if (part->shard_from != NULL)
		fprintf(f, "shard %u of %u<br>", part->shard.index,
			part->shard.count);
	/* A name that all have tells nothing. */
	len = strlen(part->from);
	if (len > strlen(usual) &&
	    strcmp(part->from + len - strlen(usual), usual) == 0)
		len -= strlen(usual);
	from = xasprintf("%.*s", (int)len, part->from);
	html_put(f, from);
	free(from);
	fputs("</td>\n", f);
}

void
index_row_put(const struct index_row *row, const struct batch_record *record,
	      uint64_t longest_ms, FILE *f)
{
	const char *word = result_word(row->result);

	fprintf(f,
		"<tr data-result=\"%s\" data-rank=\"%u\" data-ms=\"%" PRIu64
		"\" data-runs=\"%zu\" data-name=\"",
		word, row->rank, row->duration_ms, row->test->n_attempts);
	html_put(f, row->test->name);
	fprintf(f, "\">\n<td><span class=\"verdict %s\">%s</span></td>\n",
		looks[row->result].class, word);
	put_test(row, record, f);
	put_took(row, record, longest_ms, f);
	put_runs(row, record, f);
	put_error(row, f);
	put_part(row, record, f);
	fputs("</tr>\n", f);
}
