/*
 * log-lines: the lines of a log.jsonl, one by one, whatever the file is.  A last
 * line without its end is what a run that was killed leaves, and no line.
 */
#ifndef DRIVER_REPORT_LOG_LINES_H
#define DRIVER_REPORT_LOG_LINES_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct log_lines;

/** log_lines_open() - only regular files are read; NULL with @err set */
struct log_lines *log_lines_open(const char *path, struct err *err);
void log_lines_close(struct log_lines *lines);
/**
 * log_lines_next() - the next line, without its end
 * @line: borrowed until the next call; ended by NUL
 *
 * Return: 1; 0: no more; -EMSGSIZE: there is a line, but longer than
 *         STORY_LINE_MAX, and it was skipped; -EIO.
 */
int log_lines_next(struct log_lines *lines, const char **line, size_t *len);
/** log_lines_rewind() - from the beginning again, and no further than until now,
 * in case the file grows */
void log_lines_rewind(struct log_lines *lines);

#endif /* DRIVER_REPORT_LOG_LINES_H */
