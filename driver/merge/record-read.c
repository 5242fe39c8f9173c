#include "config.h"

#include "driver/merge/record-read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/batch/record.h"
#include "driver/batch/results-json.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { DURATION_MAX_S = 1000000000 };

/* ---- members ---- */

static int
get_seconds(const json_t *obj, const char *key, uint64_t *ms, struct err *err)
{
	const json_t *value = json_object_get(obj, key);
	double s = json_number_value(value);

	if (!json_is_number(value) || !(s >= 0 && s <= DURATION_MAX_S))
		return err_set(err, -EINVAL, "%s: must be a number of seconds",
			       key);
	*ms = (uint64_t)(s * 1e3 + 0.5);
	return 0;
}

/* NULL for null, or nothing; returned owned. */
static char *
get_text(const json_t *obj, const char *key)
{
	const char *text = json_str_or(obj, key, NULL);

	return text != NULL ? xstrdup(text) : NULL;
}

static int
get_name(const json_t *obj, const char *key, char **name, struct err *err)
{
	const char *text;
	int ret = json_get_str(obj, key, &text, err);

	if (ret == -ENOENT)
		return err_set(err, -EINVAL, "%s: is missing", key);
	if (ret < 0)
		return ret;
	*name = xstrdup(text);
	return 0;
}

static int
get_int(const json_t *obj, const char *key, int64_t min, int64_t max,
	int64_t *value, struct err *err)
{
	int ret = json_get_int(obj, key, min, max, value, err);

	return ret == -ENOENT ? err_set(err, -EINVAL, "%s: is missing", key)
			      : ret;
}

static int64_t
time_of(const char *text)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	return rest != NULL && strcmp(rest, "Z") == 0 ? (int64_t)timegm(&tm)
						      : 0;
}

/* ---- tests ---- */

static int
read_attempt(const json_t *json, struct test_record *test, struct err *err)
{
	struct attempt_record attempt = { 0 };
	int64_t number = 0, code = 0;
	int ret = get_int(json, "attempt", 1, INT_MAX, &number, err);

	if (ret == 0)
		ret = get_int(json, "code", 0, 255, &code, err);
	if (ret == 0)
		ret =
		    get_seconds(json, "duration_s", &attempt.duration_ms, err);
	if (ret < 0)
		return ret;
	attempt.number = (unsigned)number;
	attempt.code = (int)code;
	attempt.error = get_text(json, "error");
	attempt.dir = get_text(json, "results");
	if (attempt.dir != NULL && attempt.dir[0] == '/') {
		free(attempt.error);
		free(attempt.dir);
		return err_set(err, -EINVAL,
			       "results: must be a relative path");
	}
	test_record_add(test, &attempt);
	return 0;
}

static int
read_test(const json_t *json, struct batch_record *record, struct err *err)
{
	struct test_record *test = &record->tests[record->n_tests++];
	const json_t *attempts = json_object_get(json, "attempts");
	size_t part_max = record->n_parts > 0 ? record->n_parts - 1 : 0;
	int64_t part = 0;
	int ret = get_name(json, "test", &test->name, err);

	/* What batch_record_fini() finds is whole. */
	if (ret == 0)
		ret = get_name(json, "file", &test->file, err);
	if (ret == 0 && record->n_parts > 0)
		ret = get_int(json, "part", 0, (int64_t)part_max, &part, err);
	if (ret == 0 && (!json_is_array(attempts) ||
			 json_array_size(attempts) > RECORD_READ_ATTEMPTS_MAX))
		ret = err_set(err, -EINVAL,
			      "attempts: must be a list of at "
			      "most %d",
			      RECORD_READ_ATTEMPTS_MAX);
	test->part = (size_t)part;
	for (size_t i = 0; ret == 0 && i < json_array_size(attempts); i++) {
		ret = read_attempt(json_array_get(attempts, i), test, err);
		if (ret < 0)
			err_prefix(err, "attempts[%zu]", i);
	}
	return ret;
}

