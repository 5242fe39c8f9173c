/* report: one report of many runs: driver/report/coverage.h. */
#include "config.h"

#include "driver/report/coverage.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/coverage/data.h"
#include "driver/coverage/gcovr.h"
#include "driver/coverage/cov-summary.h"
#include "driver/coverage/trace.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { LEVELS = 2 }; /* RESULTS/TEST/1 */

struct merge {
	char *work;  /* a directory of ours; owned */
	char *fresh; /* the report that is made, in .work; owned */
	struct cov_summary summary;
	char **sources; /* owned, with its texts; each once */
	size_t n_sources;
	const char *dir;  /* the run that is read; borrowed */
	bool has_differs; /* it was told of that run */
	struct coverage_outcome *outcome;
};

/* ---- reading ---- */

static void
on_differs(const char *path, void *arg)
{
	struct merge *merge = arg;

	if (!merge->has_differs)
		log_warn("coverage: %s: was made of another %s than the runs "
			 "before it: what it has counted there is left out",
			 merge->dir, path);
	merge->has_differs = true;
}

static void
add_source(struct merge *merge, const char *source)
{
	for (size_t i = 0; i < merge->n_sources; i++)
		if (strcmp(merge->sources[i], source) == 0)
			return;
	merge->sources =
	    xrealloc(merge->sources, merge->n_sources + 1, sizeof(char *));
	merge->sources[merge->n_sources++] = xstrdup(source);
}

/* Return: -EINTR, with @err set; else what fails is a warning. */
static int
add_run(struct merge *merge, const struct trace_run *run, struct err *err)
{
	merge->outcome->any = true;
	merge->dir = run->dir;
	merge->has_differs = false;
	if (run->manifest.fail_under > merge->summary.fail_under)
		merge->summary.fail_under = run->manifest.fail_under;
	add_source(merge, run->manifest.source);
	for (size_t i = 0; i < run->n_machines; i++) {
		struct err why = ERR_INIT;
		struct cov_data *data =
		    trace_read(run, run->machines[i], merge->work, &why);

		if (data != NULL)
			cov_summary_add(&merge->summary, run->manifest.test,
					run->machines[i], data, on_differs,
					merge);
		else if (why.code == -EINTR)
			return err_set(err, why.code, "%s", why.text);
		else
			log_warn("coverage: %s", why.text);
		cov_data_free(data);
	}
	return 0;
}

static int add_dir(struct merge *merge, const char *dir, int levels,
		   struct err *err);

