/*
 * `capture SEGMENT -w FILE|-`: a capture for as long as this command runs.
 *
 * The switch writes into a pipe, and we from there into the output, so that the
 * capture ends however this process does.  While the switch is asked to stop,
 * the pipe must be read on: the answer comes when it has taken everything.
 *
 * Several files the switch writes itself, as long as we hold our end of a
 * socketpair; from that, nothing is ever to be read but its end.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

enum {
	BUF_SIZE = 64 * 1024,
	PIPE_SIZE = 1024 * 1024, /* what may wait for us, if we may have it */
	LOOK_MS = 200,		 /* how often an idle output is looked at */
	INTERRUPTED = 128,	 /* + signal: the exit code of giving up */
};

struct stream {
	struct event_base *base;
	struct rpc_conn *conn; /* NULL once it is lost */
	char *id;	       /* the capture's */
	int in_fd;	       /* our end of the pipe; -1 once it has ended */
	int out_fd;
	struct event *readable;
	struct event *writable; /* NULL: never blocks, as a regular file */
	struct event *look;	/* at an idle output */
	struct event *interrupts[2];
	uint8_t buf[BUF_SIZE];
	size_t from, to; /* what of .buf is still to be written */
	bool lost;	 /* the output takes no more */
	bool stopping;	 /* the switch has been asked */
	bool answered;
	int code;
};

/* ---- the end ---- */

static void
finish_if_done(struct stream *s)
{
	bool written = s->from == s->to;

	if (s->in_fd < 0 && written && (s->answered || s->conn == NULL))
		event_base_loopbreak(s->base);
}

static void
complain(struct stream *s, int code, const char *text)
{
	fprintf(stderr, "vdelabctl: capture: %s\n", text);
	if (s->code == EXIT_OK)
		s->code = code;
}

static void
on_stopped(const json_t *result, const struct err *err, void *arg)
{
	const char *error = json_str_or(result, "error", NULL);
	struct stream *s = arg;

	if (err != NULL && (err->code == -ECONNRESET || err->code == -EPIPE))
		return; /* on_lost() follows */
	s->answered = true;
	if (result == NULL)
		complain(s, EXIT_TEST_FAILED, err->text);
	else if (error != NULL && !s->lost)
		complain(s, EXIT_TEST_FAILED, error);
	if (result != NULL)
		fprintf(stderr,
			"%" PRId64 " frames captured, %" PRId64 " dropped\n",
			json_int_or(result, "frames", 0),
			json_int_or(result, "dropped", 0));
	finish_if_done(s);
}

static void
ask_to_stop(struct stream *s)
{
	if (s->stopping || s->conn == NULL)
		return;
	s->stopping = true;
	rpc_conn_call(s->conn, "capture.stop", json_pack("{s:s}", "id", s->id),
		      NULL, 0, on_stopped, s);
}

static void
on_lost(void *arg)
{
	struct stream *s = arg;

	rpc_conn_free(s->conn);
	s->conn = NULL;
	if (!s->answered)
		complain(s, EXIT_NO_SWITCH,
			 "the switch has gone; the capture ends here");
	finish_if_done(s);
}

static void
on_interrupt(evutil_socket_t signo, short what, void *arg)
{
	struct stream *s = arg;

	(void)what;
	if (s->stopping) { /* a second time: it shall not last any longer */
		s->code = INTERRUPTED + (int)signo;
		event_base_loopbreak(s->base);
	}
	ask_to_stop(s);
}

/* ---- from the pipe to the output ---- */

static void
close_input(struct stream *s)
{
	if (s->in_fd < 0)
		return;
	event_del(s->readable);
	close(s->in_fd);
	s->in_fd = -1;
	ask_to_stop(s);
}

/* Whoever read our output has seen enough, or it is full. */
static void
lose_output(struct stream *s, int error)
{
	if (error != EPIPE)
		complain(s, EXIT_INFRA, strerror(error));
	s->lost = true;
	s->from = s->to = 0;
	close_input(s);
	finish_if_done(s);
}

/* Writes what there is, up to what an output that is ready surely takes.
 * Return: 0; an errno. */
