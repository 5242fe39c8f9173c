/*
 * log-compare: where the log of a failed run leaves what passed runs said.
 *
 * Machines run side by side, so that the lines of two runs never come in the
 * same order, and some of what they say is never twice the same.  Therefore
 * not the n-th lines are compared: a line differs when no passed run has it
 * anywhere, and numbers that mean times, process ids or addresses are taken
 * out before (log_line_normal()).
 */
#ifndef DRIVER_BATCH_LOG_COMPARE_H
#define DRIVER_BATCH_LOG_COMPARE_H

#include <stdint.h>

struct err;
struct log_lines;

enum { LOG_LINES_MAX = 200000 }; /* different ones that are kept */

/* A line of log.jsonl. */
struct log_difference {
	int64_t n;  /* its member "n"; 0: there is no such line */
	double t_s; /* its member "t" */
	char *text; /* for a person, one line; owned */
};

/** log_lines_new() - Return: of no run, owned by the caller */
struct log_lines *log_lines_new(void);
/** log_lines_add() - those of a run that passed; @path: its log.jsonl
 * Return: 0; -errno with @err set */
int log_lines_add(struct log_lines *lines, const char *path, struct err *err);
/** log_lines_compare() - the first line of the log @path that @lines has not
 * Return: 0, @difference is to be given to log_difference_fini(); -errno with
 *         @err set */
int log_lines_compare(const struct log_lines *lines, const char *path,
		      struct log_difference *difference, struct err *err);
void log_difference_fini(struct log_difference *difference);
void log_lines_free(struct log_lines *lines);

/**
 * log_line_normal() - @text without what is never twice the same
 *
 * A '#' stands for: a number with a fraction; one of four digits and more; one
 * before ns, us, ms, s, sec, second or seconds; a date, a time of day; a
 * hexadecimal word of eight characters and more, or behind 0x; the last part of
 * "run-XXXXXX" and of "tmp.XXXXXX".  Spaces become one.  Addresses stay.
 * Return: returned owned.
 */
char *log_line_normal(const char *text);

#endif /* DRIVER_BATCH_LOG_COMPARE_H */
