/*
 * line-log: what a program prints, line by line, in our log.
 *
 * Bounded in every way: a line longer than LINE_LOG_LEN is cut, and of a
 * program that floods only so many lines in a while are shown, and how many
 * were not.
 */
#ifndef LIB_LINE_LOG_H
#define LIB_LINE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;

enum {
	LINE_LOG_LEN = 1024,	    /* octets of a line that are shown */
	LINE_LOG_LINES = 100,	    /* at most so many ... */
	LINE_LOG_WINDOW_MS = 10000, /* ... in this time */
};

/* One source of lines; they are told apart, and limited together with others
 * of the same line_log. */
struct line_log_source {
	char text[LINE_LOG_LEN];
	size_t len;
	bool cut; /* what follows up to the line's end is passed over */
};

struct line_log {
	const char *name;	   /* begins every line; borrowed */
	const struct clock *clock; /* borrowed */
	struct line_log_source sources[2];
	uint64_t window_start_ms;
	uint32_t n_in_window;
	uint32_t n_held; /* not shown, and not told yet */
};

void line_log_init(struct line_log *log, const char *name,
		   const struct clock *clock);
/** line_log_add() - source @source, 0 or 1, has printed @data */
void line_log_add(struct line_log *log, unsigned source, const void *data,
		  size_t size);
/** line_log_end() - there will be no more: what has no line's end is shown, and
 * how much was held back */
void line_log_end(struct line_log *log);

#endif /* LIB_LINE_LOG_H */
