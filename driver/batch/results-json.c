#include "driver/batch/results-json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "driver/batch/record.h"
#include "lib/json.h"

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? json_text(text, strlen(text)) : json_null();
}

static json_t *
seconds(uint64_t ms)
{
	return json_real((double)ms / 1e3);
}

static json_t *
attempt_json(const struct attempt_record *attempt)
{
	return json_pack(
	    "{s:I, s:s, s:i, s:o, s:o, s:o}", "attempt",
	    (json_int_t)attempt->number, "result",
	    result_word(result_of_code(attempt->code)), "code", attempt->code,
	    "duration_s", seconds(attempt->duration_ms), "results",
	    text_or_null(attempt->dir), "error", text_or_null(attempt->error));
}

static json_t *
statistics_json(const struct test_record *test)
{
	struct test_statistics s;

	test_record_statistics(test, &s);
	return json_pack("{s:i, s:i, s:o, s:o, s:o}", "runs",
			 (int)test->n_attempts, "passed", (int)s.n_passed,
			 "min_s", seconds(s.min_ms), "median_s",
			 seconds(s.median_ms), "max_s", seconds(s.max_ms));
}

static json_t *
difference_json(const struct log_difference *difference)
{
	if (difference->text == NULL)
		return json_null();
	return json_pack("{s:I, s:f, s:o}", "n", (json_int_t)difference->n, "t",
			 difference->t_s, "text",
			 text_or_null(difference->text));
}

static json_t *
test_json(const struct batch_record *batch, const struct test_record *test)
{
	enum run_result result = test_record_result(batch, test);
	json_t *attempts = json_array();
	json_t *json;

	for (size_t i = 0; i < test->n_attempts; i++)
		json_array_append_new(attempts,
				      attempt_json(&test->attempts[i]));
	json = json_pack(
	    "{s:o, s:o, s:s, s:i, s:o}", "test", text_or_null(test->name),
	    "file", text_or_null(test->file), "result", result_word(result),
	    "code", test_record_code(batch, test), "attempts", attempts);
	if (batch->n_parts > 0)
		json_object_set_new(json, "part",
				    json_integer((json_int_t)test->part));
	if (test_record_repeat(batch, test) > 1) {
		json_object_set_new(json, "statistics", statistics_json(test));
		json_object_set_new(json, "difference",
				    difference_json(&test->difference));
	}
	return json;
}

static json_t *
counts_json(const struct batch_record *batch)
{
	json_t *counts = json_object();

	for (int r = 0; r < N_RESULTS; r++)
		json_object_set_new(counts, result_word((enum run_result)r),
				    json_integer((json_int_t)batch_record_count(
					batch, (enum run_result)r)));
	return counts;
}

static json_t *
shard_json(const struct shard *shard)
{
	if (shard->from == NULL)
		return json_null();
	return json_pack("{s:i, s:i, s:s}", "index", (int)shard->index, "count",
			 (int)shard->count, "from", shard->from);
}

static json_t *
time_json(int64_t at_s)
{
	time_t at = (time_t)at_s;
	char text[32];
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL)
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* A run that has been merged with others. */
static json_t *
part_json(const struct batch_part *part)
{
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:I, s:o, s:o, s:f, s:i, s:i, "
	    "s:b}",
	    "from", text_or_null(part->from), "began", time_json(part->began_s),
	    "duration_s", seconds(part->duration_ms), "code",
	    part->ended ? json_integer(part->code) : json_null(), "reason",
	    text_or_null(part->reason), "shard", shard_json(&part->shard),
	    "replaced", (int)part->is_replaced, "seed", (json_int_t)part->seed,
	    "accel", text_or_null(part->accel), "accel_reason",
	    text_or_null(part->accel_reason), "timeout_scale",
	    part->timeout_scale, "repeat", (int)part->repeat, "retries",
	    (int)part->retries, "flaky_fails", (int)part->flaky_fails);
}

static void
add_parts(const struct batch_record *batch, json_t *json)
{
	json_t *parts;

	if (batch->n_parts == 0)
		return;
	parts = json_array();
	for (size_t i = 0; i < batch->n_parts; i++)
		json_array_append_new(parts, part_json(&batch->parts[i]));
	json_object_set_new(json, "parts", parts);
}

json_t *
results_json(const struct batch_record *batch)
{
	json_t *tests = json_array();
	json_t *json;

	for (size_t i = 0; i < batch->n_tests; i++)
		json_array_append_new(tests,
				      test_json(batch, &batch->tests[i]));
	json = json_pack(
	    "{s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:f, s:o, s:i, s:i, "
	    "s:b, s:o, s:o}",
	    "schema", RESULTS_JSON_SCHEMA, "began", time_json(batch->began_s),
	    "duration_s", seconds(batch->duration_ms), "code",
	    batch->ended ? json_integer(batch_record_code(batch)) : json_null(),
	    "reason", text_or_null(batch->stop_reason), "shard",
	    shard_json(&batch->shard), "seed", (json_int_t)batch->seed, "accel",
	    text_or_null(batch->accel), "accel_reason",
	    text_or_null(batch->accel_reason), "timeout_scale",
	    batch->timeout_scale, "jobs", text_or_null(batch->jobs), "repeat",
	    (int)batch->repeat, "retries", (int)batch->retries, "flaky_fails",
	    (int)batch->flaky_fails, "counts", counts_json(batch), "tests",
	    tests);
	add_parts(batch, json);
	return json;
}
