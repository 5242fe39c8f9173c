#include "driver/batch/record.h"

#include <stdlib.h>
#include <string.h>

#include "driver/batch/results-json.h"
#include "driver/batch/summary.h"
#include "driver/report/look.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct batch_record record;

static void
setup(void)
{
	record = (struct batch_record){
		.root = xstrdup("/r"),
		.tests = xcalloc(3, sizeof(struct test_record)),
		.n_tests = 3,
		.shard = { 1, 1, NULL },
		.repeat = 1,
		.jobs = xstrdup("auto"),
		.seed = 7,
		.accel = "tcg",
		.accel_reason = "no /dev/kvm",
		.timeout_scale = 3,
		.began_s = 1764000000,
		.duration_ms = 61500,
		.ended = true,
	};
	for (int i = 0; i < 3; i++) {
		record.tests[i].name = xasprintf("t%d", i);
		record.tests[i].file = xasprintf("t%d.lua", i);
	}
}

static void
teardown(void)
{
	batch_record_fini(&record);
}

static void
add(int test, unsigned number, int code, uint64_t ms)
{
	struct attempt_record attempt = {
		.number = number,
		.code = code,
		.duration_ms = ms,
		.dir = xasprintf("t%d/%u", test, number),
		.error = code == EXIT_OK ? NULL : xstrdup("boom\nat line 3"),
	};

	test_record_add(&record.tests[test], &attempt);
}

static const char *
result(int test)
{
	return result_word(test_record_result(&record, &record.tests[test]));
}

/* ---- results and codes ---- */

static const struct {
	int code;
	const char *word;
} words[] = {
	{ EXIT_OK, "passed" },
	{ EXIT_TEST_FAILED, "failed" },
	{ EXIT_USAGE, "could not be run" },
	{ EXIT_INFRA, "could not be run" },
	{ EXIT_TIMED_OUT, "timed out" },
	{ 128, "could not be run" },
	{ 130, "interrupted" },
};

START_TEST(a_code_is_a_result)
{
	ck_assert_str_eq(result(0), "not run");
	add(0, 1, words[_i].code, 1);
	ck_assert_str_eq(result(0), words[_i].word);
	ck_assert_int_eq(test_record_code(&record, &record.tests[0]),
			 words[_i].code);
	ck_assert_int_eq(batch_record_code(&record), words[_i].code);
}
END_TEST

START_TEST(the_first_failure_in_the_order_of_files_is_the_code)
{
	ck_assert_int_eq(batch_record_code(&record), EXIT_OK);
	add(2, 1, EXIT_TIMED_OUT, 1);
	ck_assert_int_eq(batch_record_code(&record), EXIT_TIMED_OUT);
	add(1, 1, EXIT_TEST_FAILED, 1);
	add(0, 1, EXIT_OK, 1);
	ck_assert_int_eq(batch_record_code(&record), EXIT_TEST_FAILED);
}
END_TEST

START_TEST(a_test_that_passes_when_retried_is_flaky)
{
	record.retries = 2;
	add(0, 1, EXIT_TEST_FAILED, 1);
	ck_assert_str_eq(result(0), "failed");
	add(0, 2, EXIT_OK, 1);
	ck_assert_str_eq(result(0), "flaky");
	ck_assert_int_eq(batch_record_code(&record), EXIT_OK);
	record.flaky_fails = true;
	ck_assert_int_eq(batch_record_code(&record), EXIT_TEST_FAILED);
	ck_assert_uint_eq(batch_record_count(&record, RESULT_FLAKY), 1);
	ck_assert_uint_eq(batch_record_count(&record, RESULT_NOT_RUN), 2);
	ck_assert_uint_eq(batch_record_count(&record, RESULT_PASSED), 0);
}
END_TEST

START_TEST(the_last_try_is_what_a_failure_is)
{
	record.retries = 1;
	add(0, 1, EXIT_TEST_FAILED, 1);
	add(0, 2, EXIT_TIMED_OUT, 1);
	ck_assert_int_eq(batch_record_code(&record), EXIT_TIMED_OUT);
}
END_TEST

START_TEST(one_repetition_that_fails_is_a_failure)
{
	record.repeat = 3;
	add(0, 3, EXIT_OK, 1);
	add(0, 1, EXIT_OK, 1);
	ck_assert_str_eq(result(0), "passed");
	add(0, 2, EXIT_TEST_FAILED, 1);
	ck_assert_str_eq(result(0), "failed");
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(record.tests[0].attempts[i].number, i + 1);
}
END_TEST

START_TEST(what_stops_it_decides_unless_a_test_failed)
{
	record.stop_code = EXIT_TIMED_OUT;
	ck_assert_int_eq(batch_record_code(&record), EXIT_TIMED_OUT);
	add(0, 1, EXIT_TEST_FAILED, 1);
	ck_assert_int_eq(batch_record_code(&record), EXIT_TEST_FAILED);
	record.stop_code = 130; /* and a signal always */
	ck_assert_int_eq(batch_record_code(&record), 130);
}
END_TEST

