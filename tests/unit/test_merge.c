#include "driver/merge/merge.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/batch/record.h"
#include "driver/batch/results-json.h"
#include "driver/batch/write-json.h"
#include "driver/merge/inputs.h"
#include "driver/merge/record-read.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char top[64];
static struct inputs inputs;
static struct batch_record merged;
static struct err err;

static void
setup(void)
{
	snprintf(top, sizeof(top), "/tmp/test-merge-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
}

static void
teardown(void)
{
	inputs_fini(&inputs);
	batch_record_fini(&merged);
	sockpath_remove_tree(top, NULL);
}

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", top, name);
}

static void
make_dir(const char *name)
{
	char *path = path_of(name);

	for (char *p = path + strlen(top) + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	mkdir(path, 0700);
	free(path);
}

/* A file, with ' in place of ". */
static void
put(const char *name, const char *fmt, ...)
{
	char *path = path_of(name), *text;
	va_list ap;
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s", path);
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	fputs(text, f);
	fclose(f);
	free(text);
	free(path);
}

/* A log, of a run that began at second @began of 2026-11-23T06:10; @code: -1: it
 * was killed. */
static void
put_log(const char *dir, const char *test, int began, int code)
{
	char *name = xasprintf("%s/log.jsonl", dir);
	char *end = code < 0 ? xstrdup("")
			     : xasprintf("{'n':2,'t':3,'type':'run.end',"
					 "'result':'failed','code':%d,"
					 "'error':null}\n",
					 code);

	make_dir(dir);
	put(name,
	    "{'n':1,'t':0,'type':'run.begin','schema':1,'test':'%s',"
	    "'file':'%s.lua','seed':5,'accel':'tcg','accel_reason':'x',"
	    "'timeout_scale':1,'attempt':1,"
	    "'began':'2026-11-23T06:10:%02d.5Z'}\n%s",
	    test, test, began, end);
	free(end);
	free(name);
}

/* What a run is, beside its tests. */
struct run {
	const char *file;   /* "a/results.json" */
	int index, count;   /* the shard; 0: none */
	const char *code;   /* "0"; "null" */
	const char *reason; /* "'...'"; NULL */
	int began;	    /* seconds behind 06:10:00 */
	int repeat;	    /* 0: once */
	bool flaky_fails;
};

/* @tests: "name:codes" parted by spaces; "nat:1,0" was tried twice. */
static void
put_run(const struct run *run, const char *tests)
{
	char *words = xstrdup(tests), *rest = words, *word;
	char *json = xstrdup(""), *shard, *more;
	char *dir = xasprintf(
	    "%.*s", (int)(strrchr(run->file, '/') - run->file), run->file);

	make_dir(dir);
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		char *codes = strchr(word, ':'), *code;
		char *attempts = xstrdup("");
		unsigned n = 0;

		*codes++ = '\0';
		while ((code = strtok_r(codes, ",", &codes)) != NULL) {
			more = xasprintf("%s%s{'attempt':%u,'result':'x',"
					 "'code':%s,'duration_s':1.5,"
					 "'results':'%s','error':null}",
					 attempts, n > 0 ? "," : "", n + 1,
					 code, word);
			free(attempts);
			attempts = more;
			n++;
		}
		more = xasprintf("%s%s{'test':'%s','file':'%s.lua',"
				 "'attempts':[%s]}",
				 json, json[0] != '\0' ? "," : "", word, word,
				 attempts);
		free(attempts);
		free(json);
		json = more;
	}
	shard = run->count > 0
		    ? xasprintf("{'index':%d,'count':%d,'from':'--shard'}",
				run->index, run->count)
		    : xstrdup("null");
	put(run->file,
	    "{'schema':1,'began':'2026-11-23T06:10:%02dZ','duration_s':2,"
	    "'code':%s,'reason':%s,'shard':%s,'seed':7,'accel':'tcg',"
	    "'accel_reason':'x','timeout_scale':1,'jobs':'1','repeat':%d,"
	    "'retries':0,'flaky_fails':%s,'counts':{},'tests':[%s]}",
	    run->began, run->code, run->reason != NULL ? run->reason : "null",
	    shard, run->repeat > 0 ? run->repeat : 1,
	    run->flaky_fails ? "true" : "false", json);
	free(shard);
	free(json);
	free(words);
	free(dir);
}

