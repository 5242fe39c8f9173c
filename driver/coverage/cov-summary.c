#include "driver/coverage/cov-summary.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"

static struct cov_summary_part *
part(struct cov_summary_part **parts, size_t *n, const char *name)
{
	size_t i = 0;

	while (i < *n && strcmp((*parts)[i].name, name) < 0)
		i++;
	if (i < *n && strcmp((*parts)[i].name, name) == 0)
		return &(*parts)[i];
	*parts = xrealloc(*parts, *n + 1, sizeof(**parts));
	memmove(&(*parts)[i + 1], &(*parts)[i], (*n - i) * sizeof(**parts));
	(*parts)[i] = (struct cov_summary_part){ .name = xstrdup(name),
						 .data = cov_data_new() };
	++*n;
	return &(*parts)[i];
}

static void
ignore(const char *path, void *arg)
{
	(void)path;
	(void)arg;
}

void
cov_summary_add(struct cov_summary *summary, const char *test,
		const char *machine, const struct cov_data *data,
		cov_differs_fn *differs, void *arg)
{
	struct cov_summary_part *of_machine =
	    part(&summary->machines, &summary->n_machines, machine);
	struct cov_summary_part *of_test =
	    part(&summary->tests, &summary->n_tests, test);

	if (summary->all == NULL)
		summary->all = cov_data_new();
	cov_data_add(summary->all, data, differs, arg);
	/* It has been told. */
	cov_data_add(of_machine->data, data, ignore, NULL);
	cov_data_add(of_test->data, data, ignore, NULL);
}

static void
parts_fini(struct cov_summary_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(parts[i].name);
		cov_data_free(parts[i].data);
	}
	free(parts);
}

void
cov_summary_fini(struct cov_summary *summary)
{
	parts_fini(summary->machines, summary->n_machines);
	parts_fini(summary->tests, summary->n_tests);
	cov_data_free(summary->all);
	*summary = (struct cov_summary){ .n_tests = 0 };
}

/* ---- text ---- */

static void
print_share(FILE *out, size_t part_of, size_t whole)
{
	fprintf(out, "%6.1f %%  %6zu of %zu", cov_percent(part_of, whole),
		part_of, whole);
}

static void
print_parts(FILE *out, const char *what, const struct cov_summary_part *parts,
	    size_t n)
{
	fprintf(out, "\nlines by %s\n", what);
	for (size_t i = 0; i < n; i++) {
		struct cov_totals totals;

		cov_data_totals(parts[i].data, &totals);
		fprintf(out, "  %-24s", parts[i].name);
		print_share(out, totals.lines_run, totals.lines);
		fputc('\n', out);
	}
}

/* Which machine ran the line: its index; n_machines: nobody, SIZE_MAX: several. */
static size_t
who(const struct cov_summary *summary, const char *path, unsigned line)
{
	size_t found = summary->n_machines;

	for (size_t i = 0; i < summary->n_machines; i++) {
		const struct cov_file *file =
		    cov_data_find(summary->machines[i].data, path);
		const struct cov_line *l =
		    file != NULL ? cov_file_line(file, line) : NULL;

		if (l == NULL || l->count == 0)
			continue;
		if (found < summary->n_machines)
			return SIZE_MAX;
		found = i;
	}
	return found;
}

/* "12-20, 25": lines that follow each other in the file's list are one range,
 * with those between them that are no code. */
static void
print_lines_of(FILE *out, const struct cov_summary *summary,
	       const struct cov_file *file, const size_t *whose, size_t wanted)
{
	const char *name = wanted == summary->n_machines
			       ? "nobody"
			       : summary->machines[wanted].name;
	bool any = false;

	for (size_t i = 0; i < file->n_lines; i++) {
		size_t first = i;

		if (whose[i] != wanted)
			continue;
		while (i + 1 < file->n_lines && whose[i + 1] == wanted)
			i++;
		if (any)
			fputs(", ", out);
		else if (wanted == summary->n_machines)
			fprintf(out, "    %s ran ", name);
		else
			fprintf(out, "    only %s ran ", name);
		any = true;
		fprintf(out, "%u", file->lines[first].number);
		if (i > first)
			fprintf(out, "-%u", file->lines[i].number);
	}
	if (any)
		fputc('\n', out);
}

static void
print_file(FILE *out, const struct cov_summary *summary,
	   const struct cov_file *file)
{
	struct cov_totals totals = { .lines = 0 };
	size_t *whose = xcalloc(file->n_lines + 1, sizeof(*whose));

	cov_file_totals(file, &totals);
	fprintf(out, "  %-24s", file->path);
	print_share(out, totals.lines_run, totals.lines);
	fputc('\n', out);
	for (size_t i = 0; i < file->n_lines; i++)
		whose[i] = who(summary, file->path, file->lines[i].number);
	/* With one machine it is clear who. */
	for (size_t i = 0; i < summary->n_machines && summary->n_machines > 1;
	     i++)
		print_lines_of(out, summary, file, whose, i);
	print_lines_of(out, summary, file, whose, summary->n_machines);
	free(whose);
}

void
cov_summary_print(const struct cov_summary *summary, FILE *out)
{
	struct cov_totals totals;

	cov_data_totals(summary->all, &totals);
	fputs("lines     ", out);
	print_share(out, totals.lines_run, totals.lines);
	fputs("\nfunctions ", out);
	print_share(out, totals.functions_run, totals.functions);
	fputs("\nbranches  ", out);
	print_share(out, totals.branches_run, totals.branches);
	fputc('\n', out);
	if (summary->fail_under > 0)
		fprintf(out, "asked for %6.1f %% of lines\n",
			summary->fail_under);
	print_parts(out, "machine", summary->machines, summary->n_machines);
	print_parts(out, "test", summary->tests, summary->n_tests);
	fputs("\nlines by file\n", out);
	for (size_t i = 0; i < summary->all->n; i++)
		print_file(out, summary, summary->all->files[i]);
}

/* ---- for programs ---- */

static json_t *
totals_json(const struct cov_data *data)
{
	struct cov_totals t;

	cov_data_totals(data, &t);
	return json_pack(
	    "{s:I, s:I, s:I, s:I, s:I, s:I}", "lines", (json_int_t)t.lines,
	    "lines_run", (json_int_t)t.lines_run, "functions",
	    (json_int_t)t.functions, "functions_run",
	    (json_int_t)t.functions_run, "branches", (json_int_t)t.branches,
	    "branches_run", (json_int_t)t.branches_run);
}

static json_t *
parts_json(const struct cov_summary_part *parts, size_t n)
{
	json_t *all = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(all, parts[i].name,
				    totals_json(parts[i].data));
	return all;
}

json_t *
cov_summary_json(const struct cov_summary *summary)
{
	return json_pack("{s:i, s:o, s:f, s:o, s:o}", "schema", 1, "all",
			 totals_json(summary->all), "fail_under",
			 summary->fail_under, "machines",
			 parts_json(summary->machines, summary->n_machines),
			 "tests", parts_json(summary->tests, summary->n_tests));
}
