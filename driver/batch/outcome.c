#include "driver/batch/outcome.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/story.h"
#include "lib/err.h"
#include "lib/xalloc.h"

static const struct attempt_record *
decisive(const struct batch_record *batch, const struct test_record *test)
{
	if (test->n_attempts == 0)
		return NULL;
	if (batch->repeat > 1)
		for (size_t i = 0; i < test->n_attempts; i++)
			if (test->attempts[i].code != EXIT_OK)
				return &test->attempts[i];
	return &test->attempts[test->n_attempts - 1];
}

/* The place that an error begins with: "dir/nat.lua:12: why". */
static void
read_place(struct outcome *outcome)
{
	const char *colon = outcome->error;
	size_t digits;

	while ((colon = strchr(colon, ':')) != NULL) {
		digits = strspn(++colon, "0123456789");
		if (digits > 0 && digits < 9 && colon[digits] == ':')
			break;
		if (isspace((unsigned char)*colon))
			return; /* that was a sentence's */
	}
	if (colon == NULL || colon - 1 == outcome->error)
		return;
	outcome->file = xasprintf("%.*s", (int)(colon - 1 - outcome->error),
				  outcome->error);
	outcome->line = atoll(colon);
}

static void
find_place(struct outcome *outcome)
{
	const struct story_failure *failure =
	    outcome->story != NULL ? &outcome->story->failure : NULL;

	if (outcome->error == NULL)
		return;
	if (failure == NULL || !failure->happened || failure->at.file == NULL) {
		read_place(outcome);
		return;
	}
	outcome->file = xstrdup(failure->at.file);
	outcome->line = failure->at.line;
}

void
outcome_read(struct outcome *outcome, const struct batch_record *batch,
	     size_t i, bool with_story)
{
	const struct test_record *test = &batch->tests[i];

	*outcome = (struct outcome){
		.test = test,
		.result = test_record_result(batch, test),
		.attempt = decisive(batch, test),
	};
	outcome->good =
	    outcome->result == RESULT_PASSED ||
	    (outcome->result == RESULT_FLAKY && !batch->flaky_fails);
	if (outcome->attempt == NULL)
		return;
	outcome->error = outcome->attempt->error;
	if (outcome->attempt->dir != NULL)
		outcome->dir =
		    xasprintf("%s/%s", batch->root, outcome->attempt->dir);
	if (with_story && outcome->dir != NULL)
		outcome->story = story_read(outcome->dir, NULL);
	find_place(outcome);
}

void
outcome_fini(struct outcome *outcome)
{
	story_free(outcome->story);
	free(outcome->dir);
	free(outcome->file);
}