static void
take(const char *dir)
{
	char *path = path_of(dir);

	ck_assert_msg(inputs_add(&inputs, path, &err) == 0, "%s", err.text);
	free(path);
}

static void
merge(void)
{
	merge_records(&inputs, top, &merged);
}

/* "name:codes" of each merged test, with '.' for none. */
static char *
tests_told(void)
{
	char *told = xstrdup("");

	for (size_t i = 0; i < merged.n_tests; i++) {
		const struct test_record *test = &merged.tests[i];
		char *more =
		    xasprintf("%s%s%s:%s", told, i > 0 ? " " : "", test->name,
			      test->n_attempts == 0 ? "." : "");

		free(told);
		told = more;
		for (size_t a = 0; a < test->n_attempts; a++) {
			more = xasprintf("%s%s%d", told, a > 0 ? "," : "",
					 test->attempts[a].code);
			free(told);
			told = more;
		}
	}
	return told;
}

static void
is_merged(const char *want)
{
	char *told = tests_told();

	ck_assert_str_eq(told, want);
	free(told);
}

/* ---- shards ---- */

START_TEST(shards_become_one_run_in_their_order)
{
	put_run(&(struct run){ .file = "b/results.2-of-2.json",
			       .index = 2,
			       .count = 2,
			       .code = "0",
			       .began = 1 },
		"two:0 four:0");
	put_run(&(struct run){ .file = "a/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "1" },
		"one:0 three:1");
	take("b");
	take("a");
	merge();
	is_merged("one:0 three:1 two:0 four:0");
	ck_assert_int_eq(batch_record_code(&merged), EXIT_TEST_FAILED);
	ck_assert_ptr_null(merged.stop_reason);
	ck_assert_uint_eq(merged.n_parts, 2);
	ck_assert_str_eq(merged.parts[0].from, "a/results.1-of-2.json");
	ck_assert_uint_eq(merged.duration_ms, 4000);
	ck_assert_int_eq(merged.began_s, 1795414200);
	ck_assert_str_eq(merged.accel, "tcg");
}
END_TEST

START_TEST(shards_may_share_a_directory)
{
	put_run(&(struct run){ .file = "r/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "0" },
		"one:0");
	put_run(&(struct run){ .file = "r/results.2-of-2.json",
			       .index = 2,
			       .count = 2,
			       .code = "0",
			       .began = 9 },
		"two:0");
	make_dir("r/one");
	make_dir("r/two");
	take("r");
	merge();
	is_merged("one:0 two:0");
	ck_assert_int_eq(batch_record_code(&merged), EXIT_OK);
	ck_assert_str_eq(merged.tests[0].attempts[0].dir, "r/one");
}
END_TEST

static const struct {
	const char *here; /* the numbers that are */
	int count;
	const char *reason;
} missing[] = {
	{ "1 2 3 4", 4, NULL },
	{ "1 3 4", 4, "shard 2 of 4 is missing" },
	{ "2 3 4", 4, "shard 1 of 4 is missing" },
	{ "1 2 3", 4, "shard 4 of 4 is missing" },
	{ "2", 4, "shards 1, 3, 4 of 4 are missing" },
	{ "1", 1, NULL },
	{ "1", 30,
	  "shards 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, "
	  "17, 18, 19, 20, 21, ... of 30 are missing" },
};

START_TEST(shards_that_are_missing_are_named)
{
	char *words = xstrdup(missing[_i].here), *rest = words, *word;

	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		char *file = xasprintf("s/results.%s-of-%d.json", word,
				       missing[_i].count);

		put_run(&(struct run){ .file = file,
				       .index = atoi(word),
				       .count = missing[_i].count,
				       .code = "0" },
			"");
		free(file);
	}
	free(words);
	take("s");
	merge();
	if (missing[_i].reason == NULL) {
		ck_assert_ptr_null(merged.stop_reason);
		ck_assert_int_eq(batch_record_code(&merged), EXIT_OK);
		return;
	}
	ck_assert_str_eq(merged.stop_reason, missing[_i].reason);
	ck_assert_int_eq(batch_record_code(&merged), EXIT_INFRA);
}
END_TEST

START_TEST(runs_of_other_counts_are_told_apart)
{
	put_run(&(struct run){ .file = "a/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "0" },
		"one:0");
	put_run(&(struct run){ .file = "a/results.2-of-2.json",
			       .index = 2,
			       .count = 2,
			       .code = "0" },
		"two:0");
	put_run(&(struct run){ .file = "b/results.1-of-3.json",
			       .index = 1,
			       .count = 3,
			       .code = "0" },
		"one:0");
	take("a");
	take("b");
	merge();
	ck_assert_uint_eq(merged.n_tests, 3);
	ck_assert_str_eq(merged.stop_reason, "shards 2, 3 of 3 are missing");
}
END_TEST

START_TEST(a_failure_outweighs_a_missing_shard)
{
	put_run(&(struct run){ .file = "a/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "124" },
		"one:124");
	take("a");
	merge();
	ck_assert_int_eq(batch_record_code(&merged), EXIT_TIMED_OUT);
}
END_TEST

START_TEST(a_signal_outweighs_all)
{
	put_run(&(struct run){ .file = "a/results.1-of-3.json",
			       .index = 1,
			       .count = 3,
			       .code = "1" },
		"one:1");
	put_run(&(struct run){ .file = "a/results.2-of-3.json",
			       .index = 2,
			       .count = 3,
			       .code = "143",
			       .reason = "'interrupted by Terminated'" },
		"two:143");
	take("a");
	merge();
	ck_assert_int_eq(batch_record_code(&merged), 143);
	ck_assert_ptr_nonnull(strstr(merged.stop_reason,
				     "shard 2 of 3 (a/results.2-of-3.json): "
				     "interrupted by Terminated; shard 3"));
}
END_TEST

/* ---- the same test twice ---- */

START_TEST(a_shard_that_was_run_again_has_tried_again)
{
	put_run(&(struct run){ .file = "b/results.1-of-1.json",
			       .index = 1,
			       .count = 1,
			       .code = "1" },
		"x:1");
	put_run(&(struct run){ .file = "new/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "0",
			       .began = 30 },
		"one:0 three:0");
	put_run(&(struct run){ .file = "old/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "1",
			       .began = 10 },
		"one:0 three:1,1");
	put_run(&(struct run){ .file = "c/results.2-of-2.json",
			       .index = 2,
			       .count = 2,
			       .code = "0" },
		"two:0");
	take("new");
	take("old");
	take("c");
	merge();
	is_merged("one:0,0 three:1,1,0 two:0");
	ck_assert_uint_eq(merged.tests[1].attempts[2].number, 3);
	ck_assert_int_eq(test_record_result(&merged, &merged.tests[0]),
			 RESULT_PASSED);
	ck_assert_int_eq(test_record_result(&merged, &merged.tests[1]),
			 RESULT_FLAKY);
	ck_assert_int_eq(batch_record_code(&merged), EXIT_OK);
	ck_assert(merged.parts[0].is_replaced);
	ck_assert(!merged.parts[1].is_replaced);
	ck_assert_ptr_null(merged.stop_reason);
}
END_TEST

START_TEST(an_end_that_was_made_up_for_does_not_count)
{
	put_run(&(struct run){ .file = "old/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = _i == 0 ? "null" : "130",
			       .reason = _i == 0 ? NULL : "'interrupted'",
			       .began = 10 },
		"one:0 three:130 five:");
	put_run(&(struct run){ .file = "new/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "0",
			       .began = 30 },
		"one:0 three:0 five:0");
	put_run(&(struct run){ .file = "new/results.2-of-2.json",
			       .index = 2,
			       .count = 2,
			       .code = "0" },
		"two:0");
	take("old");
	take("new");
	merge();
	is_merged("one:0,0 three:0 five:0 two:0");
	ck_assert_int_eq(batch_record_code(&merged), EXIT_OK);
	ck_assert_int_eq(test_record_result(&merged, &merged.tests[1]),
			 RESULT_PASSED);
}
END_TEST

START_TEST(machines_stand_side_by_side)
{
	char *x = path_of("x"), *y = path_of("y"), *want;

	put_run(&(struct run){ .file = "x/results.json", .code = "1" },
		"nat:1 only:0");
	put_run(&(struct run){ .file = "y/results.json", .code = "0" },
		"nat:0");
	take("x");
	take("y");
	merge();
	want = xasprintf("nat (%s):1 only:0 nat (%s):0", x, y);
	is_merged(want);
	ck_assert_int_eq(batch_record_code(&merged), EXIT_TEST_FAILED);
	free(want);
	free(x);
	free(y);
}
END_TEST

START_TEST(names_are_told_apart_also_within_a_directory)
{
	char *x = path_of("x"), *want;

	put_run(&(struct run){ .file = "x/results.json", .code = "0" },
		"nat:0");
	put_run(&(struct run){ .file = "x/results.2.json", .code = "0" },
		"nat:0");
	take("x");
	merge();
	want = xasprintf("nat (%s):0 nat (%s, 2):0", x, x);
	is_merged(want);
	free(want);
	free(x);
}
END_TEST

START_TEST(results_that_a_later_run_has_replaced_are_not_linked)
{
	put_run(&(struct run){ .file = "x/results.1-of-1.json",
			       .index = 1,
			       .count = 1,
			       .code = "1",
			       .began = 1 },
		"nat:1");
	put_run(
	    &(struct run){ .file = "x/results.json", .code = "0", .began = 5 },
	    "nat:0");
	make_dir("x/nat");
	take("x");
	merge();
	ck_assert_uint_eq(merged.n_tests, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct attempt_record *a = &merged.tests[i].attempts[0];

		ck_assert_int_eq(a->dir != NULL, a->code == 0);
	}
}
END_TEST

START_TEST(repetitions_stay_what_they_are)
{
	put_run(
	    &(struct run){ .file = "x/results.json", .code = "1", .repeat = 3 },
	    "nat:0,1,0");
	put_run(&(struct run){ .file = "y/results.json", .code = "0" },
		"ping:1,0");
	take("x");
	take("y");
	merge();
	ck_assert_int_eq(test_record_result(&merged, &merged.tests[0]),
			 RESULT_FAILED);
	ck_assert_int_eq(test_record_result(&merged, &merged.tests[1]),
			 RESULT_FLAKY);
}
END_TEST

START_TEST(flaky_fails_where_it_was_asked_for)
{
	put_run(&(struct run){ .file = "x/results.json", .code = "0" },
		"nat:1,0");
	if (_i == 1)
		put_run(&(struct run){ .file = "y/results.json",
				       .code = "1",
				       .flaky_fails = true },
			"ping:1,0");
	take("x");
	if (_i == 1)
		take("y");
	merge();
	ck_assert_int_eq(batch_record_code(&merged),
			 _i == 0 ? EXIT_OK : EXIT_TEST_FAILED);
}
END_TEST

/* ---- runs that were killed, and single tests ---- */

START_TEST(what_ran_when_a_run_was_killed_is_told)
{
	put_run(&(struct run){ .file = "x/results.json",
			       .code = "null",
			       .began = 10 },
		"done:0 then: before: later:");
	put_log("x/then", "then", 11, -1);
	put_log("x/before", "before", 9, 0); /* left by an older run */
	take("x");
	merge();
	is_merged("done:0 then:4 before:. later:.");
	ck_assert_ptr_nonnull(
	    strstr(merged.tests[1].attempts[0].error, "killed"));
	ck_assert_str_eq(merged.tests[1].attempts[0].dir, "x/then");
	ck_assert_int_eq(batch_record_code(&merged), EXIT_INFRA);
	ck_assert_str_eq(merged.stop_reason, "x/results.json has not ended: "
					     "it was killed, or goes on");
}
END_TEST

START_TEST(tries_that_ran_then_are_found_too)
{
	put_run(&(struct run){ .file = "x/results.json",
			       .code = "null",
			       .began = 10 },
		"t:");
	put_log("x/t/1", "t", 11, 1);
	put_log("x/t/2", "t", 12, -1);
	take("x");
	merge();
	is_merged("t:1,4");
}
END_TEST

START_TEST(a_tests_directory_is_a_run)
{
	put_log("x/nat", "nat", 1, 0);
	put_log("y/ping", "ping", 1, _i == 0 ? 1 : -1);
	take("x/nat");
	take("y/ping");
	merge();
	is_merged(_i == 0 ? "nat:0 ping:1" : "nat:0 ping:4");
	ck_assert_str_eq(merged.tests[0].attempts[0].dir, "x/nat");
	ck_assert_str_eq(merged.parts[1].from, "y/ping");
	ck_assert_uint_eq(merged.parts[0].seed, 5);
}
END_TEST

START_TEST(a_tests_directory_of_several_is_its_tries)
{
	put_log("x/nat/1", "nat", 1, 1);
	put_log("x/nat/2", "nat", 2, 0);
	take("x/nat");
	merge();
	is_merged("nat:1,0");
	ck_assert_str_eq(merged.tests[0].attempts[1].dir, "x/nat/2");
	ck_assert_int_eq(test_record_result(&merged, &merged.tests[0]),
			 RESULT_FLAKY);
}
END_TEST

/* ---- merged again ---- */

START_TEST(a_merge_may_be_merged)
{
	char *path = path_of("m/results.json"), *m = path_of("m");
	struct inputs again = { 0 };
	struct batch_record twice;
	json_t *json;

	put_run(&(struct run){ .file = "a/results.1-of-2.json",
			       .index = 1,
			       .count = 2,
			       .code = "0" },
		"one:1,0");
	make_dir("a/one");
	make_dir("m");
	take("a");
	merge_records(&inputs, m, &merged);
	ck_assert_str_eq(merged.tests[0].attempts[0].dir, "../a/one");
	json = results_json(&merged);
	ck_assert_int_eq(write_json(json, path, &err), 0);
	json_decref(json);
	put_run(&(struct run){ .file = "b/results.2-of-2.json",
			       .index = 2,
			       .count = 2,
			       .code = "0" },
		"two:0");
	free(path);
	path = path_of("b");
	ck_assert_int_eq(inputs_add(&again, path, &err), 0);
	ck_assert_msg(inputs_add(&again, m, &err) == 0, "%s", err.text);
	merge_records(&again, top, &twice);
	inputs_fini(&inputs);
	batch_record_fini(&merged);
	inputs = again;
	merged = twice;
	is_merged("one:1,0 two:0");
	ck_assert_str_eq(merged.tests[0].attempts[1].dir, "a/one");
	ck_assert_str_eq(merged.parts[0].from, "a/results.1-of-2.json");
	ck_assert_int_eq(batch_record_code(&merged), EXIT_OK);
	ck_assert_ptr_null(merged.stop_reason);
	free(path);
	free(m);
}
END_TEST

/* ---- what is none ---- */

static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{ "", "bad/results.json:1: " },
	{ "{\n'schema':1,\n'x' }", "bad/results.json:3: " },
	{ "[]", "bad/results.json: holds no object" },
	{ "{}", "schema: is missing" },
	{ "{'schema':2}", "schema 2: this vdelab knows 1 only" },
	{ "{'schema':1}", "duration_s: must be a number of seconds" },
	{ "{'schema':1,'duration_s':-1}", "duration_s: must be" },
	{ "{'schema':1,'duration_s':1e300}", "duration_s: must be" },
	{ "{'schema':1,'duration_s':1}", "repeat: is missing" },
	{ "{'schema':1,'duration_s':1,'repeat':0,'retries':0}", "repeat" },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'shard':{'index':"
	  "3,'count':2}}",
	  "shard: " },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'code':256}",
	  "code" },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'code':0}",
	  "tests: must be a list" },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'code':0,"
	  "'tests':[{}]}",
	  "tests[0]: test: is missing" },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'code':0,"
	  "'tests':[{'test':'x','file':'f','attempts':[{'attempt':1,"
	  "'code':0,'duration_s':1,'results':'/etc'}]}]}",
	  "tests[0]: attempts[0]: results: must be a relative path" },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'code':0,"
	  "'tests':[],'parts':[]}",
	  "parts: must be" },
	{ "{'schema':1,'duration_s':1,'repeat':1,'retries':0,'code':0,"
	  "'parts':[{'from':'x','duration_s':1,'repeat':1,'retries':0}],"
	  "'tests':[{'test':'x','file':'f','part':1,'attempts':[]}]}",
	  "tests[0]: \"part\"" },
};

