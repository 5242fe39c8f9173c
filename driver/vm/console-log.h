/* console-log: what a serial console has said: its tail as bytes, and its
 * lines one by one.  Pure. */
#ifndef DRIVER_VM_CONSOLE_LOG_H
#define DRIVER_VM_CONSOLE_LOG_H

#include <stddef.h>

struct console_log;

enum {
	CONSOLE_KEPT_BYTES = 4 * 1024 * 1024,
	/* What is stored beyond that, so that dropping the oldest is rare. */
	CONSOLE_SLACK_BYTES = 512 * 1024,
	CONSOLE_LINE_MAX = 4096, /* a longer one is cut into such pieces */
};

/* @line: without its end, control characters taken out; borrowed */
typedef void console_line_fn(const char *line, void *arg);

struct console_log *console_log_new(console_line_fn *on_line, void *arg);
void console_log_add(struct console_log *log, const void *data, size_t size);
/** console_log_unfinished() - the line that has begun and not ended, "" for
 * none; borrowed until the next call that adds */
const char *console_log_unfinished(struct console_log *log);
/** console_log_flush() - an unfinished line counts as one now */
void console_log_flush(struct console_log *log);
/** console_log_text() - the last CONSOLE_KEPT_BYTES at most, lines ended by LF
 * alone; NUL-terminated; borrowed until the next call that adds */
const char *console_log_text(const struct console_log *log, size_t *size);
/** console_log_tail() - the last @n_lines of the text */
const char *console_log_tail(const struct console_log *log, size_t n_lines);
void console_log_clear(struct console_log *log);
void console_log_free(struct console_log *log);

#endif /* DRIVER_VM_CONSOLE_LOG_H */
