#include "config.h"

#include "driver/report/junit/junit-suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/report/junit/junit-run.h"
#include "driver/report/junit/junit.h"
#include "driver/report/relative-path.h"
#include "driver/report/xml.h"
#include "lib/xalloc.h"

/* What is written of a case of all tries. */
struct row {
	const struct junit_case *last; /* in the last try that had it */
	size_t last_run;
	const struct junit_case **failed; /* by try; owned */
	size_t n_failed;
	enum junit_verdict verdict;
};

struct rows {
	struct row *items;
	size_t n;
};

static const char left_out[] =
    "[left out, for this file would get too large; log.jsonl has it]\n";

/* ---- tries ---- */

static bool
has_failed(const struct junit_case *c)
{
	return c->verdict == JUNIT_FAILED || c->verdict == JUNIT_ERROR;
}

/* Of two tries of a test most often the same ones are of one name. */
static struct row *
find_row(struct rows *rows, const char *name, size_t likely)
{
	if (likely < rows->n &&
	    strcmp(rows->items[likely].last->name, name) == 0)
		return &rows->items[likely];
	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->items[i].last->name, name) == 0)
			return &rows->items[i];
	rows->items =
	    xrealloc(rows->items, rows->n + 1, sizeof(rows->items[0]));
	rows->items[rows->n] = (struct row){ 0 };
	return &rows->items[rows->n++];
}

static void
add_failed(struct row *row, const struct junit_case *c)
{
	row->failed =
	    xrealloc(row->failed, row->n_failed + 1, sizeof(row->failed[0]));
	row->failed[row->n_failed++] = c;
}

static void
add_run(struct rows *rows, const struct junit_suite *suite, size_t run)
{
	const struct junit_run *r = suite->runs[run];

	for (size_t i = 0; i < r->n_cases; i++) {
		struct row *row = find_row(rows, r->cases[i].name, i);

		row->last = &r->cases[i];
		row->last_run = run;
		if (has_failed(row->last))
			add_failed(row, row->last);
	}
}

/* The test passed in the end, without this case: "main" tells that it failed. */
static void
move_to_main(struct rows *rows, struct row *row)
{
	for (size_t i = 0; i < row->n_failed; i++)
		add_failed(&rows->items[0], row->failed[i]);
	row->n_failed = 0;
	row->verdict = JUNIT_PASSED;
}

static void
judge(struct rows *rows, const struct junit_suite *suite)
{
	const struct junit_run *last = suite->runs[suite->n_runs - 1];
	bool passed = last->verdict == JUNIT_PASSED;

	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->items[i];

		row->verdict = row->last->verdict;
		if (passed && has_failed(row->last))
			move_to_main(rows, row);
	}
	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->items[i];

		if (row->n_failed > 0 &&
		    (has_failed(row->last) || (passed && suite->flaky_fails)))
			row->verdict = row->failed[0]->verdict;
	}
}

/* ---- elements ---- */

static bool
has_room(const struct xml *xml, int64_t until)
{
	return ftello(xml->file) < until;
}

static void
put_output(struct xml *xml, const struct junit_options *options,
	   const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	xml_begin(xml, name);
	xml_text(xml, has_room(xml, options->outputs_until) ? text : left_out);
	xml_end(xml);
}

static void
put_failure(struct xml *xml, const struct junit_options *options,
	    const struct junit_case *c, const char *type)
{
	xml_begin(xml, c->verdict == JUNIT_ERROR ? "error" : "failure");
	xml_attr(xml, "type", type != NULL ? type : c->type);
	xml_attr(xml, "message", c->message);
	xml_text(xml, has_room(xml, options->details_until) ? c->detail
							    : c->message);
	xml_end(xml);
}

/* @kind: "flaky" or "rerun" */
static void
put_try(struct xml *xml, const struct junit_options *options, const char *kind,
	const struct junit_case *c)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s", kind,
		 c->verdict == JUNIT_ERROR ? "Error" : "Failure");
	xml_begin(xml, name);
	xml_attr(xml, "message", c->message);
	xml_attr(xml, "type", c->type);
	xml_begin(xml, "stackTrace");
	xml_text(xml, has_room(xml, options->details_until) ? c->detail
							    : c->message);
	xml_end(xml);
	put_output(xml, options, "system-out", c->out);
	put_output(xml, options, "system-err", c->err);
	xml_end(xml);
}

/* In the order that Surefire's schema wants: failures before errors. */
static void
put_tries(struct xml *xml, const struct junit_options *options,
	  const char *kind, const struct row *row, size_t first,
	  enum junit_verdict verdict)
{
	for (size_t i = first; i < row->n_failed; i++)
		if (row->failed[i]->verdict == verdict)
			put_try(xml, options, kind, row->failed[i]);
}

static void
put_verdict(struct xml *xml, const struct junit_options *options,
	    const struct row *row)
{
	bool failed = has_failed(row->last) || row->verdict != JUNIT_PASSED;
	const char *kind = failed ? "rerun" : "flaky";
	size_t first = failed ? 1 : 0;

	if (row->verdict == JUNIT_SKIPPED) {
		xml_begin(xml, "skipped");
		xml_attr(xml, "message", row->last->message);
		/* GitLab shows only what is in the element. */
		xml_text(xml, row->last->message);
		xml_end(xml);
		return;
	}
	if (row->verdict == JUNIT_FAILED)
		put_failure(xml, options, row->failed[0],
			    has_failed(row->last) ? NULL : "flaky");
	put_tries(xml, options, kind, row, first, JUNIT_FAILED);
	if (row->verdict == JUNIT_ERROR)
		put_failure(xml, options, row->failed[0],
			    has_failed(row->last) ? NULL : "flaky");
	put_tries(xml, options, kind, row, first, JUNIT_ERROR);
}

