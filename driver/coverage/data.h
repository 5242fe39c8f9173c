/*
 * data: how often each line of a program ran, as one or more runs have counted
 * it.  Pure, but for cov_file_look().
 *
 * What was counted by several is added up, line by line: two objects that have
 * a source file in common, two processes, machines, tests.
 */
#ifndef DRIVER_COVERAGE_DATA_H
#define DRIVER_COVERAGE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;

enum {
	COV_LINE_MAX = 10 * 1000 * 1000,
	COV_BRANCHES_MAX = 10000, /* of one line */
	COV_DIGEST_LEN = 16,
};

struct cov_branch {
	uint64_t count;
	bool is_fallthrough, is_throw;
};

struct cov_line {
	unsigned number; /* from 1 */
	uint64_t count;
	struct cov_branch *branches;
	size_t n_branches;
};

struct cov_function {
	char *name;
	unsigned line;
	uint64_t count;
};

struct cov_file {
	char *path;			 /* relative to the source directory */
	char digest[COV_DIGEST_LEN + 1]; /* of its content; "": not known */
	bool is_looked_at;
	unsigned char *excluded; /* one a line, line 1 first; or NULL */
	size_t n_excluded;
	struct cov_line *lines; /* by number */
	size_t n_lines;
	struct cov_function *functions; /* by line and name */
	size_t n_functions;
};

struct cov_data {
	struct cov_file **files; /* by path */
	size_t n;
};

struct cov_data *cov_data_new(void);
/** cov_data_free() - NULL is a no-op */
void cov_data_free(struct cov_data *data);

/** cov_data_file() - the file of that path, which is made if need be */
struct cov_file *cov_data_file(struct cov_data *data, const char *path);
/** cov_data_find() - or NULL */
const struct cov_file *cov_data_find(const struct cov_data *data,
				     const char *path);
/** cov_file_look() - once, into its source @path: its digest, and the lines that
 * are to be left out, which comments name by GCOV_EXCL_LINE, or by
 * GCOV_EXCL_START and GCOV_EXCL_STOP (also LCOV_ and GCOVR_) */
void cov_file_look(struct cov_file *file, const char *path);
/** cov_file_add_line() - @number ran @count times more; nothing when it is left
 * out.  Return: the line, until the next one is added; or NULL */
struct cov_line *cov_file_add_line(struct cov_file *file, unsigned number,
				   uint64_t count);
/** cov_line_add_branches() - in order; of lists of unequal lengths the longer
 * one counts */
void cov_line_add_branches(struct cov_line *line,
			   const struct cov_branch *branches, size_t n);
void cov_file_add_function(struct cov_file *file, const char *name,
			   unsigned line, uint64_t count);
const struct cov_line *cov_file_line(const struct cov_file *file,
				     unsigned number);

/* Two files of one path are different; nothing was added. */
typedef void cov_differs_fn(const char *path, void *arg);

/** cov_data_add() - all of @from to @to */
void cov_data_add(struct cov_data *to, const struct cov_data *from,
		  cov_differs_fn *differs, void *arg);

struct cov_totals {
	size_t lines, lines_run;
	size_t functions, functions_run;
	size_t branches, branches_run;
};

void cov_file_totals(const struct cov_file *file, struct cov_totals *totals);
void cov_data_totals(const struct cov_data *data, struct cov_totals *totals);
/** cov_percent() - 100 of nothing */
double cov_percent(size_t part, size_t whole);

#define COV_FORMAT "0.3" /* gcovr's, of version 5 */

/** cov_json_count() - what a member of @object counts; 0 unless it is positive */
uint64_t cov_json_count(const json_t *object, const char *key);
/** cov_json_line() - the number of a line; 0 when there can be no such line */
unsigned cov_json_line(const json_t *object, const char *key);
/** cov_data_json() - as a tracefile of gcovr, of the format that is called so;
 * returned owned */
json_t *cov_data_json(const struct cov_data *data, const char *format);
/** cov_data_from() - the same from JSON; @name: for messages */
struct cov_data *cov_data_from(const json_t *object, const char *name,
			       struct err *err);
/** cov_data_read() - what cov_data_json() has made, of any format
 * Return: returned owned; NULL with @err set. */
struct cov_data *cov_data_read(const char *path, struct err *err);

#endif /* DRIVER_COVERAGE_DATA_H */
