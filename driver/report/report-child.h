/*
 * report-child: reports of a run that has just ended, made by a process of their
 * own, so that whatever becomes of them cannot hurt the run's result: not their
 * memory, not their time, not a mistake in them.
 */
#ifndef DRIVER_REPORT_REPORT_CHILD_H
#define DRIVER_REPORT_REPORT_CHILD_H

struct err;

enum {
	REPORT_CHILD_MS = 60 * 1000, /* it is killed after that */
	REPORT_FINDINGS_SIZE = 8 * 1024,
};

/**
 * report_child_run() - write @dir's reports; waits until they are there
 * @deadline_ms: of it all, from now
 * @findings:    set: what stands out on the wire, a sentence a line; "" for
 *               nothing; further ones are left out
 *
 * Return: 0; negative with @err set: they are not there, or not all.
 */
int report_child_run(const char *dir, int deadline_ms,
		     char findings[static REPORT_FINDINGS_SIZE],
		     struct err *err);

/** report_child_fn - 0, or -errno with @err set; runs in the child, and what it
 * changes there is gone afterwards */
typedef int report_child_fn(const void *arg, struct err *err);
/** report_child_do() - let a child do @work; likewise */
int report_child_do(report_child_fn *work, const void *arg, int deadline_ms,
		    struct err *err);

#endif /* DRIVER_REPORT_REPORT_CHILD_H */
