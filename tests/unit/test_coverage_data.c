/* How often lines ran: added up, written, read, told. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/coverage/cov-summary.h"
#include "driver/coverage/data.h"
#include "driver/coverage/gcov.h"
#include "driver/coverage/manifest.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char *dir; /* has src/a.c, of eight lines, and other/o.c */

static void
write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
shell(const char *text)
{
	char *command = xasprintf("cd '%s' && %s", dir, text);

	ck_assert_int_eq(system(command), 0);
	free(command);
}

static void
setup(void)
{
	char template[] = "/tmp/test_coverage_data.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = realpath(template, NULL);
	shell("mkdir -p src/lib other build");
	write_file("src/a.c", "1\n2\n3 // GCOV_EXCL_LINE\n4\n"
			      "5 // LCOV_EXCL_START\n6\n"
			      "7 // GCOVR_EXCL_STOP\n8\n");
	write_file("src/lib/b.c", "1\n");
	write_file("other/o.c", "1\n");
}

static void
teardown(void)
{
	shell("cd / && rm -rf \"$OLDPWD\"");
	free(dir);
}

static uint64_t
count_of(const struct cov_data *data, const char *path, unsigned line)
{
	const struct cov_file *file = cov_data_find(data, path);
	const struct cov_line *l;

	ck_assert_ptr_nonnull(file);
	l = cov_file_line(file, line);
	ck_assert_msg(l != NULL, "%s:%u", path, line);
	return l->count;
}

static void
never(const char *path, void *arg)
{
	(void)arg;
	ck_abort_msg("%s differs", path);
}

static void
note(const char *path, void *arg)
{
	snprintf(arg, 64, "%s", path);
}

/* ---- adding up ---- */

START_TEST(lines_are_added_up_in_whatever_order_they_come)
{
	static const unsigned order[] = { 5, 1, 9, 5, 3, 1 };
	struct cov_data *data = cov_data_new();
	struct cov_file *file = cov_data_file(data, "x.c");

	for (size_t i = 0; i < UNIT_ROWS(order); i++)
		ck_assert_ptr_nonnull(cov_file_add_line(file, order[i], 1));
	ck_assert_uint_eq(file->n_lines, 4);
	for (size_t i = 1; i < file->n_lines; i++)
		ck_assert_uint_lt(file->lines[i - 1].number,
				  file->lines[i].number);
	ck_assert_uint_eq(count_of(data, "x.c", 1), 2);
	ck_assert_uint_eq(count_of(data, "x.c", 5), 2);
	ck_assert_uint_eq(count_of(data, "x.c", 9), 1);
	ck_assert_ptr_null(cov_file_line(file, 2));
	ck_assert_ptr_null(cov_file_line(file, 10));
	cov_data_free(data);
}
END_TEST

START_TEST(line_numbers_and_counts_have_limits)
{
	struct cov_data *data = cov_data_new();
	struct cov_file *file = cov_data_file(data, "x.c");

	ck_assert_ptr_null(cov_file_add_line(file, 0, 1));
	ck_assert_ptr_nonnull(cov_file_add_line(file, COV_LINE_MAX, 1));
	ck_assert_ptr_null(cov_file_add_line(file, COV_LINE_MAX + 1, 1));
	cov_file_add_line(file, 1, UINT64_MAX);
	cov_file_add_line(file, 1, 1);
	ck_assert_uint_eq(count_of(data, "x.c", 1), INT64_MAX);
	cov_data_free(data);
}
END_TEST

START_TEST(branches_are_added_up_and_the_longer_list_counts)
{
	const struct cov_branch two[] = { { 1, true, false },
					  { 0, false, true } };
	const struct cov_branch three[] = { { 5, false, false },
					    { 6, false, false },
					    { 0, false, false } };
	struct cov_line line = { .number = 1 };

	cov_line_add_branches(&line, two, 2);
	cov_line_add_branches(&line, two, 2);
	ck_assert_uint_eq(line.n_branches, 2);
	ck_assert_uint_eq(line.branches[0].count, 2);
	ck_assert(line.branches[0].is_fallthrough && line.branches[1].is_throw);
	cov_line_add_branches(&line, two, 1);
	ck_assert_uint_eq(line.branches[0].count, 2);
	cov_line_add_branches(&line, three, 3);
	cov_line_add_branches(&line, two, 2);
	ck_assert_uint_eq(line.n_branches, 3);
	ck_assert_uint_eq(line.branches[0].count, 5);
	free(line.branches);
}
END_TEST

