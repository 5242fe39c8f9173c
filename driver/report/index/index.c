#include "config.h"

#include "driver/report/index/index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver/batch/record.h"
#include "driver/report/html.h"
#include "driver/report/index/index-row.h"
#include "driver/report/page.h"
#include "lib/draft.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* Made by the build. */
static const char style[] =
#include "driver/report/index/index-css.h"
    ;
static const char program[] =
#include "driver/report/index/index-js.h"
    ;
static const char program_hash[] =
#include "driver/report/index/index-hash.h"
    ;

struct index {
	const struct batch_record *record;
	struct index_row *rows;
	FILE *f;
	uint64_t longest_ms;
};

/* ---- the top ---- */

static void
put_head(const struct index *index)
{
	fprintf(index->f,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\""
		"default-src 'none'; style-src 'unsafe-inline'; "
		"script-src 'sha256-%s'; base-uri 'none'; "
		"form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"generator\" content=\"vdelab\">\n"
		"<title>%zu tests - vdelab</title>\n"
		"<style>\n%s%s</style>\n</head>\n<body>\n<main>\n",
		program_hash, index->record->n_tests, page_style(), style);
}

/* How many of all have not passed and not been flaky, where that is allowed. */
static size_t
count_bad(const struct index *index)
{
	size_t n = 0;

	for (size_t i = 0; i < index->record->n_tests; i++) {
		const struct index_row *row = &index->rows[i];

		n += row->rank == 0 ||
		     (row->result == RESULT_FLAKY &&
		      test_record_flaky_fails(index->record, row->test));
	}
	return n;
}

static void
put_headline(const struct index *index)
{
	const struct batch_record *record = index->record;
	size_t n = record->n_tests, n_bad = count_bad(index);
	size_t n_passed = batch_record_count(record, RESULT_PASSED) +
			  batch_record_count(record, RESULT_FLAKY);
	int code = batch_record_code(record);

	fputs("<div class=\"headline\"><h1>", index->f);
	if (n_bad > 0)
		fprintf(index->f, "%zu of %zu test%s failed", n_bad, n,
			n == 1 ? "" : "s");
	else
		fprintf(index->f, "%zu of %zu test%s passed", n_passed, n,
			n == 1 ? "" : "s");
	fprintf(index->f, "</h1> <span class=\"verdict %s\">%s</span></div>\n",
		code == EXIT_OK ? "good" : "bad",
		code == EXIT_OK ? "passed" : result_word(result_of_code(code)));
}

static void
put_fact(const struct index *index, const char *name, const char *value)
{
	fprintf(index->f, "<div><dt>%s</dt><dd>", name);
	html_put(index->f, value);
	fputs("</dd></div>\n", index->f);
}

static void
put_number(const struct index *index, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_fact(index, name, text);
}