/* ---- attachments ---- */

/* As a reader of the file finds @path, which is absolute. */
static char *
path_for_reader(const struct junit_options *options, const char *from,
		const char *path)
{
	if (options->base == NULL)
		return relative_path(from, path);
	if (path_is_below(options->base, path))
		return relative_path(options->base, path);
	return xstrdup(path);
}

/* The test file, which is named as on the command line. */
static void
put_file(struct xml *xml, const struct junit_options *options, const char *file)
{
	char *relative = options->base != NULL && file[0] == '/' &&
				 path_is_below(options->base, file)
			     ? relative_path(options->base, file)
			     : xstrdup(file);

	if (file[0] != '\0')
		xml_attr(xml, "file", relative);
	free(relative);
}

/* Lines that Jenkins and GitLab know; none for what they would misread. */
static void
put_files(struct xml *xml, const struct junit_options *options,
	  const char *from, const char *dir, const struct junit_case *c)
{
	for (size_t i = 0; i < c->n_files; i++) {
		char *path = xasprintf("%s/%s", dir, c->files[i]);
		char *name = path_for_reader(options, from, path);

		if (strpbrk(name, "[]|\n") == NULL) {
			xml_text(xml, "[[ATTACHMENT|");
			xml_text(xml, name);
			xml_text(xml, "]]\n");
		}
		free(name);
		free(path);
	}
}

static void
put_out(struct xml *xml, const struct junit_options *options, const char *from,
	const char *dir, const struct junit_case *c)
{
	bool has_files = dir != NULL && c->n_files > 0;

	if (c->out[0] == '\0' && !has_files)
		return;
	xml_begin(xml, "system-out");
	xml_text(xml, has_room(xml, options->outputs_until) || c->out[0] == '\0'
			  ? c->out
			  : left_out);
	if (has_files)
		put_files(xml, options, from, dir, c);
	xml_end(xml);
}

/* ---- the suite ---- */

static void
put_case(struct xml *xml, const struct junit_suite *suite,
	 const struct junit_options *options, const char *from,
	 const struct row *row)
{
	const struct junit_run *run = suite->runs[row->last_run];

	xml_begin(xml, "testcase");
	xml_attr(xml, "classname", suite->name);
	xml_attr(xml, "name", row->last->name);
	xml_attrf(xml, "time", "%.3f", row->last->time_s);
	if (options->names_files)
		put_file(xml, options, run->file);
	put_verdict(xml, options, row);
	put_out(xml, options, from, suite->dirs[row->last_run], row->last);
	put_output(xml, options, "system-err", row->last->err);
	xml_end(xml);
}

static size_t
count(const struct rows *rows, enum junit_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += rows->items[i].verdict == verdict;
	return n;
}

/* Without a zone, as Ant's schema wants it; readers take it for UTC. */
static void
put_began(struct xml *xml, int64_t began_ns)
{
	time_t at = (time_t)(began_ns / 1000000000);
	char text[32];
	struct tm tm;

	if (began_ns <= 0 || gmtime_r(&at, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return;
	xml_attr(xml, "timestamp", text);
}

static void
put_properties(struct xml *xml, const struct junit_run *run)
{
	if (run->n_properties == 0)
		return;
	xml_begin(xml, "properties");
	for (size_t i = 0; i < run->n_properties; i++) {
		xml_begin(xml, "property");
		xml_attr(xml, "name", run->properties[i].name);
		xml_attr(xml, "value", run->properties[i].value);
		xml_end(xml);
	}
	xml_end(xml);
}

void
junit_suite_write(const struct junit_suite *suite, struct xml *xml,
		  const struct junit_options *options, const char *from)
{
	const struct junit_run *last = suite->runs[suite->n_runs - 1];
	struct rows rows = { 0 };
	double time_s = 0;

	for (size_t i = 0; i < suite->n_runs; i++) {
		add_run(&rows, suite, i);
		time_s += suite->runs[i]->duration_s;
	}
	judge(&rows, suite);
	xml_begin(xml, "testsuite");
	xml_attr(xml, "name", suite->name);
	xml_attrf(xml, "tests", "%zu", rows.n);
	xml_attrf(xml, "failures", "%zu", count(&rows, JUNIT_FAILED));
	xml_attrf(xml, "errors", "%zu", count(&rows, JUNIT_ERROR));
	xml_attrf(xml, "skipped", "%zu", count(&rows, JUNIT_SKIPPED));
	xml_attrf(xml, "time", "%.3f", time_s);
	put_began(xml, suite->runs[0]->began_ns);
	put_file(xml, options, last->file);
	put_properties(xml, last);
	for (size_t i = 0; i < rows.n; i++) {
		put_case(xml, suite, options, from, &rows.items[i]);
		free(rows.items[i].failed);
	}
	xml_end(xml);
	free(rows.items);
}