START_TEST(functions_are_known_by_line_and_name)
{
	struct cov_data *data = cov_data_new();
	struct cov_file *file = cov_data_file(data, "x.c");

	cov_file_add_function(file, "g", 5, 1);
	cov_file_add_function(file, "f", 5, 1);
	cov_file_add_function(file, "h", 2, 0);
	cov_file_add_function(file, "g", 5, 3);
	cov_file_add_function(file, "none", 0, 3);
	ck_assert_uint_eq(file->n_functions, 3);
	ck_assert_str_eq(file->functions[0].name, "h");
	ck_assert_str_eq(file->functions[1].name, "f");
	ck_assert_str_eq(file->functions[2].name, "g");
	ck_assert_uint_eq(file->functions[2].count, 4);
	cov_data_free(data);
}
END_TEST

START_TEST(files_of_two_machines_are_added_up)
{
	struct cov_data *a = cov_data_new(), *b = cov_data_new();
	struct cov_totals totals;

	cov_file_add_line(cov_data_file(a, "x.c"), 1, 2);
	cov_file_add_line(cov_data_file(a, "x.c"), 2, 0);
	cov_file_add_line(cov_data_file(b, "x.c"), 2, 3);
	cov_file_add_line(cov_data_file(b, "w.c"), 7, 0);
	cov_data_add(a, b, never, NULL);
	cov_data_add(a, b, never, NULL);
	ck_assert_uint_eq(a->n, 2);
	ck_assert_str_eq(a->files[0]->path, "w.c");
	ck_assert_uint_eq(count_of(a, "x.c", 1), 2);
	ck_assert_uint_eq(count_of(a, "x.c", 2), 6);
	cov_data_totals(a, &totals);
	ck_assert_uint_eq(totals.lines, 3);
	ck_assert_uint_eq(totals.lines_run, 2);
	cov_data_free(a);
	cov_data_free(b);
}
END_TEST

START_TEST(another_source_of_the_same_name_is_not_added)
{
	struct cov_data *a = cov_data_new(), *b = cov_data_new();
	char told[64] = "";

	cov_file_add_line(cov_data_file(a, "x.c"), 1, 1);
	cov_file_add_line(cov_data_file(b, "x.c"), 1, 1);
	strcpy(cov_data_file(a, "x.c")->digest, "0123456789abcdef");
	/* Nothing is known of the other's. */
	cov_data_add(a, b, never, NULL);
	ck_assert_uint_eq(count_of(a, "x.c", 1), 2);
	strcpy(cov_data_file(b, "x.c")->digest, "0123456789abcdee");
	cov_data_add(a, b, note, told);
	ck_assert_str_eq(told, "x.c");
	ck_assert_uint_eq(count_of(a, "x.c", 1), 2);
	cov_data_free(a);
	cov_data_free(b);
}
END_TEST

START_TEST(a_part_of_nothing_is_all_of_it)
{
	ck_assert(cov_percent(0, 0) == 100);
	ck_assert(cov_percent(0, 3) == 0);
	ck_assert(cov_percent(3, 3) == 100);
	ck_assert(cov_percent(1, 4) == 25);
}
END_TEST

/* ---- files ---- */

START_TEST(a_tracefile_is_read_as_it_was_written)
{
	const struct cov_branch branches[] = { { 1, true, false },
					       { 0, false, true } };
	struct cov_data *a = cov_data_new(), *b;
	struct cov_file *file = cov_data_file(a, "lib/\"x\".c");
	char *path = xasprintf("%s/trace.json", dir);
	struct err err = ERR_INIT;
	json_t *json, *again;

	cov_line_add_branches(cov_file_add_line(file, 3, 4), branches, 2);
	cov_file_add_line(file, 4, 0);
	cov_file_add_function(file, "f", 3, 4);
	strcpy(file->digest, "0123456789abcdef");
	json = cov_data_json(a, COV_FORMAT);
	ck_assert_int_eq(json_dump_file(json, path, 0), 0);
	b = cov_data_read(path, &err);
	ck_assert_msg(b != NULL, "%s", err.text);
	again = cov_data_json(b, COV_FORMAT);
	ck_assert(json_equal(json, again));
	ck_assert_str_eq(b->files[0]->functions[0].name, "f");
	json_decref(json);
	json_decref(again);
	/* Another gcovr need not know our functions. */
	json = cov_data_json(a, "0.5");
	ck_assert_str_eq(
	    json_string_value(json_object_get(json, "gcovr/format_version")),
	    "0.5");
	ck_assert_uint_eq(json_array_size(json_object_get(
			      json_array_get(json_object_get(json, "files"), 0),
			      "functions")),
			  0);
	json_decref(json);
	cov_data_free(a);
	cov_data_free(b);
	free(path);
}
END_TEST

