/*
 * Lines of gcov, and tracefiles, whatever they hold: either an error, or data
 * whose files all lie below the source directory, whose lines are in order, and
 * which is the same when it is written and read again.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "driver/coverage/data.h"
#include "driver/coverage/gcov.h"
#include "driver/coverage/manifest.h"
#include "lib/err.h"

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
check_file(const struct cov_file *file)
{
	require(file->path[0] != '\0' && file->path[0] != '/');
	for (size_t i = 0; i < file->n_lines; i++) {
		require(file->lines[i].number >= 1);
		require(i == 0 ||
			file->lines[i - 1].number < file->lines[i].number);
		require(file->lines[i].count <= INT64_MAX);
	}
	for (size_t i = 1; i < file->n_functions; i++)
		require(file->functions[i - 1].line <= file->functions[i].line);
}

static void
check(const struct cov_data *data)
{
	struct err err = ERR_INIT;
	json_t *json = cov_data_json(data, COV_FORMAT), *again;
	struct cov_data *copy = cov_data_from(json, "copy", &err);

	require(copy != NULL);
	for (size_t i = 0; i < data->n; i++)
		check_file(data->files[i]);
	again = cov_data_json(copy, COV_FORMAT);
	require(json_equal(json, again));
	json_decref(again);
	json_decref(json);
	cov_data_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char source[] = "/nowhere/at/all", word[] = "^out/";
	char *exclude[] = { word };
	const struct coverage_manifest manifest = { .source = source,
						    .exclude = exclude,
						    .n_exclude = 1 };
	struct gcov_scope *scope = gcov_scope_new(&manifest);
	struct cov_data *data = cov_data_new();
	struct err err = ERR_INIT;
	json_t *json;

	if (gcov_add_line(scope, data, (const char *)bytes, size, &err) == 0)
		check(data);
	cov_data_free(data);
	gcov_scope_free(scope);
	json = json_loadb((const char *)bytes, size, 0, NULL);
	data = cov_data_from(json, "input", &err);
	if (data != NULL)
		check(data);
	cov_data_free(data);
	json_decref(json);
	return 0;
}
