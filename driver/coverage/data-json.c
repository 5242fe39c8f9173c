/* data-json: data as a tracefile of gcovr, and back.
 *
 * Beside gcovr's own members each file has "vdelab/digest", of its source. */
#include "driver/coverage/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

/* ---- out ---- */

static json_t *
line_json(const struct cov_line *line)
{
	json_t *branches = json_array();

	for (size_t i = 0; i < line->n_branches; i++) {
		const struct cov_branch *b = &line->branches[i];

		json_array_append_new(
		    branches,
		    json_pack("{s:I, s:b, s:b}", "count", (json_int_t)b->count,
			      "fallthrough", b->is_fallthrough, "throw",
			      b->is_throw));
	}
	return json_pack("{s:o, s:I, s:b, s:b, s:i}", "branches", branches,
			 "count", (json_int_t)line->count, "gcovr/excluded", 0,
			 "gcovr/noncode", 0, "line_number", (int)line->number);
}

static json_t *
functions_json(const struct cov_file *file)
{
	json_t *functions = json_array();

	for (size_t i = 0; i < file->n_functions; i++) {
		const struct cov_function *f = &file->functions[i];

		json_array_append_new(
		    functions,
		    json_pack("{s:I, s:i, s:o}", "execution_count",
			      (json_int_t)f->count, "lineno", (int)f->line,
			      "name", json_text(f->name, strlen(f->name))));
	}
	return functions;
}

json_t *
cov_data_json(const struct cov_data *data, const char *format)
{
	json_t *files = json_array();

	for (size_t i = 0; i < data->n; i++) {
		const struct cov_file *file = data->files[i];
		json_t *lines = json_array();

		for (size_t k = 0; k < file->n_lines; k++)
			json_array_append_new(lines,
					      line_json(&file->lines[k]));
		/* What is known of functions differs from format to format;
		 * all can do without. */
		json_array_append_new(
		    files,
		    json_pack(
			"{s:o, s:o, s:o, s:s}", "file",
			json_text(file->path, strlen(file->path)), "functions",
			strcmp(format, COV_FORMAT) == 0 ? functions_json(file)
							: json_array(),
			"lines", lines, "vdelab/digest", file->digest));
	}
	return json_pack("{s:o, s:s}", "files", files, "gcovr/format_version",
			 format);
}

/* ---- in ---- */

uint64_t
cov_json_count(const json_t *object, const char *key)
{
	json_int_t count = json_int_or(object, key, 0);

	return count > 0 ? (uint64_t)count : 0;
}

unsigned
cov_json_line(const json_t *object, const char *key)
{
	json_int_t line = json_int_or(object, key, 0);

	return line > 0 && line <= COV_LINE_MAX ? (unsigned)line : 0;
}

static void
read_branches(const json_t *list, struct cov_line *line)
{
	size_t n = json_array_size(list);
	struct cov_branch *branches;

	if (n == 0 || n > COV_BRANCHES_MAX)
		return;
	branches = xcalloc(n, sizeof(*branches));
	for (size_t i = 0; i < n; i++) {
		const json_t *b = json_array_get(list, i);

		branches[i] = (struct cov_branch){
			.count = cov_json_count(b, "count"),
			.is_fallthrough = json_bool_or(b, "fallthrough", false),
			.is_throw = json_bool_or(b, "throw", false),
		};
	}
	cov_line_add_branches(line, branches, n);
	free(branches);
}

/* The path is joined to a directory later, which it must not leave. */
static bool
is_inside(const char *path)
{
	size_t len = strlen(path);

	return path[0] != '\0' && path[0] != '/' && strcmp(path, "..") != 0 &&
	       strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL &&
	       (len < 3 || strcmp(path + len - 3, "/..") != 0);
}

static void
read_file(struct cov_data *data, const json_t *object)
{
	const char *path = json_str_or(object, "file", "");
	const char *digest = json_str_or(object, "vdelab/digest", "");
	const json_t *item;
	struct cov_file *file;
	size_t i;

	if (!is_inside(path))
		return;
	file = cov_data_file(data, path);
	if (strlen(digest) == COV_DIGEST_LEN)
		memcpy(file->digest, digest, sizeof(file->digest));
	json_array_foreach(json_object_get(object, "lines"), i, item)
	{
		struct cov_line *line;

		if (json_bool_or(item, "gcovr/noncode", false) ||
		    json_bool_or(item, "gcovr/excluded", false))
			continue;
		line =
		    cov_file_add_line(file, cov_json_line(item, "line_number"),
				      cov_json_count(item, "count"));
		if (line != NULL)
			read_branches(json_object_get(item, "branches"), line);
	}
	json_array_foreach(json_object_get(object, "functions"), i, item)
	{
		const char *name = json_str_or(item, "name", NULL);

		if (name != NULL)
			cov_file_add_function(
			    file, name, cov_json_line(item, "lineno"),
			    cov_json_count(item, "execution_count"));
	}
}

struct cov_data *
cov_data_from(const json_t *object, const char *name, struct err *err)
{
	const json_t *files = json_object_get(object, "files"), *file;
	struct cov_data *data;
	size_t i;

	if (!json_is_array(files)) {
		err_set(err, -EINVAL, "%s: is no tracefile of gcovr", name);
		return NULL;
	}
	data = cov_data_new();
	json_array_foreach(files, i, file)
	{
		read_file(data, file);
	}
	return data;
}

struct cov_data *
cov_data_read(const char *path, struct err *err)
{
	json_error_t error;
	json_t *object = json_load_file(path, 0, &error);
	struct cov_data *data = NULL;

	if (object == NULL)
		err_set(err, -EINVAL, "%s:%d: %s", path, error.line,
			error.text);
	else
		data = cov_data_from(object, path, err);
	json_decref(object);
	return data;
}
