#include "config.h"

#include "driver/prompt/shell-cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "driver/prompt/prompt.h"
#include "driver/prompt/session.h"
#include "driver/report/look.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/process.h"

enum {
	ARGS_MAX = 16,
	END_MS = 60 * 1000,  /* for the run to end in order */
	KILL_MS = 10 * 1000, /* and after it was asked to by a signal */
};

const struct cli_option shell_command_options[] = {
	{ "accel", 0, "auto|kvm|tcg",
	  "how guests run; auto tries KVM with a little guest code" },
	{ "results", 'o', "DIR",
	  "where the test's directory is made (default: results)" },
	{ "seed", 0, "N", "the script's `seed`, and its random numbers'" },
	{ "timeout-scale", 0, "F",
	  "multiply every deadline (default: 1 with KVM, 3 with TCG)" },
	{ "verbose", 'v', NULL, "also print output and consoles as they come" },
	{ NULL, 0, NULL, NULL },
};

const char shell_command_details[] =
    "A prompt at the machines of a test file: none is started, start_all() "
    "does that.\n"
    "Lines are Lua, with all that test scripts have; test_script() runs the "
    "file's\n"
    "script, run_subtest(\"NAME\") a part of it, help tells what there is. "
    "Ctrl-D ends\n"
    "the machines.";

/* The process that has the machines. */
struct shell {
	struct event_base *base;
	struct clock *clock;
	struct process *server;
	int ready_fd; /* where it tells its socket */
	bool ended;
	int code; /* its exit code, when it has ended */
};

static void
on_exit_of_server(struct process *p, const struct process_status *status,
		  void *arg)
{
	struct shell *shell = arg;

	(void)p;
	shell->ended = true;
	shell->code = status->signaled ? 128 + status->code : status->code;
}

/* `vdelab serve` with the options that we were given. */
static int
start_server(struct shell *shell, const struct cli *cli, struct err *err)
{
	char program[PATH_MAX];
	const char *argv[ARGS_MAX] = { program, "serve", "--quiet",
				       "--ready-fd" };
	struct process_spec spec = PROCESS_SPEC_INIT;
	size_t n = 4;
	int fds[2];
	char number[16];

	if (paths_find(PATHS_BIN, "vdelab", program, sizeof(program), err) < 0)
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, "a pipe");
	snprintf(number, sizeof(number), "%d", fds[1]);
	argv[n++] = number;
	for (const struct cli_option *o = shell_command_options;
	     o->name != NULL; o++) {
		static const char *const words[] = { "--accel", "--results",
						     "--seed",
						     "--timeout-scale" };

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strcmp(words[i] + 2, o->name) != 0 ||
			    !cli_has(cli, o->name))
				continue;
			argv[n++] = words[i];
			argv[n++] = cli_opt(cli, o->name);
		}
	}
	argv[n++] = "--";
	argv[n++] = cli_word(cli, 0);
	spec.name = "vdelab serve";
	spec.argv = argv;
	spec.keep_fds = &fds[1];
	spec.n_keep_fds = 1;
	spec.stderr_fd = STDERR_FILENO;
	spec.death_signal = SIGTERM;
	spec.on_exit = on_exit_of_server;
	spec.arg = shell;
	shell->server = process_spawn(shell->base, shell->clock, &spec, err);
	close(fds[1]);
	shell->ready_fd = fds[0];
	return shell->server != NULL ? 0 : -EIO;
}

/* The line that it writes when it serves.  Return: false when it ended, or was
 * interrupted, before that. */
static bool
read_socket(struct shell *shell, char *path, size_t size)
{
	size_t len = 0;
	ssize_t n;

	/* Blocking: images may have to be made first, and Ctrl-C ends us. */
	while (len + 1 < size) {
		n = read(shell->ready_fd, path + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (path[len] == '\n')
			break;
		len++;
	}
	path[len] = '\0';
	return true;
}

static void
on_late(void *arg)
{
	*(bool *)arg = true;
}

static void
wait_for_end(struct shell *shell, uint64_t ms)
{
	bool late = false;
	struct timer *timer = timer_new(shell->clock, on_late, &late);

	timer_set_in(timer, ms * NS_PER_MS);
	while (!shell->ended && !late &&
	       event_base_loop(shell->base, EVLOOP_ONCE) == 0)
		;
	timer_free(timer);
}

static int
talk(struct shell *shell, const struct look *look, const char *path)
{
	struct err err = ERR_INIT;
	struct session *session = session_new(shell->base, path, look, &err);
	json_t *result = NULL;
	char *error = NULL;
	int code;

	if (session == NULL) {
		log_error("%s", err.text);
		return EXIT_INFRA;
	}
	code = prompt_run(session, "ends the machines");
	if (!session_is_over(session))
		session_call(session, "run.end", NULL, &result, &error);
	json_decref(result);
	free(error);
	session_wait_over(session, END_MS);
	session_free(session);
	return code;
}

int
shell_command(const struct cli *cli)
{
	struct shell shell = { .ready_fd = -1 };
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	struct look look;
	int code = look_of_cli(&look, stdout, cli);

	if (code != EXIT_OK)
		return code;
	code = EXIT_INFRA;
	setlocale(LC_CTYPE, "");
	shell.base = event_base_new();
	if (shell.base == NULL)
		return EXIT_INFRA;
	shell.clock = clock_real_new(shell.base);
	if (start_server(&shell, cli, &err) < 0)
		log_error("%s", err.text);
	else if (read_socket(&shell, path, sizeof(path)))
		code = talk(&shell, &look, path);
	if (shell.server != NULL) {
		wait_for_end(&shell, END_MS);
		if (!shell.ended)
			process_stop(shell.server, KILL_MS);
		wait_for_end(&shell, KILL_MS + 1000);
		if (shell.code != EXIT_OK)
			code = shell.code;
	}
	process_free(shell.server);
	if (shell.ready_fd >= 0)
		close(shell.ready_fd);
	clock_free(shell.clock);
	event_base_free(shell.base);
	return code;
}
