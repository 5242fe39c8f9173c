#include "driver/report/tap.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "driver/report/clean-text.h"
#include "lib/json.h"
#include "lib/xalloc.h"

static void
indent(FILE *out, int depth)
{
	fprintf(out, "%*s", 4 * depth, "");
}

/* One line, with a backslash before what has a meaning. */
static void
put_escaped(FILE *out, const char *text)
{
	char *line = clean_line(text, TAP_DESCRIPTION_MAX);

	for (const char *p = line; *p != '\0'; p++) {
		if (*p == '\\' || *p == '#')
			fputc('\\', out);
		fputc(*p, out);
	}
	free(line);
}

int
tap_version(const char *understood)
{
	return understood != NULL && strcmp(understood, "13") == 0 ? 13 : 14;
}

void
tap_begin(FILE *out, int version, size_t n_tests, const char *why)
{
	fprintf(out, "TAP version %d\n1..%zu", version, n_tests);
	if (n_tests == 0) {
		fputs(" # SKIP ", out);
		put_escaped(out, why);
	}
	fputc('\n', out);
	fflush(out);
}

void
tap_comment(FILE *out, int depth, const char *text)
{
	char *line = clean_line(text, TAP_DESCRIPTION_MAX);

	indent(out, depth);
	fprintf(out, "# %s\n", line);
	free(line);
}

void
tap_subtests(FILE *out, int depth, const char *description, size_t n)
{
	indent(out, depth);
	fputs("# Subtest: ", out);
	put_escaped(out, description);
	fputc('\n', out);
	indent(out, depth + 1);
	fprintf(out, "1..%zu\n", n);
}

/* ---- diagnostics ---- */

/* What JSON has as a string is a string in double quotes to YAML. */
static void
put_text(FILE *out, int depth, const char *key, const char *text)
{
	size_t n = strlen(text);
	char *cut =
	    xasprintf("%.*s", (int)clean_cut(text, n, TAP_MESSAGE_MAX), text);
	char *clean = clean_text(cut, strlen(cut));
	json_t *json = json_text(clean, strlen(clean));
	char *quoted = json_dumps(json, JSON_ENCODE_ANY);

	indent(out, depth);
	fprintf(out, "  %s: %s\n", key, quoted != NULL ? quoted : "\"\"");
	free(quoted);
	json_decref(json);
	free(clean);
	free(cut);
}

static void
put_count(FILE *out, int depth, const char *key, size_t count)
{
	indent(out, depth);
	fprintf(out, "  %s: %zu\n", key, count);
}

static void
put_place(FILE *out, int depth, const struct tap_point *point)
{
	indent(out, depth);
	fputs("  at:\n", out);
	indent(out, depth);
	put_text(out, 0, "  file", point->file);
	if (point->line <= 0)
		return;
	indent(out, depth);
	fprintf(out, "    line: %lld\n", point->line);
}

static bool
has_diagnostics(const struct tap_point *point)
{
	return point->message != NULL || point->severity != NULL ||
	       point->file != NULL || point->duration_ms >= 0 ||
	       point->n_runs > 0;
}

static void
put_diagnostics(FILE *out, int depth, const struct tap_point *point)
{
	indent(out, depth);
	fputs("  ---\n", out);
	if (point->message != NULL)
		put_text(out, depth, "message", point->message);
	if (point->severity != NULL)
		put_text(out, depth, "severity", point->severity);
	if (point->file != NULL)
		put_place(out, depth, point);
	if (point->duration_ms >= 0) {
		indent(out, depth);
		fprintf(out, "  duration_ms: %.3f\n", point->duration_ms);
	}
	if (point->n_runs > 0) {
		put_count(out, depth, "runs", point->n_runs);
		put_count(out, depth, "passed", point->n_passed);
	}
	indent(out, depth);
	fputs("  ...\n", out);
}

void
tap_point(FILE *out, int depth, size_t number, const struct tap_point *point)
{
	indent(out, depth);
	fprintf(out, "%s %zu - ", point->ok ? "ok" : "not ok", number);
	put_escaped(out, point->description);
	if (point->skip != NULL) {
		fputs(" # SKIP ", out);
		put_escaped(out, point->skip);
	}
	fputc('\n', out);
	if (has_diagnostics(point))
		put_diagnostics(out, depth, point);
	fflush(out);
}

void
tap_bail_out(FILE *out, const char *why)
{
	fputs("Bail out! ", out);
	put_escaped(out, why);
	fputc('\n', out);
	fflush(out);
}