static int
write_some(struct stream *s)
{
	size_t len = s->to - s->from;
	ssize_t n;

	if (s->writable != NULL && len > PIPE_BUF)
		len = PIPE_BUF;
	n = write(s->out_fd, s->buf + s->from, len);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : errno;
	s->from += (size_t)n;
	return 0;
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	int error = write_some(s);

	(void)fd;
	(void)what;
	if (error != 0) {
		lose_output(s, error);
	} else if (s->from < s->to) {
		event_add(s->writable, NULL);
	} else if (s->in_fd >= 0) {
		event_add(s->readable, NULL);
	} else {
		finish_if_done(s);
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	ssize_t n = read((int)fd, s->buf, sizeof(s->buf));
	int error = 0;

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		event_add(s->readable, NULL);
		return;
	}
	if (n <= 0) {
		close_input(s);
		finish_if_done(s);
		return;
	}
	s->from = 0;
	s->to = (size_t)n;
	if (s->writable != NULL) {
		event_add(s->writable, NULL);
		return;
	}
	while (error == 0 && s->from < s->to)
		error = write_some(s);
	if (error != 0)
		lose_output(s, error);
	else
		event_add(s->readable, NULL);
}

/* While no frame comes, nothing else would tell that the reader has gone. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	struct pollfd pfd = { .fd = s->out_fd };

	(void)fd;
	(void)what;
	if (s->in_fd >= 0 && poll(&pfd, 1, 0) > 0 &&
	    (pfd.revents & POLLERR) != 0)
		lose_output(s, EPIPE);
}

/* ---- the start ---- */

void
ctl_capture_direction(json_t *params)
{
	if (json_object_get(params, "port") != NULL &&
	    json_object_get(params, "direction") == NULL)
		json_object_set_new(params, "direction", json_string("both"));
}

/* What `capture` and `capture start` ask for; *params is the caller's.
 * Return: exit code. */
static int
read_params(struct ctl *ctl, json_t **params)
{
	int code = ctl_params(ctl, verb_find_method("capture.start"), params);

	if (code == EXIT_OK)
		ctl_capture_direction(*params);
	return code;
}

/* The name of a file, which the switch is not told, says of what format it is. */
static void
keep_format(json_t *params)
{
	const char *file = json_str_or(params, "file", "");
	size_t len = strlen(file);

	if (json_object_get(params, "format") == NULL && len > 5 &&
	    strcmp(file + len - 5, ".pcap") == 0)
		json_object_set_new(params, "format", json_string("pcap"));
}

