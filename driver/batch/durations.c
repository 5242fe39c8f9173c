#include "config.h"

#include "driver/batch/durations.h"

#include <stdlib.h>

#include <jansson.h>

#include "driver/batch/write-json.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { SCHEMA = 1 };

/* {"schema": 1, "tests": {"nat": {"ms": 8123, "at": 1764000000}}} */
struct durations {
	json_t *tests;
};

struct durations *
durations_load(const char *path)
{
	struct durations *durations = XNEW(struct durations);
	json_t *file = json_load_file(path, 0, NULL);

	durations->tests = json_object();
	if (json_int_or(file, "schema", 0) == SCHEMA)
		json_object_update(durations->tests,
				   json_object_get(file, "tests"));
	json_decref(file);
	return durations;
}

uint64_t
durations_get_ms(const struct durations *durations, const char *test)
{
	int64_t ms =
	    json_int_or(json_object_get(durations->tests, test), "ms", 0);

	return ms > 0 ? (uint64_t)ms : 0;
}

static void
forget_oldest(json_t *tests)
{
	const char *name, *oldest = NULL;
	int64_t oldest_at = 0;
	json_t *test;

	json_object_foreach(tests, name, test)
	{
		int64_t at = json_int_or(test, "at", 0);

		if (oldest == NULL || at < oldest_at) {
			oldest = name;
			oldest_at = at;
		}
	}
	if (oldest != NULL)
		json_object_del(tests, oldest);
}

void
durations_set(struct durations *durations, const char *test, uint64_t ms,
	      int64_t at_s)
{
	/* 0 is said of those that nobody knows. */
	json_object_set_new(durations->tests, test,
			    json_pack("{s:I, s:I}", "ms",
				      (json_int_t)(ms > 0 ? ms : 1), "at",
				      (json_int_t)at_s));
	while (json_object_size(durations->tests) > DURATIONS_MAX)
		forget_oldest(durations->tests);
}

int
durations_save(struct durations *durations, const char *path, struct err *err)
{
	json_t *file = json_pack("{s:i, s:O}", "schema", SCHEMA, "tests",
				 durations->tests);
	int ret = write_json(file, path, err);

	json_decref(file);
	return ret;
}

void
durations_free(struct durations *durations)
{
	if (durations == NULL)
		return;
	json_decref(durations->tests);
	free(durations);
}
