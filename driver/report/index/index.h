/*
 * index: the table of all tests of a run, results/report.html, in which each
 * leads to its own report.  One file that needs no other.
 *
 * What failed comes first, then what was flaky, each by how long it took.
 */
#ifndef DRIVER_REPORT_INDEX_INDEX_H
#define DRIVER_REPORT_INDEX_INDEX_H

struct batch_record;
struct err;

/** index_write() - of @record, as @path in its .root
 * Return: 0; -errno with @err set */
int index_write(const struct batch_record *record, const char *path,
		struct err *err);

#endif /* DRIVER_REPORT_INDEX_INDEX_H */
