/*
 * vdecmd: one command for a switch's console, from a shell.  What it shows goes
 * to stdout; the exit code is the answer's number: 0, or an errno, as strerror
 * or errno(1) know it.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tools/compat/answer.h"

/* No errno; what VDE's own ends with. */
enum { EXIT_NO_ANSWER = 255 };

enum { TIMEOUT_DEFAULT_S = 10, COMMAND_MAX = 4096 };

struct invocation {
	const char *socket; /* unless an option says otherwise */
	bool ended;	    /* the exit code is vdecmd's */
};

struct talk {
	int fd;
	struct clock *clock;
	uint64_t deadline_ms;
	struct answer answer;
};

static const struct cli_option vdecmd_options[] = {
	{ "sock", 's', "SOCKET",
	  "of the console: --mgmt of the switch (default: /var/run/vdecmd)" },
	{ "rcfile", 'f', "FILE", "ignored: it told VDE's own how to talk" },
	{ "timeout", 't', "SECONDS", "how long to wait for the answer (10)" },
	{ "verbose", 'v', NULL,
	  "show the answer's text also when it is "
	  "success, and events" },
	{ NULL, 0, NULL, NULL },
};

static void
on_data(const char *line, void *arg)
{
	(void)arg;
	printf("%s\n", line);
}

static void
on_event(const char *line, void *arg)
{
	const struct cli *cli = arg;

	if (cli_has(cli, "verbose"))
		fprintf(stderr, "%s\n", line);
}

/* Waits for @events.  Return: 0; -ETIMEDOUT. */
static int
wait_for(const struct talk *t, short events, struct err *err)
{
	struct pollfd pfd = { .fd = t->fd, .events = events };
	uint64_t now_ms;
	int n;

	do {
		now_ms = clock_now_ms(t->clock);
		n = now_ms >= t->deadline_ms
			? 0
			: poll(&pfd, 1, (int)(t->deadline_ms - now_ms));
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0
		     : err_set(err, -ETIMEDOUT, "there is no answer in time");
}

/* Until it is ready for a command, its answer being complete. */
static int
listen_to(struct talk *t, struct err *err)
{
	char data[4096];
	ssize_t n;
	int ret = 0;

	while (ret == 0) {
		ret = wait_for(t, POLLIN, err);
		if (ret < 0)
			return ret;
		n = recv(t->fd, data, sizeof(data), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		ret = n > 0 ? answer_feed(&t->answer, data, (size_t)n)
			    : answer_end(&t->answer);
	}
	return ret > 0 ? 0
		       : err_set(err, ret,
				 "it ends, or does not speak as the console of "
				 "a switch does");
}

static int
say(const struct talk *t, const char *text, struct err *err)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n;
		int ret = wait_for(t, POLLOUT, err);

		if (ret < 0)
			return ret;
		n = send(t->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return err_errno(err, "cannot say it");
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The words as one line.  Return: returned owned; NULL when it is none. */
static char *
join_words(const struct cli *cli)
{
	char *line = xstrdup("");

	for (int i = 0; i < cli_n_args(cli); i++) {
		char *longer = xasprintf("%s%s%s", line, i > 0 ? " " : "",
					 cli_word(cli, i));

		free(line);
		line = longer;
	}
	if (strchr(line, '\n') == NULL && strlen(line) <= COMMAND_MAX)
		return line;
	free(line);
	return NULL;
}

/* Return: 0 with the answer in @t; -errno. */
static int
ask(struct talk *t, const char *command, struct err *err)
{
	char *line;
	int ret = listen_to(t, err);

	if (ret < 0)
		return ret;
	answer_next(&t->answer);
	line = xasprintf("%s\n", command);
	ret = say(t, line, err);
	free(line);
	return ret < 0 ? ret : listen_to(t, err);
}

static int
tell(const struct cli *cli, const struct answer *answer)
{
	fflush(stdout);
	if (answer->code != 0 || cli_has(cli, "verbose"))
		fprintf(stderr, "%s\n", answer->text);
	/* The shell sees eight bits, and 0 must mean success. */
	return answer->code == 0 || answer->code % 256 != 0 ? answer->code % 256
							    : EXIT_NO_ANSWER;
}

/* Return: false when it is no number of seconds. */
static bool
read_timeout(const char *text, uint64_t *timeout_ms)
{
	char *end;
	unsigned long s = TIMEOUT_DEFAULT_S;

	if (text != NULL) {
		s = strtoul(text, &end, 10);
		if (end == text || *end != '\0' || s < 1 || s > 86400)
			return false;
	}
	*timeout_ms = s * 1000;
	return true;
}

static int
run(const struct cli *cli)
{
	struct invocation *invocation = cli_arg(cli);
	const char *path = cli_opt(cli, "sock");
	struct talk t = { .fd = -1 };
	struct err err = ERR_INIT;
	uint64_t timeout_ms;
	char *command;
	int ret;

	if (!read_timeout(cli_opt(cli, "timeout"), &timeout_ms))
		return cli_usage_error(cli, "--timeout takes seconds");
	command = join_words(cli);
	if (command == NULL)
		return cli_usage_error(cli, "a command is one line");
	if (path == NULL)
		path = invocation->socket;
	invocation->ended = true;
	t.clock = clock_real_new(NULL);
	t.deadline_ms = clock_now_ms(t.clock) + timeout_ms;
	answer_init(&t.answer, on_data, on_event, (void *)cli);
	t.fd = sockpath_connect(path, SOCK_STREAM, &err);
	ret = t.fd < 0 ? t.fd : ask(&t, command, &err);
	if (ret == 0) {
		ret = tell(cli, &t.answer);
	} else {
		log_error("%s: %s", path, err.text);
		ret = EXIT_NO_ANSWER;
	}
	if (t.fd >= 0)
		close(t.fd);
	clock_free(t.clock);
	free(command);
	return ret;
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	struct cli_command root = {
		.name = name,
		.args = "COMMAND [ARGUMENT]...",
		.help = "one command for the console of a switch",
		.options = vdecmd_options,
		.min_args = 1,
		.max_args = -1,
		.run = run,
		.details = "The exit code is the answer's number: 0 for "
			   "success, else an errno;\n255 when there is no "
			   "answer.\n",
	};
	char *path = xasprintf("/var/run/%s", name);
	struct invocation invocation = { .socket = path };
	int code;

	log_init(name, LOG_INFO);
	code = cli_main(&root, PACKAGE_VERSION, argc, argv, &invocation);
	free(path);
	/* A wrong option must not look like an answer. */
	return invocation.ended || code == EXIT_OK ? code : EXIT_NO_ANSWER;
}