/* Do the options ask for more than one file? */
static bool
makes_several(const struct cli *cli)
{
	static const char *const options[] = { "ring", "file-size",
					       "file-seconds", "file-frames",
					       "files" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (cli_has(cli, options[i]))
			return true;
	return false;
}

/* Ours is fds[0].  Return: 0; -1 with errno set. */
static int
make_channel(bool several, int fds[2])
{
	if (several)
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	/* Not everybody may; a smaller one does as well. */
	(void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

/* Asks the switch to capture into a pipe, or into its own files.  Return: exit
 * code; on EXIT_OK *in_fd is our end and *id the capture's, both owned by the
 * caller. */
static int
start(struct ctl *ctl, int *in_fd, char **id)
{
	bool several = makes_several(ctl->cli);
	json_t *params, *result;
	int code, fds[2];

	code = read_params(ctl, &params);
	if (code != EXIT_OK)
		return code;
	if (!several) {
		keep_format(params);
		json_object_del(params, "file"); /* is ours */
	}
	if (make_channel(several, fds) < 0) {
		struct err err = ERR_INIT;

		json_decref(params);
		err_errno(&err, "cannot make a pipe");
		ctl_fail(&err);
		return EXIT_INFRA;
	}
	code = ctl_call(ctl, "capture.start", params, fds[1], &result);
	close(fds[1]);
	if (code != EXIT_OK) {
		close(fds[0]);
		return code;
	}
	*in_fd = fds[0];
	*id = xstrdup(json_str_or(result, "id", ""));
	json_decref(result);
	return EXIT_OK;
}

/* Return: a descriptor; -1 after telling on stderr. */
static int
open_output(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		fprintf(stderr, "vdelabctl: cannot write %s: %s\n", path,
			strerror(errno));
	return fd;
}

/* Return: exit code. */
static int
stream_init(struct stream *s, struct ctl *ctl)
{
	static const int signals[2] = { SIGINT, SIGTERM };
	static const struct timeval look = { .tv_usec = LOOK_MS * 1000 };
	struct stat st;
	int code;

	code = ctl_watch(ctl, &s->base, &s->conn, NULL, on_lost, s);
	if (code != EXIT_OK)
		return code;
	signal(SIGPIPE, SIG_IGN);
	s->readable = event_new(s->base, s->in_fd, EV_READ, on_readable, s);
	event_add(s->readable, NULL);
	/* Some outputs cannot be waited for: files, /dev/null. */
	if (fstat(s->out_fd, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
		s->writable =
		    event_new(s->base, s->out_fd, EV_WRITE, on_writable, s);
		s->look = event_new(s->base, -1, EV_PERSIST, on_look, s);
		event_add(s->look, &look);
	}
	for (size_t i = 0; i < 2; i++) {
		s->interrupts[i] =
		    evsignal_new(s->base, signals[i], on_interrupt, s);
		event_add(s->interrupts[i], NULL);
	}
	return EXIT_OK;
}

static void
stream_fini(struct stream *s)
{
	event_free(s->readable);
	if (s->writable != NULL) {
		event_free(s->writable);
		event_free(s->look);
	}
	for (size_t i = 0; i < 2; i++)
		event_free(s->interrupts[i]);
	rpc_conn_free(s->conn);
	event_base_free(s->base);
}

static void
give_up(struct ctl *ctl, const char *id)
{
	json_t *result;

	ctl_call(ctl, "capture.stop", json_pack("{s:s}", "id", id), -1,
		 &result);
	json_decref(result);
}

/* Return: exit code. */
static int
run_stream(struct ctl *ctl, const char *path, int in_fd, char *id)
{
	struct stream *s = XNEW(struct stream);
	int code;

	s->in_fd = in_fd;
	s->id = id;
	s->out_fd = open_output(path);
	if (s->out_fd < 0) {
		free(s);
		close(in_fd);
		give_up(ctl, id);
		return EXIT_INFRA;
	}
	s->code = stream_init(s, ctl);
	if (s->code == EXIT_OK) {
		event_base_dispatch(s->base);
		stream_fini(s);
	}
	if (s->in_fd >= 0)
		close(s->in_fd);
	if (s->out_fd != STDOUT_FILENO && close(s->out_fd) < 0)
		complain(s, EXIT_INFRA, strerror(errno));
	code = s->code;
	free(s);
	return code;
}

int
ctl_run_capture(const struct cli *cli)
{
	const char *path = cli_opt(cli, "write");
	struct ctl ctl;
	char *id = NULL;
	int code, in_fd;

	if (cli_n_args(cli) == 0 && path == NULL)
		return ctl_run(cli);
	if (cli_n_args(cli) == 0)
		return cli_usage_error(cli, "which segment?");
	if (path == NULL)
		return cli_usage_error(cli, "where to? -w FILE, or -w - for "
					    "standard output");
	if (makes_several(cli) && strcmp(path, "-") == 0)
		return cli_usage_error(cli, "several files need a name: "
					    "-w FILE");
	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
		return cli_usage_error(cli, "a terminal cannot show pcapng: "
					    "use a pipe, or -w FILE");
	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = start(&ctl, &in_fd, &id);
	if (code == EXIT_OK)
		code = run_stream(&ctl, makes_several(cli) ? "/dev/null" : path,
				  in_fd, id);
	free(id);
	ctl_close(&ctl);
	return code;
}

/* ---- capture start ---- */

int
ctl_run_capture_start(const struct cli *cli)
{
	const struct verb *verb = cli_data(cli);
	json_t *params, *result;
	struct ctl ctl;
	int code;

	code = ctl_check_words(cli, verb);
	if (code != EXIT_OK)
		return code;
	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = read_params(&ctl, &params);
	if (code == EXIT_OK &&
	    strcmp(json_str_or(params, "file", ""), "-") == 0) {
		json_decref(params);
		code =
		    cli_usage_error(cli, "such a capture outlives this command "
					 "and needs a file: -w FILE");
	}
	if (code == EXIT_OK)
		code = ctl_call(&ctl, verb->method, params, -1, &result);
	if (code == EXIT_OK) {
		ctl_show(&ctl, result, ctl_shower(verb->method));
		json_decref(result);
	}
	ctl_close(&ctl);
	return code;
}
