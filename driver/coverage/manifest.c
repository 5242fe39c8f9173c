#include "driver/coverage/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/lab/plan.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { SCHEMA = 1 };

static json_t *
text(const char *value)
{
	return json_text(value, strlen(value));
}

int
coverage_manifest_write(const char *dir, const struct plan *plan,
			struct err *err)
{
	const struct plan_coverage *coverage = plan->coverage;
	json_t *exclude = json_array();
	char path[PATH_MAX];
	json_t *manifest;
	int ret = 0;

	for (size_t i = 0; i < coverage->n_exclude; i++)
		json_array_append_new(exclude, text(coverage->exclude[i]));
	manifest =
	    json_pack("{s:i, s:s, s:o, s:o, s:o, s:f}", "schema", SCHEMA,
		      "test", plan->name, "source", text(coverage->source),
		      "build", text(coverage->build), "exclude", exclude,
		      "fail_under", coverage->fail_under);
	if (snprintf(path, sizeof(path), "%s/" COVERAGE_MANIFEST, dir) >=
	    (int)sizeof(path))
		ret = err_set(err, -ENAMETOOLONG, "%s: too long", dir);
	else if (json_dump_file(manifest, path, JSON_INDENT(2)) < 0)
		ret = err_set(err, -EIO, "cannot write %s", path);
	json_decref(manifest);
	return ret;
}

static char *
member(const json_t *object, const char *key)
{
	const char *value = json_str_or(object, key, NULL);

	return value != NULL ? xstrdup(value) : NULL;
}

static void
read_exclude(const json_t *list, struct coverage_manifest *manifest)
{
	size_t n = json_array_size(list);

	manifest->exclude = xcalloc(n + 1, sizeof(*manifest->exclude));
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(list, i);

		if (json_is_string(value))
			manifest->exclude[manifest->n_exclude++] =
			    xstrdup(json_string_value(value));
	}
}

int
coverage_manifest_read(const char *dir, struct coverage_manifest *manifest,
		       struct err *err)
{
	char path[PATH_MAX];
	json_error_t error;
	json_t *object;

	*manifest = (struct coverage_manifest){ .n_exclude = 0 };
	if (snprintf(path, sizeof(path), "%s/" COVERAGE_MANIFEST, dir) >=
	    (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: too long", dir);
	if (access(path, F_OK) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	object = json_load_file(path, 0, &error);
	if (object == NULL)
		return err_set(err, -EINVAL, "%s:%d: %s", path, error.line,
			       error.text);
	manifest->test = member(object, "test");
	manifest->source = member(object, "source");
	manifest->build = member(object, "build");
	manifest->fail_under =
	    json_number_value(json_object_get(object, "fail_under"));
	read_exclude(json_object_get(object, "exclude"), manifest);
	json_decref(object);
	if (manifest->test != NULL && manifest->source != NULL &&
	    manifest->build != NULL)
		return 0;
	coverage_manifest_fini(manifest);
	return err_set(err, -EINVAL, "%s: is none of a run's coverage", path);
}

void
coverage_manifest_fini(struct coverage_manifest *manifest)
{
	free(manifest->test);
	free(manifest->source);
	free(manifest->build);
	for (size_t i = 0; i < manifest->n_exclude; i++)
		free(manifest->exclude[i]);
	free(manifest->exclude);
	*manifest = (struct coverage_manifest){ .n_exclude = 0 };
}
