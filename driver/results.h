/*
 * results: the directory that a run leaves behind: RESULTS/TEST.
 *
 * It is made anew by each run; what an earlier run of the test left there is
 * removed.  A run that finds it in use by another takes RESULTS/TEST.2, and so
 * on, so that runs of one test may go on side by side.
 */
#ifndef DRIVER_RESULTS_H
#define DRIVER_RESULTS_H

struct err;
struct results;

/** results_open() - Return: owned by the caller; NULL with @err set, -EEXIST
 * when the directory holds something that no run has made */
struct results *results_open(const char *parent, const char *test,
			     struct err *err);
/** results_dir() - its absolute path */
const char *results_dir(const struct results *results);
/** results_close() - the directory stays; NULL is a no-op */
void results_close(struct results *results);

#endif /* DRIVER_RESULTS_H */
