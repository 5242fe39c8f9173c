/*
 * reader: a walk through a test file's value that always knows where it is, so
 * that every problem gets the line and the path of the member at fault.
 */
#ifndef DRIVER_LAB_READER_H
#define DRIVER_LAB_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "driver/lab/plan.h"

enum { READER_DEPTH_MAX = 8 };

struct reader {
	const char *file; /* which @value is of, unless .line says another */
	plan_line_fn *line;
	void *line_arg;
	struct plan_problems *problems;
	char *path; /* of reader_enter_path(); owned; or NULL */
	/* Where we are: keys, borrowed; NULL: the index beside it. */
	const char *keys[READER_DEPTH_MAX];
	size_t indexes[READER_DEPTH_MAX];
	size_t depth;
};

/** reader_enter() - go down into the member @key, borrowed until left */
void reader_enter(struct reader *r, const char *key);
/** reader_enter_index() - go down into the element @index, counted from 1 */
void reader_enter_index(struct reader *r, size_t index);
void reader_leave(struct reader *r);
/** reader_enter_path() - go down the whole way that a plan_line_fn is asked
 * for; once, at the beginning, and reader_fini() at the end */
void reader_enter_path(struct reader *r, const char *path);
void reader_fini(struct reader *r);

/** reader_problem() - something is wrong with the member we are at; its path
 * is put before the text */
void reader_problem(struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** reader_unknown_key() - a problem: @key is none of @known (NULL-ended) */
void reader_unknown_key(struct reader *r, const char *key,
			const char *const *known);

/* The value we are at, checked; false: a problem has been added, before if it
 * is null, and the out parameter is unchanged. */

/** reader_text() - text without NUL; borrowed from @value */
bool reader_text(struct reader *r, const json_t *value, const char **out);
bool reader_int(struct reader *r, const json_t *value, int64_t min, int64_t max,
		int64_t *out);
bool reader_bool(struct reader *r, const json_t *value, bool *out);
/** reader_table() - a table with names for keys; a list is a problem */
bool reader_table(struct reader *r, const json_t *value, const char *of_what);
/** reader_list() - a list; @n: its length */
bool reader_list(struct reader *r, const json_t *value, const char *of_what,
		 size_t *n);
/** reader_words() - a list of strings; @out: owned by the caller with each of
 * its @n texts.  Elements that are no text are problems, and left out. */
void reader_words(struct reader *r, const json_t *value, const char *of_what,
		  char ***out, size_t *n);
/** reader_file() - the path of a file that must exist and be readable; @out:
 * its absolute path, returned owned */
bool reader_file(struct reader *r, const json_t *value, char **out);
/** reader_named_file() - the same; @name: the path as messages should call it,
 * returned owned */
bool reader_named_file(struct reader *r, const json_t *value, char **out,
		       char **name);
/** reader_host_file() - the same for a path that has been read already */
bool reader_host_file(struct reader *r, const char *path, char **out);

/** reader_is_host_path() - does @text begin as the path of a file of the host's
 * must, where it could be something else? */
bool reader_is_host_path(const char *text);
/** reader_beside_file() - @path as an absolute one, which need not exist; those
 * that are relative start from the test file's directory; returned owned */
char *reader_beside_file(const struct reader *r, const char *path);

#endif /* DRIVER_LAB_READER_H */
