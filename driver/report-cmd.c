#include "config.h"

#include "driver/report-cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/merge/merge-cmd.h"
#include "driver/batch/record.h"
#include "driver/merge/record-read.h"
#include "driver/report/all.h"
#include "driver/report/junit/junit.h"
#include "driver/report/report.h"
#include "driver/report/shown-text.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

/* DIR/NAME/1: results of all, of a test, of one of its runs. */
enum { DEPTH_MAX = 2 };

struct reports {
	int code;
	unsigned n_written;
};

static bool
has_log(const char *dir)
{
	char *path = xasprintf("%s/log.jsonl", dir);
	bool has = access(path, F_OK) == 0;

	free(path);
	return has;
}

static void
write_one(const char *dir, struct reports *reports)
{
	struct err err = ERR_INIT;

	if (report_write(dir, &err) < 0 || junit_write_run(dir, &err) < 0) {
		log_error("%s", err.text);
		reports->code = EXIT_INFRA;
		return;
	}
	reports->n_written++;
	shown_put(stdout, dir, 0);
	printf("/report.html\n");
}

static int
is_record(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	return strncmp(name, "results.", 8) == 0 && len > 8 &&
	       strcmp(name + len - 5, ".json") == 0;
}

/* What one results.json tells, with the reports of its tests. */
static void
write_record(const char *path, struct reports *reports)
{
	struct batch_record record;
	struct err err = ERR_INIT;

	if (record_read(path, &record, &err) < 0) {
		log_error("%s", err.text);
		reports->code = EXIT_INFRA;
		return;
	}
	if (report_write_all(&record, &err) < 0) {
		log_error("%s", err.text);
		reports->code = EXIT_INFRA;
	}
	batch_record_fini(&record);
}

static void
write_records(const char *dir, struct reports *reports)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_record, versionsort);

	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, entries[i]->d_name);

		write_record(path, reports);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
write_all(const char *dir, int depth, struct reports *reports)
{
	struct dirent **entries;
	int n;

	if (has_log(dir)) {
		write_one(dir, reports);
		return;
	}
	n = depth < DEPTH_MAX ? scandir(dir, &entries, is_shown, versionsort)
			      : 0;
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, entries[i]->d_name);
		struct stat st;

		/* What a guest has been copied from may lead anywhere. */
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			write_all(path, depth + 1, reports);
		free(path);
		free(entries[i]);
	}
	if (n >= 0 && depth < DEPTH_MAX)
		free(entries);
}

static void
on_renewed(const char *path, void *arg)
{
	struct reports *reports = arg;

	reports->n_written++;
	shown_put(stdout, path, 0);
	putchar('\n');
}

/* What stands beside results.json leads to the others. */
static void
write_index(const char *dir, struct reports *reports)
{
	struct err err = ERR_INIT;
	int n = merge_renew(dir, on_renewed, reports, &err);

	/* Where there are no results at all, that is the mistake. */
	if (n >= 0 || reports->n_written == 0)
		return;
	log_error("%s", err.text);
	reports->code = EXIT_INFRA;
}

int
report_command(const struct cli *cli)
{
	struct reports reports = { .code = EXIT_OK };

	for (int i = 0; i < cli_n_args(cli); i++) {
		const char *dir = cli_word(cli, i);
		char *bare = xstrdup(dir);
		size_t len = strlen(bare);
		int code = reports.code;

		while (len > 1 && bare[len - 1] == '/')
			bare[--len] = '\0';
		reports.n_written = 0;
		reports.code = EXIT_OK;
		write_all(bare, 0, &reports);
		write_records(bare, &reports);
		write_index(bare, &reports);
		if (reports.n_written == 0 && reports.code == EXIT_OK) {
			log_error("%s: no results of a test: there is no "
				  "log.jsonl",
				  dir);
			reports.code = EXIT_USAGE;
		}
		if (code != EXIT_OK)
			reports.code = code;
		free(bare);
	}
	return reports.code;
}