static void
put_began(const struct index *index)
{
	time_t at = (time_t)index->record->began_s;
	char text[32];
	struct tm tm;

	if (at > 0 && gmtime_r(&at, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		put_fact(index, "began", text);
}

static void
put_facts(const struct index *index)
{
	const struct batch_record *record = index->record;
	char *text = xasprintf("%.1f s", (double)record->duration_ms / 1e3);

	fputs("<dl class=\"facts\">\n", index->f);
	put_began(index);
	put_fact(index, "took", text);
	free(text);
	if (record->accel != NULL)
		put_fact(index, "accel", record->accel);
	if (record->n_parts == 0)
		put_number(index, "seed", record->seed);
	else
		put_number(index, "runs merged", record->n_parts);
	if (record->shard.from != NULL) {
		text = xasprintf("%u of %u", record->shard.index,
				 record->shard.count);
		put_fact(index, "shard", text);
		free(text);
	}
	put_number(index, "exit code", (uint64_t)batch_record_code(record));
	fputs("</dl>\n", index->f);
	if (record->stop_reason != NULL) {
		fputs("<p class=\"note\">", index->f);
		html_put(index->f, record->stop_reason);
		fputs("</p>\n", index->f);
	}
}

/* ---- the table ---- */

/* Shown by the program, without which it is of no use. */
static void
put_bar(const struct index *index)
{
	fputs("<div id=\"bar\" hidden role=\"search\">\n"
	      "<label class=\"away\" for=\"search\">Find in tests</label>\n"
	      "<input type=\"search\" id=\"search\" "
	      "placeholder=\"Find in tests\">\n",
	      index->f);
	for (int r = N_RESULTS - 1; r >= 0; r--) {
		size_t n =
		    batch_record_count(index->record, (enum run_result)r);
		const char *word = result_word((enum run_result)r);

		if (n > 0)
			fprintf(index->f,
				"<button type=\"button\" data-result=\"%s\" "
				"aria-pressed=\"false\">%zu %s</button>\n",
				word, n, word);
	}
	fputs("<span id=\"shown\" class=\"quiet\" role=\"status\"></span>\n"
	      "</div>\n",
	      index->f);
}

static void
put_table(const struct index *index)
{
	const struct batch_record *record = index->record;

	fputs("<div class=\"sheet\">\n<table id=\"tests\">\n"
	      "<caption class=\"away\">Tests, what failed first</caption>\n"
	      "<thead><tr><th scope=\"col\" data-key=\"0\">Result</th>"
	      "<th scope=\"col\" data-key=\"1\">Test</th>"
	      "<th scope=\"col\" data-key=\"2\" class=\"number\">Took</th>"
	      "<th scope=\"col\" data-key=\"3\">Runs</th>"
	      "<th scope=\"col\">Error</th>",
	      index->f);
	if (record->n_parts > 0)
		fputs("<th scope=\"col\">Of</th>", index->f);
	fputs("</tr></thead>\n<tbody>\n", index->f);
	for (size_t i = 0; i < record->n_tests; i++)
		index_row_put(&index->rows[i], record, index->longest_ms,
			      index->f);
	fputs("</tbody>\n</table>\n</div>\n", index->f);
}

/* ---- the foot ---- */

static void
put_file(const struct index *index, const char *name, const char *what)
{
	char *path = xasprintf("%s/%s", index->record->root, name);

	if (access(path, F_OK) == 0) {
		fputs(" <a href=\"", index->f);
		html_put_path(index->f, name);
		fprintf(index->f, "\">%s</a>", what);
	}
	free(path);
}

static void
put_foot(const struct index *index)
{
	const char *tag = index->record->tag;
	const struct shard *shard = &index->record->shard;
	char *json = xasprintf("results%s.json", tag);
	char *junit = xasprintf("junit%s.xml", tag);
	char *coverage = shard->from != NULL
			     ? xasprintf("coverage.%u-of-%u/index.html",
					 shard->index, shard->count)
			     : xstrdup("coverage/index.html");

	fputs("<footer>", index->f);
	put_file(index, coverage, "coverage");
	put_file(index, json, json);
	put_file(index, junit, junit);
	fprintf(index->f,
		"</footer>\n</main>\n<script>\n%s</script>\n</body>\n"
		"</html>\n",
		program);
	free(json);
	free(junit);
	free(coverage);
}

int
index_write(const struct batch_record *record, const char *path,
	    struct err *err)
{
	struct index index = {
		.record = record,
		.rows = xcalloc(record->n_tests + 1, sizeof(*index.rows)),
	};
	struct draft draft;
	int ret = draft_open(&draft, path, err);

	for (size_t i = 0; ret == 0 && i < record->n_tests; i++) {
		struct index_row *row = &index.rows[i];

		index_row_init(row, record, &record->tests[i]);
		if (row->duration_ms > index.longest_ms)
			index.longest_ms = row->duration_ms;
	}
	if (ret == 0) {
		qsort(index.rows, record->n_tests, sizeof(*index.rows),
		      index_row_compare);
		index.f = draft.file;
		put_head(&index);
		put_headline(&index);
		put_facts(&index);
		put_bar(&index);
		put_table(&index);
		put_foot(&index);
		ret = draft_finish(&draft, err);
	}
	free(index.rows);
	return ret;
}