static const struct {
	const char *text;
	const char *said; /* NULL: it is read, and has */
	size_t n_files, n_lines;
} tracefiles[] = {
	{ "", ":1:", 0, 0 },
	{ "{\n'files':", ":2:", 0, 0 },
	{ "[]", "is no tracefile", 0, 0 },
	{ "{'files':{}}", "is no tracefile", 0, 0 },
	{ "{'files':[]}", NULL, 0, 0 },
	{ "{'files':[1,{},{'file':3},{'file':''}]}", NULL, 0, 0 },
	/* Nothing shall be looked for, or made, elsewhere. */
	{ "{'files':[{'file':'/etc/x'},{'file':'../x'},{'file':'a/../../x'},"
	  "{'file':'a/..'},{'file':'..'}]}",
	  NULL, 0, 0 },
	{ "{'files':[{'file':'..x/a..b/...'}]}", NULL, 1, 0 },
	{ "{'files':[{'file':'x','lines':[{'line_number':1,'count':1},"
	  "{'line_number':-1,'count':1},{'line_number':0},{'count':1},3,"
	  "{'line_number':99999999999},{'line_number':2,'count':-5}]}]}",
	  NULL, 1, 2 },
	{ "{'files':[{'file':'x','lines':[{'line_number':1,'count':1,"
	  "'gcovr/noncode':true},{'line_number':2,'gcovr/excluded':true}]}]}",
	  NULL, 1, 0 },
	{ "{'files':[{'file':'x','vdelab/digest':'short','lines':{},"
	  "'functions':[{'name':1},{'name':'f','lineno':'1'}]}]}",
	  NULL, 1, 0 },
};

START_TEST(what_is_no_tracefile_is_told_or_left_out)
{
	char *path = xasprintf("%s/trace.json", dir);
	char *text = xstrdup(tracefiles[_i].text);
	struct err err = ERR_INIT;
	struct cov_data *data;

	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	write_file("trace.json", text);
	data = cov_data_read(path, &err);
	if (tracefiles[_i].said != NULL) {
		ck_assert_ptr_null(data);
		ck_assert_msg(strstr(err.text, tracefiles[_i].said) != NULL,
			      "%s", err.text);
	} else {
		struct cov_totals totals;

		ck_assert_msg(data != NULL, "%s", err.text);
		ck_assert_uint_eq(data->n, tracefiles[_i].n_files);
		cov_data_totals(data, &totals);
		ck_assert_uint_eq(totals.lines, tracefiles[_i].n_lines);
	}
	cov_data_free(data);
	free(text);
	free(path);
}
END_TEST

/* ---- what gcov says ---- */

/* Of files src/a.c and others, seen from directory @cwd; the JSON has ' for ",
 * and DIR for the directory. */
static int
add(struct cov_data *data, const char *exclude, const char *text,
    struct err *err)
{
	char *words[] = { (char *)exclude };
	struct coverage_manifest manifest = {
		.source = xasprintf("%s/src", dir),
		.exclude = words,
		.n_exclude = exclude != NULL,
	};
	struct gcov_scope *scope = gcov_scope_new(&manifest);
	char *line = xstrdup("");
	int ret;

	while (*text != '\0') {
		size_t len = strcspn(text, "D'");
		char *longer =
		    xasprintf("%s%.*s%s", line, (int)len, text,
			      text[len] == '\''			   ? "\""
			      : strncmp(text + len, "DIR", 3) == 0 ? dir
								   : "");

		free(line);
		line = longer;
		text += len;
		text += *text == 'D' ? 3 : *text != '\0';
	}
	ret = gcov_add_line(scope, data, line, strlen(line), err);
	free(line);
	free(manifest.source);
	gcov_scope_free(scope);
	return ret;
}

