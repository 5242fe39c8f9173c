/* gcov-json: what gcov says of one object, and which of it is wanted. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/coverage/data.h"
#include "driver/coverage/gcov.h"
#include "driver/coverage/manifest.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

struct gcov_scope {
	const struct coverage_manifest *manifest; /* borrowed */
	regex_t *exclude;			  /* owned */
	size_t n_exclude;
};

struct gcov_scope *
gcov_scope_new(const struct coverage_manifest *manifest)
{
	struct gcov_scope *scope = XNEW(struct gcov_scope);

	scope->manifest = manifest;
	scope->exclude =
	    xcalloc(manifest->n_exclude + 1, sizeof(*scope->exclude));
	/* Of a test file they are right; a manifest may be anybody's. */
	for (size_t i = 0; i < manifest->n_exclude; i++)
		if (regcomp(&scope->exclude[scope->n_exclude],
			    manifest->exclude[i],
			    REG_EXTENDED | REG_NOSUB) == 0)
			scope->n_exclude++;
	return scope;
}

void
gcov_scope_free(struct gcov_scope *scope)
{
	for (size_t i = 0; i < scope->n_exclude; i++)
		regfree(&scope->exclude[i]);
	free(scope->exclude);
	free(scope);
}

/* ---- which file ---- */

/* Without ".", ".." and empty parts, in place; @path is absolute. */
static void
normalize(char *path)
{
	char *to = path, *from = path;

	while (*from != '\0') {
		size_t len;

		while (*from == '/')
			from++;
		len = strcspn(from, "/");
		if (len == 0)
			break;
		if (len == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (len != 1 || from[0] != '.') {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
}

/* What of @path is below the source directory; borrowed; or NULL. */
static const char *
below_source(const struct gcov_scope *scope, const char *path)
{
	const char *source = scope->manifest->source;
	size_t len = strlen(source);

	if (strcmp(source, "/") == 0)
		return path + 1;
	return strncmp(path, source, len) == 0 && path[len] == '/' &&
		       path[len + 1] != '\0'
		   ? path + len + 1
		   : NULL;
}

/* The same for a tree that was compiled somewhere else: the longest end of @path
 * that is there. */
static const char *
end_in_source(const struct gcov_scope *scope, const char *path)
{
	for (const char *end = path; end != NULL; end = strchr(end + 1, '/')) {
		char *there = xasprintf("%s%s", scope->manifest->source, end);
		bool is_there = end[1] != '\0' && access(there, F_OK) == 0;

		free(there);
		if (is_there)
			return end + 1;
	}
	return NULL;
}

static bool
is_excluded(const struct gcov_scope *scope, const char *path)
{
	for (size_t i = 0; i < scope->n_exclude; i++)
		if (regexec(&scope->exclude[i], path, 0, NULL, 0) == 0)
			return true;
	return false;
}

/* The path below the source directory of a file that the compiler, who stood in
 * @cwd, was told as @name; returned owned; NULL: it is not wanted. */
static char *
wanted_path(const struct gcov_scope *scope, const char *cwd, const char *name)
{
	char *path =
	    name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", cwd, name);
	char *real = path[0] == '/' ? realpath(path, NULL) : NULL;
	const char *wanted = NULL;
	char *found;

	if (real != NULL) {
		free(path);
		path = real;
		wanted = below_source(scope, path);
	} else if (path[0] == '/') {
		normalize(path);
		wanted = below_source(scope, path);
		if (wanted == NULL)
			wanted = end_in_source(scope, path);
	}
	/* Else gcov does not know where the compiler stood. */
	if (wanted != NULL && is_excluded(scope, wanted))
		wanted = NULL;
	found = wanted != NULL ? xstrdup(wanted) : NULL;
	free(path);
	return found;
}

/* ---- what was counted ---- */

static void
add_branches(struct cov_line *line, const json_t *list)
{
	size_t n = json_array_size(list);
	struct cov_branch *branches = xcalloc(n + 1, sizeof(*branches));

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

static void
add_file(struct cov_file *file, const json_t *object)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(object, "lines"), i, item)
	{
		struct cov_line *line =
		    cov_file_add_line(file, cov_json_line(item, "line_number"),
				      cov_json_count(item, "count"));

		if (line != NULL)
			add_branches(line, json_object_get(item, "branches"));
	}
	json_array_foreach(json_object_get(object, "functions"), i, item)
	{
		const char *name = json_str_or(item, "demangled_name", NULL);

		if (name != NULL)
			cov_file_add_function(
			    file, name, cov_json_line(item, "start_line"),
			    cov_json_count(item, "execution_count"));
	}
}

int
gcov_add_line(const struct gcov_scope *scope, struct cov_data *data,
	      const char *line, size_t size, struct err *err)
{
	json_error_t error;
	json_t *object = json_loadb(line, size, 0, &error);
	const json_t *files = json_object_get(object, "files"), *item;
	const char *cwd = json_str_or(object, "current_working_directory", "");
	size_t i;

	if (object == NULL)
		return err_set(err, -EINVAL, "gcov: %s", error.text);
	if (!json_is_array(files)) {
		json_decref(object);
		return err_set(err, -EINVAL,
			       "gcov: its output names no files; it must be "
			       "that of gcc 9 or later");
	}
	json_array_foreach(files, i, item)
	{
		const char *name = json_str_or(item, "file", "");
		char *path = wanted_path(scope, cwd, name);
		struct cov_file *file;
		char *source;

		if (path == NULL)
			continue;
		file = cov_data_file(data, path);
		source = xasprintf("%s/%s", scope->manifest->source, path);
		cov_file_look(file, source);
		add_file(file, item);
		free(source);
		free(path);
	}
	json_decref(object);
	return 0;
}