START_TEST(statistics_are_of_the_runs_that_passed)
{
	struct test_statistics s;

	test_record_statistics(&record.tests[0], &s);
	ck_assert_uint_eq(s.n_passed, 0);
	ck_assert_uint_eq(s.max_ms, 0);
	add(0, 1, EXIT_TEST_FAILED, 1);
	test_record_statistics(&record.tests[0], &s);
	ck_assert_uint_eq(s.n_passed, 0);
	ck_assert_uint_eq(s.median_ms, 1);
	add(0, 2, EXIT_OK, 30);
	add(0, 3, EXIT_OK, 10);
	add(0, 4, EXIT_OK, 20);
	test_record_statistics(&record.tests[0], &s);
	ck_assert_uint_eq(s.n_passed, 3);
	ck_assert_uint_eq(s.min_ms, 10);
	ck_assert_uint_eq(s.median_ms, 20);
	ck_assert_uint_eq(s.max_ms, 30);
	add(0, 5, EXIT_OK, 40);
	test_record_statistics(&record.tests[0], &s);
	ck_assert_uint_eq(s.median_ms, 25);
}
END_TEST

/* ---- results.json ---- */

static void
expect_json(const char *want_text)
{
	json_error_t error;
	json_t *want = json_loads(want_text, 0, &error);
	json_t *json = results_json(&record);
	char *text = json_dumps(json, JSON_INDENT(1));

	ck_assert_msg(want != NULL, "%s at %d", error.text, error.position);
	ck_assert_msg(json_equal(json, want), "%s", text);
	free(text);
	json_decref(json);
	json_decref(want);
}

START_TEST(everything_is_in_results_json)
{
	record.retries = 1;
	record.shard = (struct shard){ 2, 5, "CI_NODE_INDEX" };
	add(0, 1, EXIT_TEST_FAILED, 1500);
	add(0, 2, EXIT_OK, 2000);
	add(1, 1, EXIT_OK, 250);
	record.stop_reason = xstrdup("interrupted by Interrupt");
	record.stop_code = 130;
	expect_json(
	    "{\"schema\":1,\"began\":\"2025-11-24T16:00:00Z\","
	    "\"duration_s\":61.5,\"code\":130,"
	    "\"reason\":\"interrupted by Interrupt\","
	    "\"shard\":{\"index\":2,\"count\":5,\"from\":\"CI_NODE_INDEX\"},"
	    "\"seed\":7,\"accel\":\"tcg\",\"accel_reason\":\"no /dev/kvm\","
	    "\"timeout_scale\":3.0,\"jobs\":\"auto\",\"repeat\":1,"
	    "\"retries\":1,\"flaky_fails\":false,"
	    "\"counts\":{\"not run\":1,\"passed\":1,\"flaky\":1,\"failed\":0,"
	    "\"timed out\":0,\"could not be run\":0,\"interrupted\":0},"
	    "\"tests\":["
	    "{\"test\":\"t0\",\"file\":\"t0.lua\",\"result\":\"flaky\","
	    "\"code\":0,\"attempts\":["
	    "{\"attempt\":1,\"result\":\"failed\",\"code\":1,"
	    "\"duration_s\":1.5,\"results\":\"t0/1\","
	    "\"error\":\"boom\\nat line 3\"},"
	    "{\"attempt\":2,\"result\":\"passed\",\"code\":0,"
	    "\"duration_s\":2.0,\"results\":\"t0/2\",\"error\":null}]},"
	    "{\"test\":\"t1\",\"file\":\"t1.lua\",\"result\":\"passed\","
	    "\"code\":0,\"attempts\":["
	    "{\"attempt\":1,\"result\":\"passed\",\"code\":0,"
	    "\"duration_s\":0.25,\"results\":\"t1/1\",\"error\":null}]},"
	    "{\"test\":\"t2\",\"file\":\"t2.lua\",\"result\":\"not run\","
	    "\"code\":0,\"attempts\":[]}]}");
}
END_TEST

START_TEST(repetitions_have_statistics_and_a_difference)
{
	json_t *json, *test;

	record.repeat = 2;
	add(0, 1, EXIT_OK, 1500);
	add(0, 2, EXIT_TEST_FAILED, 500);
	record.tests[0].difference =
	    (struct log_difference){ 17, 3.25, xstrdup("serial a: Oops") };
	json = results_json(&record);
	test = json_array_get(json_object_get(json, "tests"), 0);
	ck_assert_int_eq(
	    json_int_or(json_object_get(test, "statistics"), "passed", -1), 1);
	ck_assert_int_eq(
	    json_int_or(json_object_get(test, "statistics"), "runs", -1), 2);
	ck_assert_int_eq(
	    json_int_or(json_object_get(test, "difference"), "n", -1), 17);
	ck_assert_str_eq(
	    json_str_or(json_object_get(test, "difference"), "text", ""),
	    "serial a: Oops");
	test = json_array_get(json_object_get(json, "tests"), 1);
	ck_assert(json_is_null(json_object_get(test, "difference")));
	json_decref(json);
}
END_TEST