static int
compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_parts(struct merge *merge, const char *dir, int levels, struct err *err)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, compare);
	int ret = 0;

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *path = xasprintf("%s/%s", dir, name);
		struct stat st;

		if (ret == 0 && name[0] != '.' && lstat(path, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			ret = add_dir(merge, path, levels - 1, err);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ret;
}

static int
add_dir(struct merge *merge, const char *dir, int levels, struct err *err)
{
	struct err why = ERR_INIT;
	struct trace_run run;
	int ret = trace_run_open(dir, &run, &why);

	if (ret == 0) {
		ret = add_run(merge, &run, err);
		trace_run_fini(&run);
		return ret;
	}
	if (ret != -ENOENT && ret != -ENOTDIR)
		log_warn("coverage: %s", why.text);
	return levels > 0 ? add_parts(merge, dir, levels, err) : 0;
}

/* ---- writing ---- */

static int
write_summary(const struct merge *merge, struct err *err)
{
	char *path = xasprintf("%s/summary.txt", merge->fresh);
	FILE *f = fopen(path, "we");
	int ret = 0;

	if (f == NULL)
		ret = err_errno(err, "cannot write %s", path);
	else
		cov_summary_print(&merge->summary, f);
	if (f != NULL && fclose(f) == EOF)
		ret = err_set(err, -EIO, "cannot write %s", path);
	free(path);
	return ret;
}

/* @json: taken */
static int
write_json(const struct merge *merge, const char *name, json_t *json,
	   size_t flags, struct err *err)
{
	char *path = xasprintf("%s/%s", merge->fresh, name);
	int ret = 0;

	if (json_dump_file(json, path, flags) < 0)
		ret = err_set(err, -EIO, "cannot write %s", path);
	json_decref(json);
	free(path);
	return ret;
}

static int
render(const struct merge *merge, struct err *err)
{
	const struct gcovr_spec spec = {
		.data = merge->summary.all,
		.sources = merge->sources,
		.n_sources = merge->n_sources,
		.out = merge->fresh,
		.work = merge->work,
	};
	struct err why = ERR_INIT;
	int ret = gcovr_render(&spec, &why);

	merge->outcome->is_html = ret == 0;
	if (ret == -EINTR)
		return err_set(err, ret, "%s", why.text);
	if (ret == -ENOENT)
		log_warn("coverage: gcovr is not installed: there is no HTML "
			 "and no XML; install the package gcovr");
	else if (ret < 0)
		log_warn("coverage: no HTML and no XML: %s", why.text);
	return 0;
}

static int
write_report(const struct merge *merge, struct err *err)
{
	int ret = write_summary(merge, err);

	if (ret == 0)
		ret = write_json(merge, "summary.json",
				 cov_summary_json(&merge->summary),
				 JSON_INDENT(2), err);
	if (ret == 0)
		ret = write_json(merge, "trace.json",
				 cov_data_json(merge->summary.all, COV_FORMAT),
				 JSON_COMPACT, err);
	return ret == 0 ? render(merge, err) : ret;
}

/* In place of the one before. */
static int
publish(const struct merge *merge, const char *out, struct err *err)
{
	char *mark = xasprintf("%s/summary.json", out);
	bool is_report = access(mark, F_OK) == 0;
	int ret = 0;

	free(mark);
	if (rmdir(out) < 0 && errno != ENOENT) {
		if (!is_report)
			return err_set(err, -EEXIST,
				       "%s holds something else than a report "
				       "of coverage",
				       out);
		ret = sockpath_remove_tree(out, err);
	}
	if (ret == 0 && rename(merge->fresh, out) < 0)
		ret = err_errno(err, "cannot make %s", out);
	return ret;
}

static void
note_outcome(const struct merge *merge)
{
	struct coverage_outcome *outcome = merge->outcome;
	struct cov_totals totals = { .lines = 0 };

	cov_data_totals(merge->summary.all, &totals);
	outcome->lines = totals.lines;
	/* Nothing was counted: that is not all. */
	outcome->percent =
	    totals.lines > 0 ? cov_percent(totals.lines_run, totals.lines) : 0;
	outcome->fail_under = merge->summary.fail_under;
}

/* The directory that @out is in; returned owned. */
static char *
parent_of(const char *out)
{
	const char *slash = strrchr(out, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == out ? xstrdup("/")
			    : xasprintf("%.*s", (int)(slash - out), out);
}

int
coverage_merge(const char *const *dirs, size_t n, const char *out,
	       struct coverage_outcome *outcome, struct err *err)
{
	struct merge merge = { .outcome = outcome };
	char *parent = parent_of(out);
	int ret = 0;

	*outcome = (struct coverage_outcome){ .any = false };
	merge.summary.all = cov_data_new();
	merge.work = trace_work_dir(parent, err);
	free(parent);
	if (merge.work == NULL)
		ret = -EIO;
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = add_dir(&merge, dirs[i], LEVELS, err);
	if (ret == 0 && outcome->any) {
		note_outcome(&merge);
		merge.fresh = xasprintf("%s/report", merge.work);
		if (mkdir(merge.fresh, 0755) < 0)
			ret = err_errno(err, "cannot make %s", merge.fresh);
		else
			ret = write_report(&merge, err);
		if (ret == 0)
			ret = publish(&merge, out, err);
	}
	if (merge.work != NULL)
		(void)sockpath_remove_tree(merge.work, NULL);
	for (size_t i = 0; i < merge.n_sources; i++)
		free(merge.sources[i]);
	free(merge.sources);
	cov_summary_fini(&merge.summary);
	free(merge.fresh);
	free(merge.work);
	return ret;
}

bool
coverage_is_enough(const struct coverage_outcome *outcome, const char *out)
{
	if (!outcome->any)
		return true;
	log_info("coverage: %.1f %% of %zu lines; %s/%s", outcome->percent,
		 outcome->lines, out,
		 outcome->is_html ? "index.html" : "summary.txt");
	if (outcome->percent >= outcome->fail_under)
		return true;
	log_error("coverage: %.1f %% of lines is less than the %g %% that is "
		  "asked for (fail_under)",
		  outcome->percent, outcome->fail_under);
	return false;
}
