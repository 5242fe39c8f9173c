/*
 * results: the directory that a run leaves behind: RESULTS/TEST.
 *
 * It is made anew by each run; what an earlier run of the test left there is
 * removed.  A run that finds it in use by another takes RESULTS/TEST.2, and so
 * on, so that runs of one test may go on side by side.  Of a test that is run
 * several times each run has a directory in it: RESULTS/TEST/1, ...
 */
#ifndef DRIVER_RESULTS_H
#define DRIVER_RESULTS_H

#include <limits.h>

struct err;
struct results;

/** results_root() - make directory @parent, and those above it; Return: 0, its
 * absolute path is in @root then; -errno with @err set */
int results_root(const char *parent, char root[PATH_MAX], struct err *err);

/** results_open() - Return: owned by the caller; NULL with @err set, -EEXIST
 * when the directory holds something that no run has made */
struct results *results_open(const char *parent, const char *test,
			     struct err *err);
/** results_at() - directory @dir, absolute, which somebody else has opened for
 * us; Return: owned by the caller */
struct results *results_at(const char *dir);
/** results_make_part() - make directory @number in it
 * Return: its path, returned owned; NULL with @err set. */
char *results_make_part(const struct results *results, unsigned number,
			struct err *err);
/** results_dir() - its absolute path */
const char *results_dir(const struct results *results);
/** results_close() - the directory stays; NULL is a no-op */
void results_close(struct results *results);

#endif /* DRIVER_RESULTS_H */