START_TEST(a_batch_that_has_not_ended_has_no_code)
{
	json_t *json;

	record.ended = false;
	json = results_json(&record);
	ck_assert(json_is_null(json_object_get(json, "code")));
	json_decref(json);
}
END_TEST

START_TEST(an_error_that_is_not_utf8_is_told_all_the_same)
{
	json_t *json;

	add(0, 1, EXIT_TEST_FAILED, 1);
	record.tests[0].attempts[0].error[0] = '\xff';
	json = results_json(&record);
	ck_assert_ptr_nonnull(json);
	json_decref(json);
}
END_TEST

/* ---- the summary ---- */

static void
expect_summary(bool unicode, const char *want)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	summary_print(&record,
		      &(struct look){ .out = out, .unicode = unicode });
	fclose(out);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(the_summary_has_a_line_for_each_test)
{
	add(0, 1, EXIT_OK, 1500);
	add(1, 1, EXIT_TEST_FAILED, 12345);
	expect_summary(true, "\n"
			     "  \u2713 t0     1.5 s\n"
			     "  \u2717 t1    12.3 s  failed: boom\n"
			     "  - t2  not run\n"
			     "1 failed, 1 passed, 1 not run in 61.5 s; "
			     "results in /r\n");
	expect_summary(false, "\n"
			      "  ok t0     1.5 s\n"
			      "  !! t1    12.3 s  failed: boom\n"
			      "  -- t2  not run\n"
			      "1 failed, 1 passed, 1 not run in 61.5 s; "
			      "results in /r\n");
}
END_TEST

START_TEST(the_summary_tells_of_each_try)
{
	record.retries = 1;
	record.n_tests = 2;
	add(0, 1, EXIT_TEST_FAILED, 1500);
	add(0, 2, EXIT_OK, 1600);
	add(1, 1, EXIT_TEST_FAILED, 1000);
	add(1, 2, EXIT_TIMED_OUT, 2000);
	expect_summary(false,
		       "\n"
		       "  ~~ t0     1.6 s  FLAKY: passed at attempt 2\n"
		       "       1 failed after 1.5 s: boom\n"
		       "  !! t1     2.0 s  timed out, 2 times: boom\n"
		       "       1 failed after 1.0 s: boom\n"
		       "1 timed out, 1 flaky in 61.5 s; results in /r\n");
	record.n_tests = 3;
}
END_TEST

START_TEST(the_summary_tells_how_often_it_fails_and_where_it_differs)
{
	record.repeat = 10;
	record.n_tests = 1;
	for (unsigned i = 1; i <= 2; i++)
		add(0, i, EXIT_OK, 1000 * i);
	for (unsigned i = 3; i <= 8; i++)
		add(0, i, EXIT_TEST_FAILED, 700);
	record.tests[0].difference =
	    (struct log_difference){ 17, 3.25, xstrdup("serial a: \x1b[2J") };
	expect_summary(false,
		       "\n"
		       "  !! t0  passed 2 of 8 (2 not run); 1.0 to 2.0 s, "
		       "median 1.5 s\n"
		       "       3 failed after 0.7 s: boom\n"
		       "       4 failed after 0.7 s: boom\n"
		       "       5 failed after 0.7 s: boom\n"
		       "       6 failed after 0.7 s: boom\n"
		       "       7 failed after 0.7 s: boom\n"
		       "       ... and 1 more\n"
		       "       in no run that passed: line 17, at 3.25 s: "
		       "serial a: \\x1b[2J\n"
		       "1 failed in 61.5 s; results in /r\n");
	record.n_tests = 3;
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_code_is_a_result, UNIT_ROWS(words) },
		{ the_first_failure_in_the_order_of_files_is_the_code, 0 },
		{ a_test_that_passes_when_retried_is_flaky, 0 },
		{ the_last_try_is_what_a_failure_is, 0 },
		{ one_repetition_that_fails_is_a_failure, 0 },
		{ what_stops_it_decides_unless_a_test_failed, 0 },
		{ statistics_are_of_the_runs_that_passed, 0 },
		{ everything_is_in_results_json, 0 },
		{ repetitions_have_statistics_and_a_difference, 0 },
		{ a_batch_that_has_not_ended_has_no_code, 0 },
		{ an_error_that_is_not_utf8_is_told_all_the_same, 0 },
		{ the_summary_has_a_line_for_each_test, 0 },
		{ the_summary_tells_of_each_try, 0 },
		{ the_summary_tells_how_often_it_fails_and_where_it_differs,
		  0 },
		{ NULL, 0 },
	};

	return unit_run("record", tests, setup, teardown);
}
