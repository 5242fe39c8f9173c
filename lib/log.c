#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/utf8.h"

/* A pipe that poll() calls writable takes this much at once, whole, unless
 * another process fills it in between. */
enum { LINE_SIZE = 4096 };

static struct {
	/* What changes after the start, a site's state too, is under it: lines
	 * may come from several threads. */
	pthread_mutex_t lock;
	const char *program; /* NULL before log_init() */
	enum log_level level;
	int fd;
	bool journal;		   /* fd is the journal's stream */
	bool torn;		   /* the last write ended amid a line */
	uint32_t n_lost;	   /* lines since the last one written */
	const struct clock *clock; /* NULL: CLOCK_MONOTONIC */
	void (*before)(void *arg); /* NULL: nobody asks */
	void *before_arg;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .level = LOG_INFO,
	    .fd = STDERR_FILENO };

/* What one write() puts out: some notes, then the message. */
struct line {
	char text[LINE_SIZE];
	size_t len;
};

/* Is @fd the stream that JOURNAL_STREAM, "DEVICE:INODE", speaks of?  The
 * variable is inherited by children whose stderr has since become another. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char rest;

	return stream != NULL &&
	       sscanf(stream, "%llu:%llu%c", &dev, &ino, &rest) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void
log_init(const char *program, enum log_level level)
{
	state.program = program;
	state.level = level;
	state.journal = is_journal(state.fd);
}

void
log_set_level(enum log_level level)
{
	state.level = level;
}

void
log_set_fd(int fd)
{
	state.fd = fd;
	state.journal = is_journal(fd);
}

void
log_set_clock(const struct clock *clock)
{
	state.clock = clock;
}

void
log_set_hook(void (*before)(void *arg), void *arg)
{
	state.before = before;
	state.before_arg = arg;
}

const char *
log_program(void)
{
	return state.program != NULL ? state.program
				     : program_invocation_short_name;
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	if (state.clock != NULL)
		return clock_now_ms(state.clock);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

/* Append, keeping @reserve bytes free; Return: false when it does not fit. */
static bool
put(struct line *line, size_t reserve, const void *data, size_t size)
{
	if (size + reserve > sizeof(line->text) - line->len)
		return false;
	memcpy(line->text + line->len, data, size);
	line->len += size;
	return true;
}

/* U+0080..U+009F drive a terminal just as C0 does. */
static bool
is_control(const uint8_t *p, size_t len)
{
	return p[0] < 0x20 || p[0] == 0x7f ||
	       (len == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

/* Append @text, showing each byte of what is not printable as \xNN, and an
 * ellipsis for what does not fit. */
static void
put_escaped(struct line *line, const char *text)
{
	static const char more[] = "...";
	size_t reserve = strlen(more) + 1; /* and the newline */
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text);

	while (left > 0) {
		size_t len = utf8_len(p, left);
		bool fits;

		if (len == 0 || is_control(p, len)) {
			char hex[5];

			len = 1;
			snprintf(hex, sizeof(hex), "\\x%02x", *p);
			fits = put(line, reserve, hex, 4);
		} else {
			fits = put(line, reserve, p, len);
		}
		if (!fits) {
			put(line, 1, more, strlen(more));
			return;
		}
		p += len;
		left -= len;
	}
}

static void __attribute__((format(printf, 3, 0)))
put_line(struct line *line, enum log_level level, const char *fmt, va_list ap)
{
	/* LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG of sd-daemon(3) */
	static const char *const journal[] = { "<3>", "<4>", "<6>", "<7>" };
	char text[LINE_SIZE];

	if (state.journal) {
		put(line, 1, journal[level], strlen(journal[level]));
	} else {
		put_escaped(line, log_program());
		put(line, 1, ": ", 2);
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	put_escaped(line, text);
	put(line, 0, "\n", 1);
}

static void __attribute__((format(printf, 3, 4)))
put_note(struct line *line, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(line, level, fmt, ap);
	va_end(ap);
}

/* One attempt that cannot wait; Return: true when all of it went out. */
static bool
write_now(const struct line *line)
{
	struct pollfd pfd = { .fd = state.fd, .events = POLLOUT };
	ssize_t n;

	if (poll(&pfd, 1, 0) <= 0 || pfd.revents != POLLOUT)
		return false; /* full, or gone: then write() is SIGPIPE */
	n = send(state.fd, line->text, line->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(state.fd, line->text, line->len);
	if (n <= 0)
		return false;
	state.torn = (size_t)n < line->len;
	return !state.torn;
}

/* @n_held: lines that a LOG_LIMITED site kept back; Return: true when shown */
static bool __attribute__((format(printf, 3, 0)))
emit(enum log_level level, uint32_t n_held, const char *fmt, va_list ap)
{
	struct line line = { .len = 0 };
	int saved_errno = errno;
	bool shown;

	if (state.torn)
		put(&line, 0, "\n", 1);
	if (state.n_lost > 0)
		put_note(&line, LOG_WARN,
			 "lines lost because nobody read them: %u",
			 state.n_lost);
	if (n_held > 0)
		put_note(&line, level,
			 "lines like the next that were held back: %u", n_held);
	put_line(&line, level, fmt, ap);
	if (state.before != NULL)
		state.before(state.before_arg);
	shown = write_now(&line);
	if (shown)
		state.n_lost = 0;
	else
		state.n_lost++;
	errno = saved_errno;
	return shown;
}

void
log_msg(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > state.level)
		return;
	va_start(ap, fmt);
	pthread_mutex_lock(&state.lock);
	emit(level, 0, fmt, ap);
	pthread_mutex_unlock(&state.lock);
	va_end(ap);
}

/* Return: may it be shown? */
static bool
take_token(struct log_site *site)
{
	uint64_t now = now_ms();

	if (now - site->window_start_ms >= LOG_LIMIT_WINDOW_MS) {
		site->window_start_ms = now;
		site->n_in_window = 0;
	}
	if (site->n_in_window >= LOG_LIMIT_LINES) {
		site->n_suppressed++;
		return false;
	}
	site->n_in_window++;
	return true;
}

void
log_msg_limited(struct log_site *site, enum log_level level, const char *fmt,
		...)
{
	va_list ap;

	if (level > state.level)
		return;
	va_start(ap, fmt);
	pthread_mutex_lock(&state.lock);
	if (take_token(site) && emit(level, site->n_suppressed, fmt, ap))
		site->n_suppressed = 0;
	pthread_mutex_unlock(&state.lock);
	va_end(ap);
}
