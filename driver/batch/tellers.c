#include "driver/batch/tellers.h"

#include <stdlib.h>
#include <string.h>

#include "driver/batch/outcome.h"
#include "driver/batch/record.h"
#include "driver/report/tap.h"

static bool
is_set(const char *name, const char *value)
{
	const char *is = getenv(name);

	return is != NULL && is[0] != '\0' &&
	       (value == NULL || strcmp(is, value) == 0);
}

void
tellers_begin(struct tellers *tellers, const struct batch_record *batch,
	      bool tap, FILE *out)
{
	*tellers = (struct tellers){
		.batch = batch,
		.tap = tap,
		.github = is_set("GITHUB_ACTIONS", "true"),
		.gitlab = is_set("GITLAB_CI", NULL),
	};
	if (tap)
		tap_tests_begin(&tellers->tap_tests, stdout, batch);
	if (tellers->github)
		ci_github_init(&tellers->ci_github, out);
	if (tellers->gitlab)
		ci_gitlab_init(&tellers->ci_gitlab, out);
}

void
tellers_print_begins(struct tellers *tellers, const char *label)
{
	if (tellers->github)
		ci_github_print_begins(&tellers->ci_github, label);
	if (tellers->gitlab)
		ci_gitlab_print_begins(&tellers->ci_gitlab, label);
}

void
tellers_print_ends(struct tellers *tellers)
{
	if (tellers->github)
		ci_github_print_ends(&tellers->ci_github);
	if (tellers->gitlab)
		ci_gitlab_print_ends(&tellers->ci_gitlab);
}

void
tellers_ended(struct tellers *tellers, size_t i)
{
	const struct test_record *test = &tellers->batch->tests[i];
	enum run_result result = test_record_result(tellers->batch, test);
	struct outcome outcome;

	if (result == RESULT_NOT_RUN)
		return;
	/* Its log is read only for who needs it. */
	outcome_read(&outcome, tellers->batch, i,
		     tellers->tap ||
			 (tellers->github && result != RESULT_PASSED));
	if (tellers->tap)
		tap_tests_ended(&tellers->tap_tests, tellers->batch, &outcome);
	if (tellers->github)
		ci_github_ended(&tellers->ci_github, &outcome);
	outcome_fini(&outcome);
}

void
tellers_end(struct tellers *tellers, const char *why)
{
	if (tellers->tap)
		tap_tests_end(&tellers->tap_tests, tellers->batch, why);
	if (tellers->github)
		ci_github_end(&tellers->ci_github, tellers->batch);
	if (tellers->gitlab)
		ci_gitlab_end(&tellers->ci_gitlab, tellers->batch);
}

void
tellers_bail_out(const char *why)
{
	printf("TAP version %d\n", tap_version(getenv("TAP_VERSION")));
	tap_bail_out(stdout, why);
}
