/*
 * fuzz_results: a results.json that is read and written again is read as the
 * same: what it says of the tests and of how all ended survives.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "driver/batch/record.h"
#include "driver/batch/results-json.h"
#include "driver/merge/record-read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *
written(const json_t *json)
{
	struct batch_record record;
	json_t *again = NULL;

	if (record_from_json(json, &record, NULL) == 0)
		again = results_json(&record);
	batch_record_fini(&record);
	return again;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	json_t *once = json != NULL ? written(json) : NULL;
	json_t *twice = once != NULL ? written(once) : NULL;

	if (once != NULL && !json_equal(once, twice)) {
		json_dumpf(once, stderr, JSON_SORT_KEYS);
		if (twice != NULL)
			json_dumpf(twice, stderr, JSON_SORT_KEYS);
		abort();
	}
	json_decref(json);
	json_decref(once);
	json_decref(twice);
	return 0;
}