#define LINES "'lines':[{'line_number':1,'count':2,'branches':[]}]"

START_TEST(files_are_found_from_where_the_compiler_stood)
{
	static const struct {
		const char *cwd, *file;
		const char *path; /* NULL: it is not of our source */
	} rows[] = {
		{ "DIR/src", "a.c", "a.c" },
		{ "DIR/build", "../src/a.c", "a.c" },
		{ "DIR/build", "../src/./lib//b.c", "lib/b.c" },
		{ "/", "DIR/src/lib/b.c", "lib/b.c" },
		{ "DIR", "other/o.c", NULL },
		{ "DIR", "src", NULL },
		{ "/usr/include", "stdio.h", NULL },
		/* not there any more */
		{ "DIR/build", "../src/gone.c", "gone.c" },
		{ "DIR/build", "../gone.c", NULL },
		/* compiled somewhere else */
		{ "/nowhere/src", "lib/b.c", "lib/b.c" },
		{ "/nowhere", "./a.c", "a.c" },
		/* nowhere */
		{ "", "", NULL },
		{ "x", "../../other/o.c", NULL },
		{ "x/..", "a.c", NULL },
	};

	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		struct cov_data *data = cov_data_new();
		struct err err = ERR_INIT;
		char *text = xasprintf("{'current_working_directory':'%s',"
				       "'files':[{'file':'%s'," LINES "}]}",
				       rows[i].cwd, rows[i].file);

		ck_assert_int_eq(add(data, NULL, text, &err), 0);
		if (rows[i].path == NULL) {
			ck_assert_msg(data->n == 0, "%zu: %s", i,
				      data->n > 0 ? data->files[0]->path : "");
		} else {
			ck_assert_msg(data->n == 1, "%zu", i);
			ck_assert_str_eq(data->files[0]->path, rows[i].path);
			ck_assert_uint_eq(count_of(data, rows[i].path, 1), 2);
		}
		free(text);
		cov_data_free(data);
	}
}
END_TEST

START_TEST(what_is_excluded_is_left_out)
{
	static const char text[] =
	    "{'current_working_directory':'DIR/src','files':["
	    "{'file':'lib/b.c'," LINES "},{'file':'a.c','lines':["
	    "{'line_number':1,'count':1},{'line_number':2,'count':0},"
	    "{'line_number':3,'count':1},{'line_number':4,'count':1},"
	    "{'line_number':5,'count':1},{'line_number':6,'count':0},"
	    "{'line_number':7,'count':1},{'line_number':8,'count':1}],"
	    "'functions':[{'demangled_name':'f','start_line':6,"
	    "'execution_count':1},{'demangled_name':'g','start_line':8,"
	    "'execution_count':1}]}]}";
	struct cov_data *data = cov_data_new();
	struct err err = ERR_INIT;
	const struct cov_file *file;

	ck_assert_int_eq(add(data, "^lib/", text, &err), 0);
	ck_assert_uint_eq(data->n, 1);
	file = data->files[0];
	ck_assert_uint_eq(file->n_lines, 4);
	for (unsigned i = 1; i <= 8; i++)
		ck_assert_int_eq(cov_file_line(file, i) != NULL,
				 i == 1 || i == 2 || i == 4 || i == 8);
	ck_assert_uint_eq(file->n_functions, 1);
	ck_assert_str_eq(file->functions[0].name, "g");
	ck_assert_uint_eq(strlen(file->digest), COV_DIGEST_LEN);
	cov_data_free(data);
}
END_TEST

START_TEST(a_digest_is_that_of_the_content)
{
	struct cov_data *data = cov_data_new();
	static const char *const texts[] = { "a\nb\n", "b\na\n", "a\nb\n\n",
					     "a\nb" };
	char *path = xasprintf("%s/src/x.c", dir);
	char digests[4][COV_DIGEST_LEN + 1];

	for (size_t i = 0; i < 4; i++) {
		char *name = xasprintf("%zu", i);
		struct cov_file *file = cov_data_file(data, name);

		write_file("src/x.c", texts[i]);
		cov_file_look(file, path);
		strcpy(digests[i], file->digest);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(digests[i], digests[k]);
		/* Once is enough. */
		write_file("src/x.c", "");
		cov_file_look(file, path);
		ck_assert_str_eq(digests[i], file->digest);
		free(name);
	}
	free(path);
	cov_data_free(data);
}
END_TEST

