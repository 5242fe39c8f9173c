#include "driver/batch/shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

enum { N_NAMES = 23, N_SHARDS = 10 };

static struct err err;
static struct shard shard;

/* ---- the option ---- */

static const struct {
	const char *option;
	unsigned index, count;
} good_options[] = {
	{ "1/1", 1, 1 },     { "1/2", 1, 2 },
	{ "2/2", 2, 2 },     { "100000/100000", 100000, 100000 },
	{ "007/10", 7, 10 },
};

START_TEST(an_option_names_a_shard)
{
	ck_assert_int_eq(
	    shard_choose(good_options[_i].option, getenv, &shard, &err), 0);
	ck_assert_uint_eq(shard.index, good_options[_i].index);
	ck_assert_uint_eq(shard.count, good_options[_i].count);
	ck_assert_str_eq(shard.from, "--shard");
}
END_TEST

static const char *const bad_options[] = {
	"",    "2",    "0/2",	       "3/2",	    "1/0",
	"/2",  "1/",   "-1/2",	       "1/100001",  "1/2/3",
	"a/b", "1 /2", "4294967297/5", "automatic", "1/99999999999999999999",
};

START_TEST(another_option_is_refused_and_named)
{
	ck_assert_int_eq(shard_choose(bad_options[_i], getenv, &shard, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "--shard"));
}
END_TEST

/* ---- the environment ---- */

#define SLURM(id, count, min, max, step)                                       \
	"SLURM_ARRAY_TASK_ID", id, "SLURM_ARRAY_TASK_COUNT", count,            \
	    "SLURM_ARRAY_TASK_MIN", min, "SLURM_ARRAY_TASK_MAX", max,          \
	    "SLURM_ARRAY_TASK_STEP", step

static const struct {
	const char *option; /* NULL: none */
	unsigned index, count;
	const char *from;
	const char *variables[14]; /* names and values */
} good_environments[] = {
	{ "auto", 1, 1, NULL, { NULL } },
	{ NULL, 1, 1, NULL, { NULL } },
	{ "auto",
	  1,
	  3,
	  "CI_NODE_INDEX",
	  { "CI_NODE_INDEX", "1", "CI_NODE_TOTAL", "3" } },
	{ "auto",
	  3,
	  3,
	  "CI_NODE_INDEX",
	  { "CI_NODE_INDEX", "3", "CI_NODE_TOTAL", "3" } },
	{ "auto",
	  1,
	  4,
	  "JOB_COMPLETION_INDEX",
	  { "JOB_COMPLETION_INDEX", "0", "JOB_COMPLETIONS", "4" } },
	{ "auto",
	  4,
	  4,
	  "JOB_COMPLETION_INDEX",
	  { "JOB_COMPLETION_INDEX", "3", "JOB_COMPLETIONS", "4" } },
	{ "auto",
	  1,
	  5,
	  "SLURM_ARRAY_TASK_ID",
	  { "SLURM_ARRAY_TASK_ID", "0", "SLURM_ARRAY_TASK_COUNT", "5" } },
	{ "auto",
	  1,
	  5,
	  "SLURM_ARRAY_TASK_ID",
	  { SLURM("10", "5", "10", "14", "1") } },
	{ "auto",
	  5,
	  5,
	  "SLURM_ARRAY_TASK_ID",
	  { SLURM("14", "5", "10", "14", "1") } },
	{ "auto",
	  3,
	  4,
	  "SLURM_ARRAY_TASK_ID",
	  { SLURM("5", "4", "1", "7", "2") } },
	{ "auto",
	  2,
	  2,
	  "TEST_SHARD_INDEX",
	  { "TEST_SHARD_INDEX", "1", "TEST_TOTAL_SHARDS", "2" } },
	/* Bazel's are of tests, whoever says nothing. */
	{ NULL,
	  2,
	  2,
	  "TEST_SHARD_INDEX",
	  { "TEST_SHARD_INDEX", "1", "TEST_TOTAL_SHARDS", "2" } },
	{ NULL, 1, 1, NULL, { "CI_NODE_INDEX", "2", "CI_NODE_TOTAL", "3" } },
	{ NULL, 1, 1, NULL, { SLURM("5", "4", "1", "7", "2") } },
	/* The option is stronger. */
	{ "off",
	  1,
	  1,
	  NULL,
	  { "TEST_SHARD_INDEX", "1", "TEST_TOTAL_SHARDS", "2" } },
	{ "1/3",
	  1,
	  3,
	  "--shard",
	  { "TEST_SHARD_INDEX", "nonsense", "TEST_TOTAL_SHARDS", "2" } },
	/* The most special of several. */
	{ "auto",
	  1,
	  2,
	  "TEST_SHARD_INDEX",
	  { "CI_NODE_INDEX", "3", "CI_NODE_TOTAL", "3", "TEST_SHARD_INDEX", "0",
	    "TEST_TOTAL_SHARDS", "2" } },
};

