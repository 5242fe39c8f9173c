#include "config.h"

#include "switch/face/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/face/command.h"
#include "switch/face/face.h"

#define DATA_BEGIN "0000 DATA END WITH '.'"
#define DATA_END "."
#define PROMPT "\nvde$ "
#define END_OF_SESSION "9999 END OF SESSION"

/* ---- telling ---- */

static void
wake(struct session *s)
{
	if (s->wake != NULL)
		s->wake(s->wake_arg);
}

void
session_tell(struct session *s, const char *fmt, ...)
{
	va_list ap;

	if (s->out == NULL)
		return;
	va_start(ap, fmt);
	if (evbuffer_add_vprintf(s->out, fmt, ap) < 0)
		abort();
	va_end(ap);
	wake(s);
}

static void
prompt(struct session *s)
{
	if (s->prompts)
		session_tell(s, PROMPT);
}

void
session_greet(struct session *s)
{
	session_tell(s,
		     "VDE switch V." FACE_VDE_VERSION "\n"
		     "vdelab-switch %s in the manner of " FACE_PROGRAM "\n",
		     PACKAGE_VERSION);
	prompt(s);
}

/* ---- one command ---- */

/* What errno alone does not say comes behind it. */
static void
answer(struct session *s, int code)
{
	if (code == 0)
		session_tell(s, "1000 Success\n");
	else if (code > 0 && s->error.text[0] != '\0')
		session_tell(s, "1%03d %s: %s\n", code, strerror(code),
			     s->error.text);
	else if (code > 0)
		session_tell(s, "1%03d %s\n", code, strerror(code));
}

/* The answer is said when it is whole: what is told meanwhile comes first. */
static int
run(struct session *s, const struct command *c, const char *arg)
{
	struct evbuffer *data;
	int code;

	if ((c->flags & COMMAND_CLIENT) != 0 && s->kind == SESSION_QUIET)
		return EBADF;
	if ((c->flags & COMMAND_DATA) == 0)
		return c->fn(s, arg, NULL);
	data = evbuffer_new();
	if (data == NULL)
		abort();
	command_print(data, DATA_BEGIN);
	code = c->fn(s, arg, data);
	command_print(data, DATA_END);
	if (s->out != NULL && evbuffer_add_buffer(s->out, data) < 0)
		abort();
	evbuffer_free(data);
	return code;
}

int
session_run(struct session *s, const char *line)
{
	const struct command *c;
	const char *arg;
	int code;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	s->error = (struct err)ERR_INIT;
	c = command_find(line, &arg);
	code = c != NULL ? run(s, c, arg) : ENOSYS;
	answer(s, code);
	return code;
}

/* ---- a dialogue ---- */

static void
end(struct session *s)
{
	s->ended = true;
	s->debug = 0;
	timer_cancel(s->grace);
	wake(s);
}

static void
stop_switch(struct face *face)
{
	log_warn("Shutdown from mgmt command");
	if (face->stop != NULL)
		face->stop(face->stop_arg);
}

static bool
on_line(char *line, void *arg)
{
	struct session *s = arg;
	int code = 0;

	if (line == NULL)
		session_tell(s, "1%03d %s\n", E2BIG, strerror(E2BIG));
	else
		code = session_run(s, line);
	if (code >= 0) {
		prompt(s);
		return true;
	}
	if (code == COMMAND_LOGOUT && s->kind == SESSION_TERMINAL)
		return true; /* there is nothing to leave for */
	if (s->kind == SESSION_SOCKET)
		session_tell(s, END_OF_SESSION);
	end(s);
	if (code == COMMAND_SHUTDOWN)
		stop_switch(s->face);
	return false;
}

static void
on_grace_over(void *arg)
{
	struct session *s = arg;

	lines_end(&s->lines, on_line, s);
}

void
session_feed(struct session *s, const char *data, size_t len)
{
	if (s->ended)
		return;
	timer_cancel(s->grace);
	lines_feed(&s->lines, data, len, on_line, s);
	if (!s->ended && lines_is_open(&s->lines))
		timer_set_in(s->grace, SESSION_GRACE_MS * NS_PER_MS);
}

void
session_hang_up(struct session *s)
{
	if (s->ended)
		return;
	lines_end(&s->lines, on_line, s);
	if (!s->ended)
		end(s);
}

/* ---- scripts ---- */

enum { SCRIPT_MAX = 1024 * 1024 };

/* Return: its text, with a NUL behind, returned owned; NULL. */
static char *
read_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;
	char *text;

	if (fd < 0) {
		err_errno(err, "cannot read %s", path);
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > SCRIPT_MAX) {
		err_set(err, -EINVAL,
			"%s is no file of at most %d octets of commands", path,
			SCRIPT_MAX);
		close(fd);
		return NULL;
	}
	text = xcalloc((size_t)st.st_size + 1, 1);
	n = read(fd, text, (size_t)st.st_size);
	if (n < 0) {
		err_errno(err, "cannot read %s", path);
		free(text);
		text = NULL;
	} else {
		text[n] = '\0';
	}
	close(fd);
	return text;
}

static void
run_script(struct session *s, const char *path, char *text)
{
	unsigned number = 0;
	char *line;

	while ((line = strsep(&text, "\n")) != NULL && !s->ended) {
		int code;

		number++;
		if (text == NULL && *line == '\0')
			break; /* behind the last newline */
		session_tell(s, "vde[%s]: %s\n", path, line);
		code = session_run(s, line);
		if (code > 0 && s->kind == SESSION_QUIET)
			log_warn("%s:%u: %s: %s", path, number, line,
				 s->error.text[0] != '\0' ? s->error.text
							  : strerror(code));
		if (code == COMMAND_SHUTDOWN) {
			end(s);
			stop_switch(s->face);
		}
	}
}

int
session_load(struct session *s, const char *path, struct err *err)
{
	char *text;

	if (s->script_depth == SESSION_SCRIPT_DEPTH_MAX)
		return err_set(err, -ELOOP, "%s: scripts load scripts, %d deep",
			       path, SESSION_SCRIPT_DEPTH_MAX);
	if (s->script_depth == 0)
		s->n_scripts = 0;
	if (s->n_scripts == SESSION_SCRIPTS_MAX)
		return err_set(err, -ELOOP,
			       "%s: one command leads to more than %d scripts",
			       path, SESSION_SCRIPTS_MAX);
	s->n_scripts++;
	text = read_file(path, err);
	if (text == NULL)
		return err != NULL ? err->code : -EIO;
	s->script_depth++;
	run_script(s, path, text);
	s->script_depth--;
	free(text);
	return 0;
}

/* ---- life ---- */

struct session *
session_new(struct face *face, enum session_kind kind, bool prompts,
	    void (*wake_fn)(void *arg), void *arg)
{
	struct session *s = XNEW(struct session);

	s->face = face;
	s->kind = kind;
	s->prompts = prompts;
	s->grace = timer_new(face->sw->config.clock, on_grace_over, s);
	s->wake = wake_fn;
	s->wake_arg = arg;
	if (kind != SESSION_QUIET) {
		s->out = evbuffer_new();
		if (s->out == NULL)
			abort();
	}
	TAILQ_INSERT_TAIL(&face->sessions, s, link);
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	TAILQ_REMOVE(&s->face->sessions, s, link);
	timer_free(s->grace);
	if (s->out != NULL)
		evbuffer_free(s->out);
	free(s);
}
