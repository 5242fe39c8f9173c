#include "driver/lab/reader.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/nearest.h"
#include "lib/xalloc.h"

void
reader_enter(struct reader *r, const char *key)
{
	assert(r->depth < READER_DEPTH_MAX);
	r->keys[r->depth++] = key;
}

void
reader_enter_index(struct reader *r, size_t index)
{
	assert(r->depth < READER_DEPTH_MAX);
	r->indexes[r->depth] = index;
	r->keys[r->depth++] = NULL;
}

void
reader_leave(struct reader *r)
{
	assert(r->depth > 0);
	r->depth--;
}

void
reader_enter_path(struct reader *r, const char *path)
{
	char *rest, *key;

	assert(r->path == NULL);
	r->path = rest = xstrdup(path);
	while (*path != '\0' && (key = strsep(&rest, "\n")) != NULL) {
		if (*key != '\0' && key[strspn(key, "0123456789")] == '\0')
			reader_enter_index(r, strtoul(key, NULL, 10));
		else
			reader_enter(r, key);
	}
}

void
reader_fini(struct reader *r)
{
	free(r->path);
	r->path = NULL;
	r->depth = 0;
}

static bool
is_name(const char *key)
{
	const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return *key != '\0' && key[strspn(key, letters)] == '\0';
}

/* "nodes.client.vlans[2]" for people, "nodes\nclient\nvlans\n2" for the line
 * function; returned owned. */
static char *
path_text(const struct reader *r, bool for_people)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < r->depth; i++) {
		const char *key = r->keys[i];
		const char *sep = i == 0 ? "" : for_people ? "." : "\n";
		char *longer;

		if (key == NULL && for_people)
			longer = xasprintf("%s[%zu]", text, r->indexes[i]);
		else if (key == NULL)
			longer = xasprintf("%s%s%zu", text, sep, r->indexes[i]);
		else if (for_people && !is_name(key))
			longer = xasprintf("%s[\"%s\"]", text, key);
		else
			longer = xasprintf("%s%s%s", text, sep, key);
		free(text);
		text = longer;
	}
	return text;
}

static void
add_problem(struct reader *r, const char *fmt, va_list ap)
{
	char *where = path_text(r, true);
	char *path = path_text(r, false);
	char *text = xvasprintf(fmt, ap);
	const char *file = r->file;
	int line = r->line(path, &file, r->line_arg);

	plan_problems_add(r->problems, file, line, "%s%s%s", where,
			  *where != '\0' ? ": " : "", text);
	free(where);
	free(path);
	free(text);
}

void
reader_problem(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_problem(r, fmt, ap);
	va_end(ap);
}

void
reader_unknown_key(struct reader *r, const char *key, const char *const *known)
{
	const char *near = nearest_word(key, known);
	char *list = xstrdup("");

	if (near != NULL) {
		reader_problem(r, "unknown key (did you mean '%s'?)", near);
		free(list);
		return;
	}
	for (size_t i = 0; known[i] != NULL; i++) {
		char *longer =
		    xasprintf("%s%s%s", list, i == 0 ? "" : ", ", known[i]);

		free(list);
		list = longer;
	}
	reader_problem(r, "unknown key; known are %s", list);
	free(list);
}

/* What a value is, in the words of Lua. */
static const char *
type_word(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_ARRAY:
		return "a list without names";
	default:
		return "a table with names";
	}
}

/* Not what it should be: a problem, unless there has been one. */
static bool
refuse(struct reader *r, const json_t *value, const char *wanted)
{
	if (!json_is_null(value))
		reader_problem(r, "must be %s, not %s", wanted,
			       type_word(value));
	return false;
}

bool
reader_text(struct reader *r, const json_t *value, const char **out)
{
	if (!json_is_string(value))
		return refuse(r, value, "a string");
	if (strlen(json_string_value(value)) != json_string_length(value)) {
		reader_problem(r, "must not contain a NUL byte");
		return false;
	}
	*out = json_string_value(value);
	return true;
}

bool
reader_int(struct reader *r, const json_t *value, int64_t min, int64_t max,
	   int64_t *out)
{
	int64_t i = json_integer_value(value);

	if (!json_is_number(value))
		return refuse(r, value, "a number");
	if (!json_is_integer(value)) {
		reader_problem(r, "must be a whole number, not %g",
			       json_real_value(value));
		return false;
	}
	if (i < min || i > max) {
		reader_problem(r,
			       "must be a number from %" PRId64 " to %" PRId64
			       ", not %" PRId64,
			       min, max, i);
		return false;
	}
	*out = i;
	return true;
}

