/*
 * gcov: counters and notes, as files, to data: by gcc's own program, gcov.
 *
 * It tells, for each file of source, how it was called when it was compiled, and
 * where the compiler stood then; so nothing has to be guessed, nothing is written
 * beside the source, and the source need not even be there.
 */
#ifndef DRIVER_COVERAGE_GCOV_H
#define DRIVER_COVERAGE_GCOV_H

#include <stddef.h>

struct coverage_manifest;
struct coverage_notes;
struct cov_data;
struct err;

/**
 * gcov_read() - what the archives of one machine have counted
 * @archives: paths of what coverage_take_text() has said; may be hostile
 * @notes:    all of the build; those that nobody counts in count as 0
 * @work:     an empty directory; things may be left there
 *
 * What is odd, and leaves something out, is logged as a warning.
 * Return: returned owned; NULL with @err set.
 */
struct cov_data *gcov_read(const struct coverage_manifest *manifest,
			   const struct coverage_notes *notes,
			   char *const *archives, size_t n_archives,
			   const char *work, struct err *err);

struct gcov_scope;

/** gcov_scope_new() - which files of source are meant; @manifest: borrowed */
struct gcov_scope *gcov_scope_new(const struct coverage_manifest *manifest);
void gcov_scope_free(struct gcov_scope *scope);
/** gcov_add_line() - one line of gcov's output, JSON, of one object: it is
 * @data's then, as far as it is in the scope.  Return: 0; -EINVAL with @err set,
 * when it is not what gcov says. */
int gcov_add_line(const struct gcov_scope *scope, struct cov_data *data,
		  const char *line, size_t size, struct err *err);

#endif /* DRIVER_COVERAGE_GCOV_H */