static int
read_tests(const json_t *json, struct batch_record *record, struct err *err)
{
	const json_t *tests = json_object_get(json, "tests");
	size_t n = json_array_size(tests);
	int ret = 0;

	if (!json_is_array(tests) || n > RECORD_READ_TESTS_MAX)
		return err_set(err, -EINVAL,
			       "tests: must be a list of at most %d",
			       RECORD_READ_TESTS_MAX);
	record->tests = xcalloc(n + 1, sizeof(record->tests[0]));
	for (size_t i = 0; ret == 0 && i < n; i++) {
		ret = read_test(json_array_get(tests, i), record, err);
		if (ret < 0)
			err_prefix(err, "tests[%zu]", i);
	}
	return ret;
}

/* ---- a run ---- */

static int
read_shard(const json_t *json, struct batch_part *part, struct err *err)
{
	int64_t index = 1, count = 1;
	int ret = 0;

	part->shard = (struct shard){ 1, 1, NULL };
	if (json == NULL || json_is_null(json))
		return 0;
	ret = get_int(json, "count", 1, SHARD_COUNT_MAX, &count, err);
	if (ret == 0)
		ret = get_int(json, "index", 1, count, &index, err);
	if (ret < 0) {
		err_prefix(err, "shard");
		return ret;
	}
	part->shard_from = get_text(json, "from");
	if (part->shard_from == NULL)
		part->shard_from = xstrdup("--shard");
	part->shard = (struct shard){ (unsigned)index, (unsigned)count,
				      part->shard_from };
	return 0;
}

/* What tells how it ended: nothing when it has not. */
static int
read_end(const json_t *json, struct batch_part *part, struct err *err)
{
	int64_t code = 0;
	int ret = json_get_int(json, "code", 0, 255, &code, err);

	part->ended = ret == 0;
	part->code = (int)code;
	part->reason = get_text(json, "reason");
	return ret == -ENOENT ? 0 : ret;
}

/* Members that only describe are taken as they are; @part is to be ended by
 * batch_part_fini() also after an error. */
static int
read_part(const json_t *json, struct batch_part *part, struct err *err)
{
	int ret = get_seconds(json, "duration_s", &part->duration_ms, err);
	int64_t repeat = 1, retries = 0;

	part->accel = get_text(json, "accel");
	part->accel_reason = get_text(json, "accel_reason");
	part->from = get_text(json, "from");
	part->seed = (uint64_t)json_int_or(json, "seed", 0);
	part->timeout_scale =
	    json_number_value(json_object_get(json, "timeout_scale"));
	part->began_s = time_of(json_str_or(json, "began", ""));
	part->flaky_fails = json_bool_or(json, "flaky_fails", false);
	part->is_replaced = json_bool_or(json, "replaced", false);
	if (ret == 0)
		ret = get_int(json, "repeat", 1, INT_MAX, &repeat, err);
	if (ret == 0)
		ret = get_int(json, "retries", 0, INT_MAX, &retries, err);
	part->repeat = (unsigned)repeat;
	part->retries = (unsigned)retries;
	if (ret == 0)
		ret = read_shard(json_object_get(json, "shard"), part, err);
	return ret == 0 ? read_end(json, part, err) : ret;
}

static int
read_parts(const json_t *parts, struct batch_record *record, struct err *err)
{
	size_t n = json_array_size(parts);
	int ret = 0;

	if (!json_is_array(parts) || n == 0 || n > RECORD_READ_TESTS_MAX)
		return err_set(err, -EINVAL, "parts: must be a list of runs");
	record->parts = xcalloc(n, sizeof(record->parts[0]));
	for (size_t i = 0; ret == 0 && i < n; i++) {
		record->n_parts++;
		ret =
		    read_part(json_array_get(parts, i), &record->parts[i], err);
		if (ret == 0 && record->parts[i].from == NULL)
			ret = err_set(err, -EINVAL, "from: is missing");
		if (ret < 0)
			err_prefix(err, "parts[%zu]", i);
	}
	return ret;
}

