#include "config.h"

#include "driver/prompt/bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "driver/prompt/session.h"
#include "lib/json.h"
#include "lib/log.h"

enum { KEY_LEAVE = 0x1d, PIECE_MAX = 4096 };

struct bridge {
	struct session *session; /* borrowed */
	struct bufferevent *peer;
	struct event *input;
	bool left;
};

static void
write_all(const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(STDOUT_FILENO, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* the terminal is gone, and we are soon */
		data += n;
		size -= (size_t)n;
	}
}

static void
on_shown(struct bufferevent *peer, void *arg)
{
	char piece[PIECE_MAX];
	size_t n;

	(void)arg;
	while ((n = bufferevent_read(peer, piece, sizeof(piece))) > 0)
		write_all(piece, n);
}

static void
on_typed(evutil_socket_t fd, short what, void *arg)
{
	struct bridge *bridge = arg;
	char piece[PIECE_MAX];
	ssize_t n = read(fd, piece, sizeof(piece));
	const char *leave = n > 0 ? memchr(piece, KEY_LEAVE, (size_t)n) : NULL;

	(void)what;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (leave != NULL)
		n = leave - piece;
	if (n > 0)
		bufferevent_write(bridge->peer, piece, (size_t)n);
	if (n > 0 && leave == NULL)
		return;
	bridge->left = true;
	event_del(bridge->input);
	session_interrupt(bridge->session);
}

static json_t *
parameters(const char *machine, bool shell)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	const char *term = getenv("TERM");

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 ||
	    size.ws_col == 0)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	/* It becomes part of a command of the guest. */
	if (term == NULL ||
	    strspn(term, "abcdefghijklmnopqrstuvwxyz0123456789"
			 "-") != strlen(term) ||
	    term[0] == '\0' || term[0] == '-')
		term = "vt100";
	return json_pack("{s:s, s:b, s:i, s:i, s:s}", "machine", machine,
			 "shell", shell, "rows", size.ws_row, "columns",
			 size.ws_col, "term", term);
}

static bool
talk(struct bridge *bridge, int remote, const char *machine, bool shell)
{
	struct termios cooked, raw;
	bool is_terminal = tcgetattr(STDIN_FILENO, &cooked) == 0;
	json_t *result;
	char *error;
	int ret;

	if (is_terminal) {
		printf("%s of %s; Ctrl-] leaves it\n",
		       shell ? "a shell" : "the console", machine);
		fflush(stdout);
		raw = cooked;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	ret = session_call_with_fd(bridge->session, "console.open",
				   parameters(machine, shell), remote, &result,
				   &error);
	if (is_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
	putchar('\n');
	if (ret == 0)
		printf("%s\n", json_str_or(result, "ended", ""));
	else if (!bridge->left)
		log_error("%s: %s", machine, error);
	json_decref(result);
	free(error);
	return ret == 0 || bridge->left;
}

bool
bridge_run(struct session *session, const char *machine, bool shell)
{
	struct bridge bridge = { .session = session };
	struct event_base *base = session_base(session);
	bool ok = false;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       ends) < 0) {
		log_error("a pair of sockets: %s", strerror(errno));
		return false;
	}
	bridge.peer =
	    bufferevent_socket_new(base, ends[0], BEV_OPT_CLOSE_ON_FREE);
	bridge.input = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST,
				 on_typed, &bridge);
	if (bridge.peer == NULL || bridge.input == NULL)
		abort(); /* out of memory */
	bufferevent_setcb(bridge.peer, on_shown, NULL, NULL, &bridge);
	bufferevent_enable(bridge.peer, EV_READ | EV_WRITE);
	if (event_add(bridge.input, NULL) < 0) {
		log_error("stdin is a file: a console needs somebody who "
			  "types");
		close(ends[1]);
	} else {
		session_quiet(session, true);
		ok = talk(&bridge, ends[1], machine, shell);
		session_quiet(session, false);
	}
	event_free(bridge.input);
	bufferevent_free(bridge.peer);
	return ok;
}
