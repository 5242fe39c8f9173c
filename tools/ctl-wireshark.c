/* `wireshark SEGMENT`: Wireshark, with a capture that lasts as long as it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

enum {
	PIPE_SIZE = 1024 * 1024, /* what may wait for it, if we may have it */
	NOT_FOUND = 127,	 /* as shells have it */
	SIGNALLED = 128,	 /* likewise, + signal */
};

extern char **environ;

/* Of `capture`, those that make sense here. */
const struct cli_option ctl_wireshark_options[] = {
	{ "filter", 'f', "FILTER", "only what matches (pcap-filter(7))" },
	{ "port", 'i', "PORT", "only this port; implies -d both" },
	{ "direction", 'd', "in|out|both",
	  "frames as they enter the segment (default), leave it, or both" },
	{ "snaplen", 's', "OCTETS",
	  "keep so much of each frame, 64 to 65,550" },
	{ "drops", 0, NULL,
	  "frames that get no further, too, with the reason" },
	{ .name = NULL },
};

#define N_OPTIONS                                                              \
	(sizeof(ctl_wireshark_options) / sizeof(ctl_wireshark_options[0]) - 1)

/* "wireshark -k -i -", and the words behind the segment.  Returned owned; the
 * words are borrowed. */
static char **
make_argv(const struct cli *cli, const char *program)
{
	static const char *const fixed[] = { "-k", "-i", "-" };
	size_t n = 0, n_more = (size_t)cli_n_args(cli) - 1;
	char **argv = xcalloc(n_more + 5, sizeof(*argv));

	argv[n++] = (char *)program;
	for (size_t i = 0; i < 3; i++)
		argv[n++] = (char *)fixed[i];
	for (size_t i = 0; i < n_more; i++)
		argv[n++] = (char *)cli_word(cli, (int)i + 1);
	return argv;
}

/* What reads from @in_fd.  Return: 0 with *pid; a positive errno. */
static int
spawn(const struct cli *cli, const char *program, int in_fd, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	char **argv = make_argv(cli, program);
	int ret = posix_spawn_file_actions_init(&actions);

	if (ret == 0) {
		ret = posix_spawn_file_actions_adddup2(&actions, in_fd,
						       STDIN_FILENO);
		if (ret == 0)
			ret = posix_spawnp(pid, program, &actions, NULL, argv,
					   environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	free(argv);
	return ret;
}

/* Return: its exit code. */
static int
wait_for(pid_t pid)
{
	int status;

	/* Ctrl-C is for Wireshark, too: the capture is to end after it. */
	signal(SIGINT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_INFRA;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : SIGNALLED + WTERMSIG(status);
}

static int
fail_start(const char *program, int error)
{
	if (error == ENOENT)
		fprintf(stderr,
			"vdelabctl: there is no program %s; install Wireshark, "
			"or name another one in $WIRESHARK\n",
			program);
	else
		fprintf(stderr, "vdelabctl: cannot start %s: %s\n", program,
			strerror(error));
	return error == ENOENT ? NOT_FOUND : EXIT_INFRA;
}

/* What the capture is to be; *params is the caller's.  Return: exit code. */
static int
read_params(struct ctl *ctl, json_t **params)
{
	const char *words[3 + 2 * N_OPTIONS] = { cli_word(ctl->cli, 0), "write",
						 "-" };
	const struct cli_option *o = ctl_wireshark_options;
	size_t n = 3;
	int code;

	for (; o->name != NULL; o++) {
		if (!cli_has(ctl->cli, o->name))
			continue;
		words[n++] = o->name;
		if (o->value != NULL)
			words[n++] = cli_opt(ctl->cli, o->name);
	}
	code = ctl_params_from(ctl, verb_find_method("capture.start"), words, n,
			       params);
	if (code == EXIT_OK) {
		json_object_del(*params, "file"); /* a pipe is in its place */
		ctl_capture_direction(*params);
	}
	return code;
}

/* Return: exit code; on EXIT_OK *id is the capture's, owned by the caller. */
static int
start_capture(struct ctl *ctl, int out_fd, char **id)
{
	json_t *params, *result;
	int code = read_params(ctl, &params);

	if (code == EXIT_OK)
		code = ctl_call(ctl, "capture.start", params, out_fd, &result);
	if (code != EXIT_OK)
		return code;
	*id = xstrdup(json_str_or(result, "id", ""));
	json_decref(result);
	return EXIT_OK;
}

static void
stop_capture(struct ctl *ctl, char *id)
{
	struct err err = ERR_INIT;

	/* It has seen that nobody reads, or the switch is gone: no matter. */
	json_decref(rpc_call_sync(ctl->fd, "capture.stop",
				  json_pack("{s:s}", "id", id), NULL, 0,
				  CTL_TIMEOUT_MS, &err));
	free(id);
}

static int
run(struct ctl *ctl, const char *program)
{
	int fds[2], code, error;
	char *id = NULL;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_start(program, errno);
	(void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_SIZE);
	/* First: what is wrong with a filter is to be read where it was typed.
	 */
	code = start_capture(ctl, fds[1], &id);
	close(fds[1]);
	error = code == EXIT_OK ? spawn(ctl->cli, program, fds[0], &pid) : 0;
	close(fds[0]);
	if (code == EXIT_OK)
		code = error == 0 ? wait_for(pid) : fail_start(program, error);
	if (id != NULL)
		stop_capture(ctl, id);
	return code;
}

int
ctl_run_wireshark(const struct cli *cli)
{
	const char *program = getenv("WIRESHARK");
	struct ctl ctl;
	int code = ctl_open(&ctl, cli);

	if (program == NULL || program[0] == '\0')
		program = "wireshark";
	if (code == EXIT_OK)
		code = run(&ctl, program);
	ctl_close(&ctl);
	return code;
}