/* How the record's own run was, whose texts stay in .own. */
static void
take_own(struct batch_record *record)
{
	const struct batch_part *own = record->own;

	record->shard = own->shard;
	record->repeat = own->repeat;
	record->retries = own->retries;
	record->flaky_fails = own->flaky_fails;
	record->seed = own->seed;
	record->accel = own->accel;
	record->accel_reason = own->accel_reason;
	record->timeout_scale = own->timeout_scale;
	record->began_s = own->began_s;
	record->duration_ms = own->duration_ms;
	record->ended = own->ended;
	record->stop_reason = own->reason != NULL ? xstrdup(own->reason) : NULL;
	/* Of a test that failed it is the code as well. */
	if (own->reason != NULL)
		record->stop_code = own->code;
}

static int
read_record(const json_t *json, struct batch_record *record, struct err *err)
{
	int64_t schema = 0;
	const json_t *parts = json_object_get(json, "parts");
	int ret;

	if (!json_is_object(json))
		return err_set(err, -EINVAL, "holds no object");
	ret = get_int(json, "schema", INT_MIN, INT_MAX, &schema, err);
	if (ret == 0 && schema != RESULTS_JSON_SCHEMA)
		ret = err_set(err, -EINVAL,
			      "schema %lld: this vdelab knows %d only; take "
			      "the one that wrote it, or a newer one",
			      (long long)schema, RESULTS_JSON_SCHEMA);
	if (ret == 0)
		ret = read_part(json, record->own, err);
	if (ret == 0 && parts != NULL)
		ret = read_parts(parts, record, err);
	if (ret == 0)
		ret = read_tests(json, record, err);
	if (ret == 0)
		take_own(record);
	record->jobs = get_text(json, "jobs");
	return ret;
}

int
record_from_json(const json_t *json, struct batch_record *record,
		 struct err *err)
{
	*record = (struct batch_record){ .repeat = 1 };
	record->own = XNEW(struct batch_part);
	return read_record(json, record, err);
}

/* ---- a file ---- */

static int
open_regular(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_errno(err, "cannot read %s", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= RECORD_READ_SIZE_MAX)
		return fd;
	close(fd);
	return err_set(err, -EINVAL, "%s: is not a file of at most %d MiB",
		       path, RECORD_READ_SIZE_MAX >> 20);
}

static json_t *
load(const char *path, struct err *err)
{
	int fd = open_regular(path, err);
	json_error_t error;
	json_t *json;

	if (fd < 0)
		return NULL;
	json = json_loadfd(fd, JSON_REJECT_DUPLICATES, &error);
	close(fd);
	if (json == NULL)
		err_set(err, -EINVAL, "%s:%d: %s", path, error.line,
			error.text);
	return json;
}

/* The directory of the file, and what its name has between "results" and
 * ".json". */
static int
note_place(const char *path, struct batch_record *record, struct err *err)
{
	static const char head[] = "results", tail[] = ".json";
	char *real = realpath(path, NULL);
	char *slash;
	size_t len;

	if (real == NULL)
		return err_errno(err, "%s", path);
	slash = strrchr(real, '/');
	len = strlen(slash + 1);
	if (len >= strlen(head) + strlen(tail) &&
	    strncmp(slash + 1, head, strlen(head)) == 0)
		snprintf(record->tag, sizeof(record->tag), "%.*s",
			 (int)(len - strlen(head) - strlen(tail)),
			 slash + 1 + strlen(head));
	*slash = '\0';
	record->root = xstrdup(real[0] != '\0' ? real : "/");
	free(real);
	return 0;
}

int
record_read(const char *path, struct batch_record *record, struct err *err)
{
	json_t *json = load(path, err);
	int ret;

	if (json == NULL)
		return -EINVAL;
	ret = record_from_json(json, record, err);
	if (ret < 0)
		err_prefix(err, "%s", path);
	if (ret == 0)
		ret = note_place(path, record, err);
	if (ret < 0)
		batch_record_fini(record);
	json_decref(json);
	return ret;
}