static void
set_variables(const char *const *variables)
{
	for (; *variables != NULL; variables += 2)
		setenv(variables[0], variables[1], 1);
}

START_TEST(the_environment_names_a_shard)
{
	set_variables(good_environments[_i].variables);
	ck_assert_msg(shard_choose(good_environments[_i].option, getenv, &shard,
				   &err) == 0,
		      "%s", err.text);
	ck_assert_uint_eq(shard.index, good_environments[_i].index);
	ck_assert_uint_eq(shard.count, good_environments[_i].count);
	ck_assert_pstr_eq(shard.from, good_environments[_i].from);
}
END_TEST

static const struct {
	const char *culprit;
	const char *variables[14];
} bad_environments[] = {
	{ "CI_NODE_INDEX=0", { "CI_NODE_INDEX", "0", "CI_NODE_TOTAL", "3" } },
	{ "CI_NODE_INDEX=4", { "CI_NODE_INDEX", "4", "CI_NODE_TOTAL", "3" } },
	{ "CI_NODE_INDEX=x", { "CI_NODE_INDEX", "x", "CI_NODE_TOTAL", "3" } },
	{ "CI_NODE_INDEX=: ", { "CI_NODE_INDEX", "", "CI_NODE_TOTAL", "3" } },
	{ "not CI_NODE_TOTAL", { "CI_NODE_INDEX", "1" } },
	{ "CI_NODE_TOTAL=0", { "CI_NODE_INDEX", "1", "CI_NODE_TOTAL", "0" } },
	{ "CI_NODE_TOTAL=100001",
	  { "CI_NODE_INDEX", "1", "CI_NODE_TOTAL", "100001" } },
	{ "not JOB_COMPLETIONS", { "JOB_COMPLETION_INDEX", "0" } },
	{ "JOB_COMPLETION_INDEX=4",
	  { "JOB_COMPLETION_INDEX", "4", "JOB_COMPLETIONS", "4" } },
	{ "TEST_SHARD_INDEX=2",
	  { "TEST_SHARD_INDEX", "2", "TEST_TOTAL_SHARDS", "2" } },
	{ "SLURM_ARRAY_TASK_ID=9", { SLURM("9", "5", "10", "14", "1") } },
	{ "SLURM_ARRAY_TASK_ID=15", { SLURM("15", "5", "10", "14", "1") } },
	/* --array=1,5,7 */
	{ "gaps", { SLURM("5", "3", "1", "7", "1") } },
	{ "SLURM_ARRAY_TASK_ID=2", { SLURM("2", "4", "1", "7", "2") } },
	{ "gaps", { SLURM("1", "4", "1", "4", "0") } },
};

START_TEST(a_wrong_environment_is_refused_and_its_variable_named)
{
	set_variables(bad_environments[_i].variables);
	ck_assert_int_eq(shard_choose("auto", getenv, &shard, &err), -EINVAL);
	ck_assert_msg(strstr(err.text, bad_environments[_i].culprit) != NULL,
		      "%s", err.text);
}
END_TEST

START_TEST(what_was_not_asked_for_can_be_told)
{
	ck_assert_ptr_null(shard_unasked(getenv));
	setenv("CI_NODE_INDEX", "1", 1);
	ck_assert_ptr_null(shard_unasked(getenv));
	setenv("CI_NODE_TOTAL", "2", 1);
	ck_assert_str_eq(shard_unasked(getenv), "CI_NODE_INDEX");
}
END_TEST

