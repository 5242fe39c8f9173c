#include "driver/batch/record.h"

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum run_result
result_of_code(int code)
{
	switch (code) {
	case EXIT_OK:
		return RESULT_PASSED;
	case EXIT_TEST_FAILED:
		return RESULT_FAILED;
	case EXIT_TIMED_OUT:
		return RESULT_TIMED_OUT;
	default:
		return code > 128 ? RESULT_INTERRUPTED : RESULT_NO_RUN;
	}
}

const char *
result_word(enum run_result result)
{
	static const char *const words[N_RESULTS] = {
		[RESULT_NOT_RUN] = "not run",
		[RESULT_PASSED] = "passed",
		[RESULT_FLAKY] = "flaky",
		[RESULT_FAILED] = "failed",
		[RESULT_TIMED_OUT] = "timed out",
		[RESULT_NO_RUN] = "could not be run",
		[RESULT_INTERRUPTED] = "interrupted",
	};

	return words[result];
}

/* ---- a test ---- */

void
test_record_add(struct test_record *test, const struct attempt_record *attempt)
{
	size_t at = test->n_attempts++;

	test->attempts = xrealloc(test->attempts, test->n_attempts,
				  sizeof(test->attempts[0]));
	/* Repetitions side by side do not end in order. */
	for (; at > 0 && test->attempts[at - 1].number > attempt->number; at--)
		test->attempts[at] = test->attempts[at - 1];
	test->attempts[at] = *attempt;
}

unsigned
test_record_repeat(const struct batch_record *batch,
		   const struct test_record *test)
{
	return batch->n_parts > 0 ? batch->parts[test->part].repeat
				  : batch->repeat;
}

bool
test_record_flaky_fails(const struct batch_record *batch,
			const struct test_record *test)
{
	return batch->n_parts > 0 ? batch->parts[test->part].flaky_fails
				  : batch->flaky_fails;
}

int
test_record_code(const struct batch_record *batch,
		 const struct test_record *test)
{
	if (test->n_attempts == 0)
		return EXIT_OK;
	if (test_record_repeat(batch, test) <= 1)
		return test->attempts[test->n_attempts - 1].code;
	for (size_t i = 0; i < test->n_attempts; i++)
		if (test->attempts[i].code != EXIT_OK)
			return test->attempts[i].code;
	return EXIT_OK;
}

/* Tries that all passed are those of a shard that was run again. */
static bool
has_failed(const struct test_record *test)
{
	for (size_t i = 0; i < test->n_attempts; i++)
		if (test->attempts[i].code != EXIT_OK)
			return true;
	return false;
}

enum run_result
test_record_result(const struct batch_record *batch,
		   const struct test_record *test)
{
	int code = test_record_code(batch, test);

	if (test->n_attempts == 0)
		return RESULT_NOT_RUN;
	if (code == EXIT_OK && test_record_repeat(batch, test) <= 1 &&
	    has_failed(test))
		return RESULT_FLAKY;
	return result_of_code(code);
}

static int
compare_ms(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void
test_record_statistics(const struct test_record *test,
		       struct test_statistics *statistics)
{
	uint64_t *ms = xcalloc(test->n_attempts + 1, sizeof(*ms));
	size_t n = 0;

	*statistics = (struct test_statistics){ 0 };
	for (size_t i = 0; i < test->n_attempts; i++)
		statistics->n_passed += test->attempts[i].code == EXIT_OK;
	for (size_t i = 0; i < test->n_attempts; i++)
		if (statistics->n_passed == 0 ||
		    test->attempts[i].code == EXIT_OK)
			ms[n++] = test->attempts[i].duration_ms;
	if (n > 0) {
		qsort(ms, n, sizeof(*ms), compare_ms);
		statistics->min_ms = ms[0];
		statistics->median_ms = (ms[(n - 1) / 2] + ms[n / 2]) / 2;
		statistics->max_ms = ms[n - 1];
	}
	free(ms);
}

/* ---- all of them ---- */

int
batch_record_code(const struct batch_record *batch)
{
	if (batch->stop_code > 128)
		return batch->stop_code;
	for (size_t i = 0; i < batch->n_tests; i++) {
		const struct test_record *test = &batch->tests[i];
		int code = test_record_code(batch, test);

		if (code != EXIT_OK)
			return code;
		if (test_record_flaky_fails(batch, test) &&
		    test_record_result(batch, test) == RESULT_FLAKY)
			return EXIT_TEST_FAILED;
	}
	return batch->stop_code;
}

size_t
batch_record_count(const struct batch_record *batch, enum run_result result)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_tests; i++)
		n += test_record_result(batch, &batch->tests[i]) == result;
	return n;
}

static void
test_record_fini(struct test_record *test)
{
	for (size_t i = 0; i < test->n_attempts; i++) {
		free(test->attempts[i].error);
		free(test->attempts[i].dir);
	}
	free(test->attempts);
	free(test->name);
	free(test->file);
	log_difference_fini(&test->difference);
}

void
batch_part_fini(struct batch_part *part)
{
	free(part->from);
	free(part->shard_from);
	free(part->accel);
	free(part->accel_reason);
	free(part->reason);
}

void
batch_record_fini(struct batch_record *batch)
{
	for (size_t i = 0; i < batch->n_tests; i++)
		test_record_fini(&batch->tests[i]);
	for (size_t i = 0; i < batch->n_parts; i++)
		batch_part_fini(&batch->parts[i]);
	if (batch->own != NULL)
		batch_part_fini(batch->own);
	free(batch->own);
	free(batch->tests);
	free(batch->parts);
	free(batch->root);
	free(batch->jobs);
	free(batch->stop_reason);
}
