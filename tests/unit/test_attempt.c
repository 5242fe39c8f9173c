#include "driver/batch/attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

static char dir[64];
static struct err err;

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test-attempt-%d", (int)getpid());
	ck_assert_int_eq(mkdir(dir, 0700), 0);
}

static void
teardown(void)
{
	sockpath_remove_tree(dir, NULL);
}

/* ---- what a test's process is told ---- */

START_TEST(a_part_is_read_as_it_was_written)
{
	char dir_text[] = "/a b\"c\\d", reason[] = "no /dev/kvm\n";
	struct attempt_part part = { .dir = dir_text,
				     .number = 1000000,
				     .until_ns = 123456789012345,
				     .limit_s = 0.25,
				     .accel_reason = reason };
	char *text = attempt_part_json(&part);
	struct attempt_part read;

	ck_assert_int_eq(attempt_part_read(text, &read, &err), 0);
	ck_assert_str_eq(read.dir, part.dir);
	ck_assert_uint_eq(read.number, part.number);
	ck_assert_uint_eq(read.until_ns, part.until_ns);
	ck_assert_double_eq(read.limit_s, part.limit_s);
	ck_assert_str_eq(read.accel_reason, part.accel_reason);
	attempt_part_fini(&read);
	free(text);
}
END_TEST

static const char *const bad_parts[] = {
	"",
	"x",
	"[]",
	"{}",
	"{\"dir\":\"/a\",\"number\":0,\"accel_reason\":\"\"}",
	"{\"dir\":\"/a\",\"number\":1000001,\"accel_reason\":\"\"}",
	"{\"dir\":\"/a\",\"number\":1}",
	"{\"dir\":\"/a\",\"number\":1,\"accel_reason\":\"\",\"more\":1}",
};

START_TEST(a_part_of_another_shape_is_refused)
{
	struct attempt_part part;

	ck_assert_int_eq(attempt_part_read(bad_parts[_i], &part, &err),
			 -EINVAL);
	attempt_part_fini(&part);
}
END_TEST

/* ---- how it ended ---- */

static void
write_log(const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/log.jsonl", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

#define BEGIN "{\"n\":1,\"type\":\"run.begin\"}\n"
#define END(code, error)                                                       \
	"{\"n\":2,\"type\":\"run.end\",\"code\":" #code ",\"error\":" error "}"

static const struct {
	const char *log; /* NULL: there is none */
	bool signaled;
	int status;
	int code;
	const char *error; /* what it has; NULL: there is none */
	bool told;
} ends[] = {
	{ BEGIN END(0, "null") "\n", false, 0, 0, NULL, true },
	{ BEGIN END(0, "null"), false, 0, 0, NULL, true },
	{ BEGIN END(1, "\"boom\"") "\n", false, 1, 1, "boom", true },
	{ BEGIN END(130, "\"interrupted\"") "\n", false, 130, 130,
	  "interrupted", true },
	/* A log of success and a process that failed do not go together, nor
	 * the other way round. */
	{ BEGIN END(0, "null") "\n", false, 23, 23, "in order", false },
	{ BEGIN END(1, "\"boom\"") "\n", false, 0, EXIT_INFRA, "in order",
	  false },
	{ BEGIN, false, 0, EXIT_INFRA, "in order", false },
	{ BEGIN "{\"n\":2,\"type\":\"run.e", false, 1, 1, "in order", false },
	{ BEGIN "\"run.end\"\n", false, 1, 1, "in order", false },
	{ "", false, 4, 4, "in order", false },
	{ NULL, false, 2, 2, "in order", false },
	{ NULL, false, 0, EXIT_INFRA, "in order", false },
	{ BEGIN, true, SIGKILL, EXIT_INFRA, "killed by signal 9", false },
	/* Killed when all was said. */
	{ BEGIN END(0, "null") "\n", true, SIGSEGV, EXIT_INFRA,
	  "killed by signal 11", false },
};

START_TEST(an_end_is_what_process_and_log_say)
{
	struct attempt_end end;

	if (ends[_i].log != NULL)
		write_log(ends[_i].log);
	attempt_read_end(dir, ends[_i].signaled, ends[_i].status, &end);
	ck_assert_int_eq(end.code, ends[_i].code);
	ck_assert_int_eq(end.told, ends[_i].told);
	if (ends[_i].error == NULL)
		ck_assert_ptr_null(end.error);
	else
		ck_assert_msg(strstr(end.error, ends[_i].error) != NULL, "%s",
			      end.error);
	free(end.error);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_part_is_read_as_it_was_written, 0 },
		{ a_part_of_another_shape_is_refused, UNIT_ROWS(bad_parts) },
		{ an_end_is_what_process_and_log_say, UNIT_ROWS(ends) },
		{ NULL, 0 },
	};

	return unit_run("attempt", tests, setup, teardown);
}