START_TEST(bazel_is_told_that_shards_are_known)
{
	char path[] = "/tmp/test-shard-XXXXXX";
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
	setenv("TEST_SHARD_STATUS_FILE", path, 1);
	ck_assert_int_eq(shard_tell_bazel(getenv, &err), 0);
	ck_assert_int_eq(access(path, F_OK), -1); /* it does not ask */
	setenv("TEST_SHARD_INDEX", "0", 1);
	ck_assert_int_eq(shard_tell_bazel(getenv, &err), 0);
	ck_assert_int_eq(unlink(path), 0);
	setenv("TEST_SHARD_STATUS_FILE", "/nonexistent/file", 1);
	ck_assert_int_eq(shard_tell_bazel(getenv, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "TEST_SHARD_STATUS_FILE"));
}
END_TEST

/* ---- the parts ---- */

static char names_text[N_NAMES][16];

/* In an order that is not theirs. */
static void
make_names(const char **names, size_t from)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		snprintf(names_text[i], sizeof(names_text[i]), "test-%zu", i);
		names[(i * 7 + from) % N_NAMES] = names_text[i];
	}
}

START_TEST(every_test_is_in_exactly_one_shard)
{
	const char *names[N_NAMES];
	unsigned n_in[N_NAMES] = { 0 };
	unsigned count = (unsigned)_i + 1;
	bool mine[N_NAMES];

	make_names(names, 0);
	for (unsigned s = 1; s <= count; s++) {
		size_t n = 0;

		shard = (struct shard){ s, count, "--shard" };
		shard_select(&shard, names, N_NAMES, mine);
		for (size_t i = 0; i < N_NAMES; i++) {
			n_in[i] += mine[i];
			n += mine[i];
		}
		ck_assert_uint_ge(n, N_NAMES / count);
		ck_assert_uint_le(n, N_NAMES / count + 1);
	}
	for (size_t i = 0; i < N_NAMES; i++)
		ck_assert_uint_eq(n_in[i], 1);
}
END_TEST

START_TEST(the_order_of_the_files_changes_nothing)
{
	const char *names[N_NAMES], *others[N_NAMES];
	bool mine[N_NAMES], theirs[N_NAMES];

	make_names(names, 0);
	make_names(others, 5);
	shard = (struct shard){ 2, 4, "--shard" };
	shard_select(&shard, names, N_NAMES, mine);
	shard_select(&shard, others, N_NAMES, theirs);
	for (size_t i = 0; i < N_NAMES; i++)
		for (size_t k = 0; k < N_NAMES; k++)
			if (names[i] == others[k])
				ck_assert_int_eq(mine[i], theirs[k]);
}
END_TEST

START_TEST(of_more_shards_than_tests_some_have_none)
{
	const char *const names[] = { "b", "a" };
	bool mine[2];

	shard = (struct shard){ 2, 3, "--shard" };
	shard_select(&shard, names, 2, mine);
	ck_assert(mine[0] && !mine[1]);
	shard.index = 3;
	shard_select(&shard, names, 2, mine);
	ck_assert(!mine[0] && !mine[1]);
	shard_select(&shard, names, 0, mine);
}
END_TEST

static void
setup(void)
{
	static const char *const names[] = {
		"TEST_SHARD_INDEX",	  "TEST_TOTAL_SHARDS",
		"TEST_SHARD_STATUS_FILE", "CI_NODE_INDEX",
		"CI_NODE_TOTAL",	  "SLURM_ARRAY_TASK_ID",
		"SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
		"SLURM_ARRAY_TASK_MAX",	  "SLURM_ARRAY_TASK_STEP",
		"JOB_COMPLETION_INDEX",	  "JOB_COMPLETIONS",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_option_names_a_shard, UNIT_ROWS(good_options) },
		{ another_option_is_refused_and_named, UNIT_ROWS(bad_options) },
		{ the_environment_names_a_shard, UNIT_ROWS(good_environments) },
		{ a_wrong_environment_is_refused_and_its_variable_named,
		  UNIT_ROWS(bad_environments) },
		{ what_was_not_asked_for_can_be_told, 0 },
		{ bazel_is_told_that_shards_are_known, 0 },
		{ every_test_is_in_exactly_one_shard, N_SHARDS },
		{ the_order_of_the_files_changes_nothing, 0 },
		{ of_more_shards_than_tests_some_have_none, 0 },
		{ NULL, 0 },
	};

	return unit_run("shard", tests, setup, NULL);
}
