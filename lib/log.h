/*
 * log: one line a message, on stderr, as `program: message`.
 *
 * Never blocks: when stderr cannot take a line at once (an unread pipe), the
 * line is dropped and counted, and the count is told with the next line that
 * fits.  Control characters and what is not UTF-8 are shown as \xNN, byte by
 * byte, so that a peer's text cannot forge lines or drive a terminal.  A line
 * of more than 4096 bytes is cut and ends with "...".  errno is left alone.
 *
 * Any thread may write lines; what is set is set before there are others.
 *
 * The only module with state at file level.  Not for the data path: use
 * LOG_LIMITED wherever a peer can cause the line.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdint.h>

struct clock;

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* State of one LOG_LIMITED site: a token bucket. */
struct log_site {
	uint64_t window_start_ms;
	uint32_t n_in_window;
	uint32_t n_suppressed;
};

/**
 * log_init() - name the program and set what is shown
 * @program: borrowed for the life of the process
 * @level:   messages above it are dropped
 *
 * With JOURNAL_STREAM in the environment and stderr being that stream, lines
 * get sd-daemon(3) level prefixes instead of the program's name.
 */
void log_init(const char *program, enum log_level level);
void log_set_level(enum log_level level);
/* @fd: where lines go; for tests.  Borrowed. */
void log_set_fd(int fd);
/* @before: runs before each line that is shown, for who draws where it goes;
 * NULL: none.  @arg: borrowed. */
void log_set_hook(void (*before)(void *arg), void *arg);
/* Borrowed; the real clock until set. */
void log_set_clock(const struct clock *clock);
const char *log_program(void);

void log_msg(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_msg_limited(struct log_site *site, enum log_level level,
		     const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_msg(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)

enum { LOG_LIMIT_LINES = 5, LOG_LIMIT_WINDOW_MS = 10000 };

/* At most LOG_LIMIT_LINES lines in LOG_LIMIT_WINDOW_MS from this place in the
 * code; how many were held back is told with the first line of a later
 * window. */
#define LOG_LIMITED(level, ...)                                                \
	do {                                                                   \
		static struct log_site log_site_;                              \
		log_msg_limited(&log_site_, level, __VA_ARGS__);               \
	} while (0)

#endif /* LIB_LOG_H */
