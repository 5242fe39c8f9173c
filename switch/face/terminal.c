#include "config.h"

#include "switch/face/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/face/face.h"
#include "switch/face/session.h"

enum {
	WRITE_AT_ONCE = 4096,
	LAST_WORDS_MS = 1000,
};

struct terminal {
	struct session *session;
	struct event *readable, *writable;
	int out_fd;	/* standard output, or our own to the same */
	size_t at_once; /* octets that never block there */
	bool is_socket;
	bool always_readable; /* a file: the loop cannot watch it */
	bool always_writable;
	bool lost; /* has lost output, and said so */
	void (*ended)(void *arg);
	void *ended_arg;
};

/* ---- out ---- */

/*
 * Our standard output is shared with the shell that started us and with who
 * knows whom: it must not become non-blocking.  Nor is it enough to ask whether
 * it is writable, as a terminal is when it has room for a single octet.  So it
 * is opened anew, which gives a description of our own.
 */

/* The same terminal through its other name, for one whose own is another
 * user's since su(1).  Return: a descriptor; -1. */
static int
open_controlling(int flags)
{
	int fd = open("/dev/tty", flags);
	unsigned want, got;

	if (fd >= 0 && (ioctl(STDOUT_FILENO, TIOCGDEV, &want) < 0 ||
			ioctl(fd, TIOCGDEV, &got) < 0 || want != got)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
open_out(struct terminal *t)
{
	const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	bool is_tty = isatty(STDOUT_FILENO);
	struct stat st;
	int fd = -1;

	t->out_fd = STDOUT_FILENO;
	t->at_once = WRITE_AT_ONCE;
	if (fstat(STDOUT_FILENO, &st) < 0)
		return;
	t->is_socket = S_ISSOCK(st.st_mode);
	/* of a file, ours would begin at its start */
	if (is_tty || S_ISFIFO(st.st_mode))
		fd = open("/proc/self/fd/1", flags);
	if (fd < 0 && is_tty)
		fd = open_controlling(flags);
	if (fd >= 0)
		t->out_fd = fd;
	else if (is_tty)
		t->at_once = 1; /* what a writable one has room for */
}

/* Return: false when nobody will ever read it. */
static bool
write_some(struct terminal *t)
{
	struct evbuffer *out = t->session->out;
	size_t len = evbuffer_get_length(out);
	const unsigned char *data;
	ssize_t n;

	if (len > t->at_once)
		len = t->at_once;
	data = evbuffer_pullup(out, (ev_ssize_t)len);
	n = t->is_socket ? send(t->out_fd, data, len, MSG_DONTWAIT)
			 : write(t->out_fd, data, len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	evbuffer_drain(out, (size_t)n);
	return true;
}

static void
await_room(struct terminal *t)
{
	if (t->always_writable)
		event_active(t->writable, EV_WRITE, 0);
	else
		event_add(t->writable, NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct terminal *t = arg;
	struct evbuffer *out = t->session->out;

	(void)fd;
	(void)what;
	if (evbuffer_get_length(out) > 0 && !write_some(t))
		evbuffer_drain(out, evbuffer_get_length(out));
	if (evbuffer_get_length(out) > 0)
		await_room(t);
}

static void
on_wake(void *arg)
{
	struct terminal *t = arg;
	struct evbuffer *out = t->session->out;

	if (evbuffer_get_length(out) > TERMINAL_BACKLOG_MAX) {
		if (!t->lost)
			log_warn("nobody reads the console's output: it is "
				 "lost");
		t->lost = true;
		evbuffer_drain(out, evbuffer_get_length(out));
	}
	if (evbuffer_get_length(out) > 0)
		await_room(t);
}

/* ---- in ---- */

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct terminal *t = arg;
	char data[LINES_MAX];
	ssize_t n = read(fd, data, sizeof(data));

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		n = 0;
	else if (n <= 0) {
		event_del(t->readable);
		log_warn("EOF on stdin, cleaning up and exiting");
		session_hang_up(t->session);
		t->ended(t->ended_arg);
		return;
	}
	session_feed(t->session, data, (size_t)n);
	if (t->session->ended)
		event_del(t->readable);
	else if (t->always_readable)
		event_active(t->readable, EV_READ, 0);
}

/* ---- life ---- */

/* The loop cannot watch a file or /dev/null, which are always ready. */
static bool
can_be_watched(int fd)
{
	struct epoll_event event = { .events = 0 };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool can = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;

	close(epoll);
	return can;
}

struct terminal *
terminal_new(struct face *face, void (*ended)(void *arg), void *arg)
{
	struct terminal *t = XNEW(struct terminal);
	struct event_base *base = face->sw->config.base;
	bool prompts = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	/* else a switch in the background may be stopped by its output */
	signal(SIGTTOU, SIG_IGN);
	open_out(t);
	t->session = session_new(face, SESSION_TERMINAL, prompts, on_wake, t);
	t->ended = ended;
	t->ended_arg = arg;
	t->writable = event_new(base, t->out_fd, EV_WRITE, on_writable, t);
	t->readable =
	    event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_readable, t);
	if (t->readable == NULL || t->writable == NULL)
		abort();
	t->always_writable = !can_be_watched(t->out_fd);
	t->always_readable = !can_be_watched(STDIN_FILENO);
	if (t->always_readable)
		event_active(t->readable, EV_READ, 0);
	else
		event_add(t->readable, NULL);
	return t;
}

static void
say_last_words(struct terminal *t)
{
	struct pollfd out = { .fd = t->out_fd, .events = POLLOUT };

	while (evbuffer_get_length(t->session->out) > 0 &&
	       poll(&out, 1, LAST_WORDS_MS) == 1 && write_some(t))
		;
}

void
terminal_free(struct terminal *t)
{
	if (t == NULL)
		return;
	say_last_words(t);
	event_free(t->readable);
	event_free(t->writable);
	session_free(t->session);
	if (t->out_fd != STDOUT_FILENO)
		close(t->out_fd);
	free(t);
}