bool
reader_bool(struct reader *r, const json_t *value, bool *out)
{
	if (!json_is_boolean(value))
		return refuse(r, value, "true or false");
	*out = json_is_true(value);
	return true;
}

bool
reader_table(struct reader *r, const json_t *value, const char *of_what)
{
	char *wanted;

	if (json_is_object(value) ||
	    (json_is_array(value) && json_array_size(value) == 0))
		return true;
	wanted = xasprintf("a table of %s", of_what);
	refuse(r, value, wanted);
	free(wanted);
	return false;
}

bool
reader_list(struct reader *r, const json_t *value, const char *of_what,
	    size_t *n)
{
	char *wanted;

	if (json_is_array(value) ||
	    (json_is_object(value) && json_object_size(value) == 0)) {
		*n = json_array_size(value); /* 0 for an object */
		return true;
	}
	wanted = xasprintf("a list of %s", of_what);
	refuse(r, value, wanted);
	free(wanted);
	return false;
}

void
reader_words(struct reader *r, const json_t *value, const char *of_what,
	     char ***out, size_t *n)
{
	size_t size;
	const char *text;

	*out = NULL;
	*n = 0;
	if (!reader_list(r, value, of_what, &size) || size == 0)
		return;
	*out = xcalloc(size, sizeof(**out));
	for (size_t i = 0; i < size; i++) {
		reader_enter_index(r, i + 1);
		if (reader_text(r, json_array_get(value, i), &text))
			(*out)[(*n)++] = xstrdup(text);
		reader_leave(r);
	}
}

/* @path as seen from the directory of the file that has the member we are at;
 * returned owned. */
static char *
path_from_here(const struct reader *r, const char *path)
{
	char *at = path_text(r, false);
	const char *file = r->file;
	const char *slash;

	r->line(at, &file, r->line_arg);
	free(at);
	slash = strrchr(file, '/');
	if (slash == NULL || *path == '/')
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - file), file, path);
}

bool
reader_is_host_path(const char *text)
{
	return *text == '/' || strncmp(text, "./", 2) == 0 ||
	       strncmp(text, "../", 3) == 0;
}

char *
reader_beside_file(const struct reader *r, const char *path)
{
	char *there = path_from_here(r, path), *cwd, *absolute;

	if (*there == '/')
		return there;
	cwd = realpath(".", NULL);
	absolute = xasprintf("%s/%s", cwd != NULL ? cwd : ".", there);
	free(cwd);
	free(there);
	return absolute;
}

/* @name is a regular file, or a device, that can be read; its absolute path,
 * returned owned; NULL after a problem. */
static char *
find_file(struct reader *r, const char *name)
{
	char *absolute = realpath(name, NULL);
	const char *why = NULL;
	struct stat st;

	if (absolute == NULL || stat(absolute, &st) < 0)
		why = strerror(errno);
	else if (S_ISDIR(st.st_mode))
		why = "it is a directory; name a file";
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		why = "it is no regular file";
	else if (access(absolute, R_OK) < 0)
		why = strerror(errno);
	if (why == NULL)
		return absolute;
	reader_problem(r, "cannot use '%s': %s", name, why);
	free(absolute);
	return NULL;
}

bool
reader_host_file(struct reader *r, const char *path, char **out)
{
	char *name = path_from_here(r, path);
	char *absolute = find_file(r, name);

	free(name);
	if (absolute != NULL)
		*out = absolute;
	return absolute != NULL;
}

/* The path that @value is; borrowed; NULL after a problem. */
static const char *
read_path(struct reader *r, const json_t *value)
{
	const char *path;

	if (!reader_text(r, value, &path))
		return NULL;
	if (*path != '\0')
		return path;
	reader_problem(r, "must be the path of a file, not empty");
	return NULL;
}

bool
reader_file(struct reader *r, const json_t *value, char **out)
{
	const char *path = read_path(r, value);

	return path != NULL && reader_host_file(r, path, out);
}

bool
reader_named_file(struct reader *r, const json_t *value, char **out,
		  char **name)
{
	const char *path = read_path(r, value);
	char *absolute;

	if (path == NULL)
		return false;
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	*name = path_from_here(r, path);
	absolute = find_file(r, *name);
	if (absolute != NULL) {
		*out = absolute;
		return true;
	}
	free(*name);
	*name = NULL;
	return false;
}
