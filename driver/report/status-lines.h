/*
 * status-lines: where runs are, as the lines at the bottom of a terminal.
 * Pure: from a progress, the time and the size of the terminal to texts.
 */
#ifndef DRIVER_REPORT_STATUS_LINES_H
#define DRIVER_REPORT_STATUS_LINES_H

#include <stddef.h>
#include <stdint.h>

struct look;
struct progress;

struct status_lines {
	char **items; /* owned; each fits its terminal, without a line's end */
	size_t n;
};

struct status_size {
	unsigned columns, rows;
};

/** status_lines_add() - @line is taken */
void status_lines_add(struct status_lines *lines, char *line);
/** status_lines_clear() - @lines is empty, and can be used again */
void status_lines_clear(struct status_lines *lines);

/** status_lines_run() - of one run: the test and its subtest, and a line a
 * machine, as many as there is room for */
void status_lines_run(struct status_lines *lines,
		      const struct progress *progress, double now_s,
		      const struct look *look, const struct status_size *size);
/** status_line_test() - one of several: one line; @name stands in @width
 * columns.  Returned owned. */
char *status_line_test(const char *name, size_t width,
		       const struct progress *progress, double now_s,
		       const struct look *look, unsigned columns);

enum { STATUS_TIME_SIZE = 24 };
/** status_time() - "12 s", "1:05", "1:02:03"; whole seconds, rounded down
 * Return: @text */
char *status_time(double seconds, char text[STATUS_TIME_SIZE]);

#endif /* DRIVER_REPORT_STATUS_LINES_H */
