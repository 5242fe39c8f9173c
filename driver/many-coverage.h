/* many-coverage: one report of what the machines of all tests have counted. */
#ifndef DRIVER_MANY_COVERAGE_H
#define DRIVER_MANY_COVERAGE_H

struct batch_record;

/**
 * many_cover() - write RESULTS/coverage, if any of the tests asks for it
 *
 * Takes long.  What goes wrong is a warning, unless a test has asked for a part
 * of the lines: of a shard nobody can say whether it was reached.
 *
 * Return: an exit code, for when the tests have passed.
 */
int many_cover(const struct batch_record *record);

/** many_cover_merged() - the same of runs that have made theirs, whose results
 * are left as they are */
int many_cover_merged(const struct batch_record *record);

#endif /* DRIVER_MANY_COVERAGE_H */
