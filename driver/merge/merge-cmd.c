#include "config.h"

#include "driver/merge/merge-cmd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/batch/record.h"
#include "driver/batch/results-json.h"
#include "driver/batch/summary.h"
#include "driver/batch/write-json.h"
#include "driver/many-coverage.h"
#include "driver/merge/inputs.h"
#include "driver/merge/merge.h"
#include "driver/merge/record-read.h"
#include "driver/report/all.h"
#include "driver/report/look.h"
#include "driver/results.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

const struct cli_option merge_command_options[] = {
	{ "output", 'o', "DIR", "where the result is written; is made" },
	{ NULL, 0, NULL, NULL },
};

const char merge_command_details[] =
    "Each DIR is what vdelab run left behind, here or on other machines: a\n"
    "directory of results with its results*.json, such as that of a shard, or "
    "the\n"
    "directory of one test. Of all of them together the output has "
    "results.json,\n"
    "junit.xml, and report.html: a table of tests, which leads to the reports\n"
    "where they lie. Nothing in DIR is changed. The exit code is that of one "
    "run\n"
    "of all tests; 4 also when a shard is missing or has not come to its end.";

/* ---- what must not be overwritten ---- */

/* Return: -EEXIST when a run has left its results in @root. */
static int
check_root(const char *root, const struct inputs *inputs, struct err *err)
{
	char *path = xasprintf("%s/results.json", root);
	struct batch_record record;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < inputs->n; i++)
		if (strcmp(inputs->items[i].record.root, root) == 0)
			ret = err_set(err, -EEXIST,
				      "%s: cannot be input and output at the "
				      "same time",
				      inputs->items[i].label);
	if (ret == 0 && access(path, F_OK) == 0 &&
	    record_read(path, &record, NULL) == 0) {
		if (record.n_parts == 0)
			ret = err_set(err, -EEXIST,
				      "%s: is of a run, and no merge; give "
				      "another directory",
				      path);
		batch_record_fini(&record);
	}
	free(path);
	return ret;
}

/* ---- the command ---- */

static int
write_merged(const struct batch_record *merged, struct err *err)
{
	char *path = xasprintf("%s/results.json", merged->root);
	json_t *json = results_json(merged);
	int ret = write_json(json, path, err);

	if (ret == 0)
		ret = report_write_all(merged, err);
	json_decref(json);
	free(path);
	return ret;
}

static int
merge_into(const char *dir, const struct inputs *inputs,
	   const struct look *look, struct err *err)
{
	char root[PATH_MAX];
	struct batch_record merged;
	int code, covered;
	int ret = results_root(dir, root, err);

	if (ret == 0)
		ret = check_root(root, inputs, err);
	if (ret < 0) {
		log_error("%s", err->text);
		return ret == -EEXIST ? EXIT_USAGE : EXIT_INFRA;
	}
	merge_records(inputs, root, &merged);
	covered = many_cover_merged(&merged);
	ret = write_merged(&merged, err);
	if (ret < 0)
		log_error("%s", err->text);
	summary_print(&merged, look);
	code = batch_record_code(&merged);
	batch_record_fini(&merged);
	if (code == EXIT_OK && ret < 0)
		code = EXIT_INFRA;
	return code == EXIT_OK ? covered : code;
}

int
merge_command(const struct cli *cli)
{
	const char *output = cli_opt(cli, "output");
	struct inputs inputs = { 0 };
	struct err err = ERR_INIT;
	struct look look;
	int code = look_of_cli(&look, stdout, cli);

	look.unicode = look_is_utf8(getenv);
	if (output == NULL)
		return cli_usage_error(cli, "--output is missing: where is the "
					    "result to be written?");
	for (int i = 0; code == EXIT_OK && i < cli_n_args(cli); i++) {
		if (inputs_add(&inputs, cli_word(cli, i), &err) == 0)
			continue;
		log_error("%s", err.text);
		code = EXIT_USAGE;
	}
	if (code == EXIT_OK)
		code = merge_into(output, &inputs, &look, &err);
	inputs_fini(&inputs);
	return code;
}

/* ---- the same once more ---- */

int
merge_renew(const char *dir, merge_renewed_fn *renewed, void *arg,
	    struct err *err)
{
	struct inputs inputs = { 0 };
	int ret = inputs_read_files(&inputs, dir, err);

	for (size_t i = 0; ret == 0 && i < inputs.n; i++) {
		struct batch_record *record = &inputs.items[i].record;
		char *path = xasprintf("%s/report%s.html", dir, record->tag);

		inputs_note_unfinished(record);
		ret = report_write_all(record, err);
		if (ret == 0)
			renewed(path, arg);
		free(path);
	}
	if (ret == 0)
		ret = (int)inputs.n;
	inputs_fini(&inputs);
	return ret;
}
