#include "driver/batch/batch-file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/batch/record.h"
#include "driver/batch/schedule.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char top[64];
static struct batch_record record;
static struct err err;

static void
setup(void)
{
	snprintf(top, sizeof(top), "/tmp/test-batch-file-%d", (int)getpid());
	ck_assert_int_eq(mkdir(top, 0700), 0);
	record = (struct batch_record){
		.root = xstrdup(top),
		.tests = xcalloc(1, sizeof(struct test_record)),
		.n_tests = 1,
		.shard = { 1, 1, NULL },
		.repeat = 1,
		.jobs = xstrdup("1"),
		.accel = "tcg",
		.accel_reason = "",
	};
	record.tests[0].name = xstrdup("nat");
	record.tests[0].file = xstrdup("nat.lua");
}

static void
teardown(void)
{
	batch_record_fini(&record);
	sockpath_remove_tree(top, NULL);
}

/* The member "code" of file @name: -1 for null, -2 when it cannot be read. */
static int
code_in(const char *name)
{
	char path[128];
	json_t *json;
	int code;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	json = json_load_file(path, 0, NULL);
	code = json == NULL ? -2 : (int)json_int_or(json, "code", -1);
	json_decref(json);
	return code;
}

static bool
exists(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return access(path, F_OK) == 0;
}

START_TEST(it_is_there_from_the_beginning_to_the_end)
{
	struct batch_file *file = batch_file_open(&record, &err);

	ck_assert_msg(file != NULL, "%s", err.text);
	ck_assert_int_eq(code_in("results.json"), -1);
	record.ended = true;
	ck_assert_int_eq(batch_file_write(file, &record, &err), 0);
	ck_assert_int_eq(code_in("results.json"), 0);
	batch_file_close(file, &record);
	ck_assert_int_eq(code_in("results.json"), 0);
	ck_assert(!exists(".results.json.lock"));
}
END_TEST

START_TEST(another_run_at_the_same_time_has_its_own)
{
	struct batch_file *first = batch_file_open(&record, &err);
	struct batch_file *second = batch_file_open(&record, &err);

	ck_assert_int_eq(code_in("results.2.json"), -1);
	batch_file_close(second, NULL);
	batch_file_close(first, NULL);
}
END_TEST

START_TEST(a_shard_has_its_own)
{
	struct batch_file *file;

	record.shard = (struct shard){ 2, 5, "--shard" };
	file = batch_file_open(&record, &err);
	ck_assert_int_eq(code_in("results.2-of-5.json"), -1);
	ck_assert(!exists("results.json"));
	batch_file_close(file, NULL);
}
END_TEST

START_TEST(the_next_run_knows_how_long_it_took)
{
	struct batch_file *file = batch_file_open(&record, &err);
	struct attempt_record failed = { .number = 1,
					 .code = 1,
					 .duration_ms = 9 };
	struct attempt_record passed = { .number = 2, .duration_ms = 8123 };
	struct schedule_need need = { .expected_ms = 5 };

	batch_file_expect(file, &record, &need);
	ck_assert_uint_eq(need.expected_ms, 0);
	test_record_add(&record.tests[0], &failed);
	batch_file_close(file, &record);
	/* One that failed says nothing. */
	file = batch_file_open(&record, &err);
	batch_file_expect(file, &record, &need);
	ck_assert_uint_eq(need.expected_ms, 0);
	test_record_add(&record.tests[0], &passed);
	batch_file_close(file, &record);
	file = batch_file_open(&record, &err);
	batch_file_expect(file, &record, &need);
	ck_assert_uint_eq(need.expected_ms, 8123);
	batch_file_close(file, NULL);
}
END_TEST

START_TEST(a_directory_of_that_name_is_an_error)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/results.json", top);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_null(batch_file_open(&record, &err));
	ck_assert(!exists(".results.json.lock"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ it_is_there_from_the_beginning_to_the_end, 0 },
		{ another_run_at_the_same_time_has_its_own, 0 },
		{ a_shard_has_its_own, 0 },
		{ the_next_run_knows_how_long_it_took, 0 },
		{ a_directory_of_that_name_is_an_error, 0 },
		{ NULL, 0 },
	};

	return unit_run("batch_file", tests, setup, teardown);
}