START_TEST(what_is_no_record_is_told_with_its_place)
{
	char *path = path_of("bad");

	make_dir("bad");
	put("bad/results.json", "%s", bad[_i].text);
	ck_assert_int_lt(inputs_add(&inputs, path, &err), 0);
	ck_assert_msg(strstr(err.text, bad[_i].error) != NULL,
		      "'%s' has no '%s'", err.text, bad[_i].error);
	ck_assert_msg(strstr(err.text, "bad/results.json") != NULL, "%s",
		      err.text);
	free(path);
}
END_TEST

START_TEST(a_directory_without_results_is_refused)
{
	char *path = path_of("empty");

	make_dir("empty");
	put("empty/resultsx.json", "{}");
	ck_assert_int_eq(inputs_add(&inputs, path, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "holds neither results.json"));
	ck_assert_int_lt(inputs_add(&inputs, "/nonexistent", &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
	free(path);
}
END_TEST

START_TEST(only_files_are_read)
{
	char *path = path_of("d");

	make_dir("d/results.json");
	ck_assert_int_lt(inputs_add(&inputs, path, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "d/results.json"));
	free(path);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ shards_become_one_run_in_their_order, 0 },
		{ shards_may_share_a_directory, 0 },
		{ shards_that_are_missing_are_named, UNIT_ROWS(missing) },
		{ runs_of_other_counts_are_told_apart, 0 },
		{ a_failure_outweighs_a_missing_shard, 0 },
		{ a_signal_outweighs_all, 0 },
		{ a_shard_that_was_run_again_has_tried_again, 0 },
		{ an_end_that_was_made_up_for_does_not_count, 2 },
		{ machines_stand_side_by_side, 0 },
		{ names_are_told_apart_also_within_a_directory, 0 },
		{ results_that_a_later_run_has_replaced_are_not_linked, 0 },
		{ repetitions_stay_what_they_are, 0 },
		{ flaky_fails_where_it_was_asked_for, 2 },
		{ what_ran_when_a_run_was_killed_is_told, 0 },
		{ tries_that_ran_then_are_found_too, 0 },
		{ a_tests_directory_is_a_run, 2 },
		{ a_tests_directory_of_several_is_its_tries, 0 },
		{ a_merge_may_be_merged, 0 },
		{ what_is_no_record_is_told_with_its_place, UNIT_ROWS(bad) },
		{ a_directory_without_results_is_refused, 0 },
		{ only_files_are_read, 0 },
		{ NULL, 0 },
	};

	return unit_run("merge", tests, setup, teardown);
}