START_TEST(what_gcov_does_not_say_is_told)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "", "gcov: " },
		{ "File 'x.c'", "gcov: " },
		{ "[]", "gcc 9 or later" },
		{ "{'files':3}", "gcc 9 or later" },
	};

	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		struct cov_data *data = cov_data_new();
		struct err err = ERR_INIT;

		ck_assert_int_lt(add(data, NULL, rows[i].text, &err), 0);
		ck_assert_msg(strstr(err.text, rows[i].said) != NULL, "%s",
			      err.text);
		cov_data_free(data);
	}
}
END_TEST

/* ---- the summary ---- */

START_TEST(a_summary_tells_who_ran_what)
{
	struct cov_summary summary = { .fail_under = 80 };
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *json;

	for (int server = 0; server < 2; server++) {
		struct cov_data *data = cov_data_new();
		struct cov_file *file = cov_data_file(data, "x.c");

		for (unsigned i = 1; i <= 10; i++)
			cov_file_add_line(file, i * 2,
					  i == 5 || (i > 6) == server);
		cov_file_add_line(file, 50, 0);
		cov_summary_add(&summary, server ? "t2" : "t1",
				server ? "server" : "client", data, never,
				NULL);
		cov_data_free(data);
	}
	cov_summary_print(&summary, f);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "lines       90.9 %      10 of 11"));
	ck_assert_ptr_nonnull(strstr(text, "asked for   80.0 % of lines"));
	ck_assert_ptr_nonnull(
	    strstr(text, "  client                    54.5 %"));
	ck_assert_ptr_nonnull(strstr(text, "  t2 "));
	ck_assert_ptr_nonnull(strstr(text, "only client ran 2-8, 12\n"));
	ck_assert_ptr_nonnull(strstr(text, "only server ran 14-20\n"));
	ck_assert_ptr_nonnull(strstr(text, "nobody ran 50\n"));
	json = cov_summary_json(&summary);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(
		json_object_get(json_object_get(json, "machines"), "server"),
		"lines_run")),
	    5);
	json_decref(json);
	cov_summary_fini(&summary);
	free(text);
}
END_TEST

START_TEST(one_machine_is_not_told_from_others)
{
	struct cov_summary summary = { .n_tests = 0 };
	struct cov_data *data = cov_data_new();
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	cov_file_add_line(cov_data_file(data, "x.c"), 1, 1);
	cov_summary_add(&summary, "t", "m", data, never, NULL);
	cov_summary_add(&summary, "t", "m", data, never, NULL);
	cov_summary_print(&summary, f);
	fclose(f);
	ck_assert_uint_eq(summary.n_machines, 1);
	ck_assert_ptr_null(strstr(text, "only"));
	ck_assert_ptr_null(strstr(text, "nobody"));
	ck_assert_ptr_null(strstr(text, "asked"));
	cov_summary_fini(&summary);
	cov_data_free(data);
	free(text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ lines_are_added_up_in_whatever_order_they_come, 0 },
		{ line_numbers_and_counts_have_limits, 0 },
		{ branches_are_added_up_and_the_longer_list_counts, 0 },
		{ functions_are_known_by_line_and_name, 0 },
		{ files_of_two_machines_are_added_up, 0 },
		{ another_source_of_the_same_name_is_not_added, 0 },
		{ a_part_of_nothing_is_all_of_it, 0 },
		{ a_tracefile_is_read_as_it_was_written, 0 },
		{ what_is_no_tracefile_is_told_or_left_out,
		  UNIT_ROWS(tracefiles) },
		{ files_are_found_from_where_the_compiler_stood, 0 },
		{ what_is_excluded_is_left_out, 0 },
		{ a_digest_is_that_of_the_content, 0 },
		{ what_gcov_does_not_say_is_told, 0 },
		{ a_summary_tells_who_ran_what, 0 },
		{ one_machine_is_not_told_from_others, 0 },
		{ NULL, 0 },
	};

	return unit_run("coverage_data", tests, setup, teardown);
}
