#include "driver/batch/difference.h"

#include <stdlib.h>

#include "driver/batch/log-compare.h"
#include "driver/batch/record.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { PASSED_LOGS_MAX = 64 };

static char *
log_path(const struct batch_record *batch, const struct attempt_record *attempt)
{
	return xasprintf("%s/%s/log.jsonl", batch->root, attempt->dir);
}

void
difference_find(const struct batch_record *batch, struct test_record *test)
{
	const struct attempt_record *failed = NULL;
	struct log_lines *lines = log_lines_new();
	int n_passed = 0;
	char *path;

	for (size_t i = 0; i < test->n_attempts; i++) {
		const struct attempt_record *a = &test->attempts[i];

		if (a->dir == NULL || a->code > 128)
			continue;
		if (a->code != EXIT_OK) {
			failed = failed != NULL ? failed : a;
			continue;
		}
		path = log_path(batch, a);
		if (n_passed < PASSED_LOGS_MAX &&
		    log_lines_add(lines, path, NULL) == 0)
			n_passed++;
		free(path);
	}
	if (failed != NULL && n_passed > 0) {
		path = log_path(batch, failed);
		/* One that was killed may have left no log. */
		(void)log_lines_compare(lines, path, &test->difference, NULL);
		free(path);
	}
	log_lines_free(lines);
}
