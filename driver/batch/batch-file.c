#include "config.h"

#include "driver/batch/batch-file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "driver/batch/durations.h"
#include "driver/batch/record.h"
#include "driver/batch/results-json.h"
#include "driver/batch/schedule.h"
#include "driver/batch/write-json.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { SIDE_BY_SIDE_MAX = 1000 };

struct batch_file {
	char path[PATH_MAX];
	char lock_path[PATH_MAX];
	int lock;
	char durations_path[PATH_MAX];
	struct durations *durations;
};

/* Names for the @i-th run in the directory. */
static int
name_file(struct batch_file *file, struct batch_record *record, int i,
	  struct err *err)
{
	char shard[32] = "", other[16] = "";

	if (record->shard.from != NULL)
		snprintf(shard, sizeof(shard), ".%u-of-%u", record->shard.index,
			 record->shard.count);
	if (i > 1)
		snprintf(other, sizeof(other), ".%d", i);
	snprintf(record->tag, sizeof(record->tag), "%s%s", shard, other);
	if (snprintf(file->path, sizeof(file->path), "%s/results%s.json",
		     record->root, record->tag) >= (int)sizeof(file->path) ||
	    snprintf(file->lock_path, sizeof(file->lock_path),
		     "%s/.results%s.json.lock", record->root,
		     record->tag) >= (int)sizeof(file->lock_path))
		return err_set(err, -ENAMETOOLONG, "%s: too long",
			       record->root);
	return 0;
}

struct batch_file *
batch_file_open(struct batch_record *record, struct err *err)
{
	struct batch_file *file = XNEW(struct batch_file);
	int ret = 0;

	file->lock = -EBUSY;
	for (int i = 1; i <= SIDE_BY_SIDE_MAX && file->lock == -EBUSY; i++) {
		ret = name_file(file, record, i, err);
		if (ret < 0)
			break;
		file->lock = ret = sockpath_lock(file->lock_path, err);
	}
	if (ret >= 0 &&
	    snprintf(file->durations_path, sizeof(file->durations_path),
		     "%s/.durations.json",
		     record->root) >= (int)sizeof(file->durations_path))
		ret = err_set(err, -ENAMETOOLONG, "%s: too long", record->root);
	if (ret >= 0) {
		file->durations = durations_load(file->durations_path);
		ret = batch_file_write(file, record, err);
	}
	if (ret >= 0)
		return file;
	batch_file_close(file, NULL);
	return NULL;
}

int
batch_file_write(struct batch_file *file, const struct batch_record *record,
		 struct err *err)
{
	json_t *json = results_json(record);
	int ret = write_json(json, file->path, err);

	json_decref(json);
	return ret;
}

void
batch_file_expect(const struct batch_file *file,
		  const struct batch_record *record,
		  struct schedule_need *needs)
{
	for (size_t i = 0; i < record->n_tests; i++)
		needs[i].expected_ms =
		    durations_get_ms(file->durations, record->tests[i].name);
}

static void
keep_durations(struct batch_file *file, const struct batch_record *record)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < record->n_tests; i++) {
		struct test_statistics statistics;

		test_record_statistics(&record->tests[i], &statistics);
		if (statistics.n_passed > 0)
			durations_set(file->durations, record->tests[i].name,
				      statistics.median_ms, time(NULL));
	}
	if (durations_save(file->durations, file->durations_path, &err) < 0)
		log_warn("%s", err.text);
}

void
batch_file_close(struct batch_file *file, const struct batch_record *record)
{
	if (file == NULL)
		return;
	if (record != NULL)
		keep_durations(file, record);
	durations_free(file->durations);
	if (file->lock >= 0) {
		/* While we hold it: whoever waits for it locks a new file. */
		unlink(file->lock_path);
		close(file->lock);
	}
	free(file);
}
