#include "config.h"

#include "driver/prompt/attach-cmd.h"

#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "driver/prompt/prompt.h"
#include "driver/prompt/runs.h"
#include "driver/prompt/session.h"
#include "driver/report/look.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"

const struct cli_option attach_command_options[] = {
	{ "foreground", 0, NULL, NULL }, /* of a run that stands still */
	{ "verbose", 'v', NULL, "also print output and consoles as they come" },
	{ NULL, 0, NULL, NULL },
};

const char attach_command_details[] =
    "RUN is the ID or the test's name of a run, or the beginning of one. "
    "Without a\n"
    "terminal the lines of stdin are done, and the exit code is 1 when one of "
    "them\n"
    "has failed.";

/* The socket of the run that is meant.  Return: an exit code. */
static int
find_socket(const struct cli *cli, char *path, size_t size)
{
	const char *word = cli_word(cli, 0);
	const struct run_found *run;
	struct err err = ERR_INIT;
	struct runs runs;
	int code = EXIT_OK;

	/* A run tells its directory to the prompt that it opens. */
	if (word != NULL && word[0] == '/') {
		snprintf(path, size, "%s/control", word);
		return EXIT_OK;
	}
	if (runs_find(&runs, &err) < 0) {
		code = EXIT_INFRA;
	} else {
		run = runs_choose(&runs, word, &err);
		if (run == NULL)
			code = EXIT_USAGE;
		else
			snprintf(path, size, "%s", run->socket);
	}
	if (code != EXIT_OK)
		log_error("%s", err.text);
	runs_fini(&runs);
	return code;
}

int
attach_command(const struct cli *cli)
{
	bool foreground = cli_has(cli, "foreground");
	struct err err = ERR_INIT;
	struct event_base *base;
	struct session *session;
	char path[PATH_MAX];
	struct look look;
	int code = look_of_cli(&look, stdout, cli);

	if (code == EXIT_OK)
		code = find_socket(cli, path, sizeof(path));
	if (code != EXIT_OK)
		return code;
	setlocale(LC_CTYPE, "");
	/* Stopped, the prompt of a run would keep the terminal. */
	if (foreground)
		signal(SIGTSTP, SIG_IGN);
	base = event_base_new();
	session = base == NULL ? NULL : session_new(base, path, &look, &err);
	if (session != NULL) {
		code = prompt_run(session, foreground ? "lets the run go on"
						      : "leaves the run");
		session_free(session);
	} else {
		log_error("%s", err.text);
		code = EXIT_INFRA;
	}
	if (base != NULL)
		event_base_free(base);
	return code;
}

bool
attach_complete(const struct cli *cli, const char *value)
{
	struct runs runs;

	if (value != NULL)
		return false;
	runs_find(&runs, NULL);
	for (size_t i = 0; i < runs.n; i++)
		cli_candidate(cli, runs.items[i].id,
			      json_str_or(runs.items[i].info, "test", NULL));
	runs_fini(&runs);
	return true;
}

int
runs_command(const struct cli *cli)
{
	struct err err = ERR_INIT;
	struct runs runs;
	int code = EXIT_OK;

	(void)cli;
	if (runs_find(&runs, &err) < 0) {
		log_error("%s", err.text);
		code = EXIT_INFRA;
	}
	for (size_t i = 0; i < runs.n; i++) {
		const json_t *info = runs.items[i].info;
		double now = json_number_value(json_object_get(info, "now"));

		printf("%-8s %-8s %8.1f s  pid %-8lld %s\n", runs.items[i].id,
		       json_str_or(info, "state", "busy"), now,
		       (long long)json_int_or(info, "pid", 0),
		       json_str_or(info, "test", ""));
	}
	runs_fini(&runs);
	return code;
}
