/* `watch COMMAND`: repeats a command that shows something.  On a terminal each
 * time replaces the last; elsewhere they follow each other. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb.h"
#include "tools/ctl.h"

enum { INTERVAL_MAX_S = 86400, NS_PER_S = 1000000000, ROWS_DEFAULT = 24 };

struct watch {
	struct ctl ctl;
	const struct verb *verb;
	json_t *params;	  /* owned */
	json_t *before;	  /* the last result; owned; or NULL */
	double at, since; /* when that was, and when this is; s */
	double interval;  /* s */
	bool terminal;
};

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / NS_PER_S;
}

/* ---- one time ---- */

/* Prints the first lines of @text, as many as the terminal has room for. */
static void
put_screen(const struct watch *w, const char *text)
{
	struct winsize size = { .ws_row = 0 };
	char now[32];
	time_t t = time(NULL);

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	if (size.ws_row == 0) /* the terminal does not tell */
		size.ws_row = ROWS_DEFAULT;
	strftime(now, sizeof(now), "%H:%M:%S", localtime(&t));
	printf("\033[H%s %s, every %g s: %s\033[K\n\033[K\n", w->verb->noun,
	       w->verb->verb != NULL ? w->verb->verb : "", w->interval, now);
	for (int row = 2; *text != '\0' && row < size.ws_row - 1; row++) {
		size_t len = strcspn(text, "\n");

		printf("%.*s\033[K\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	fputs("\033[J", stdout);
}

static void
put_json(const struct watch *w, const json_t *result)
{
	json_t *line = json_pack(
	    "{s:o, s:o, s:O}", "time", ctl_time_now(), "seconds",
	    w->before != NULL ? json_real(w->at - w->since) : json_null(),
	    "result", result);

	ctl_show(&w->ctl, line, NULL);
	json_decref(line);
}

static void
show(struct watch *w, const json_t *result)
{
	struct ctl_rates rates = { .before = w->before,
				   .seconds = w->at - w->since };
	char *text = NULL;
	size_t size;

	w->ctl.rates = &rates;
	w->ctl.out = open_memstream(&text, &size);
	if (cli_has(w->ctl.cli, "json") || cli_has(w->ctl.cli, "pretty"))
		put_json(w, result);
	else
		ctl_show(&w->ctl, result, ctl_shower(w->verb->method));
	fclose(w->ctl.out);
	if (w->terminal)
		put_screen(w, text);
	else
		fputs(text, stdout);
	free(text);
}

/* Return: exit code; -1 when nobody listens any longer. */
static int
look(struct watch *w)
{
	json_t *result;
	int code = ctl_call(&w->ctl, w->verb->method, json_incref(w->params),
			    -1, &result);

	if (code != EXIT_OK)
		return code;
	w->since = w->at;
	w->at = now_s();
	show(w, result);
	json_decref(w->before);
	w->before = result;
	return fflush(stdout) == 0 ? EXIT_OK : -1;
}

/* ---- again and again ---- */

/* Waits until the time after @from has come.  Return: false: interrupted. */
static bool
wait_from(const struct watch *w, const sigset_t *signals, double from)
{
	double left = from + w->interval - now_s();
	struct timespec ts;

	if (left < 0)
		left = 0;
	ts.tv_sec = (time_t)left;
	ts.tv_nsec = (long)((left - (double)ts.tv_sec) * NS_PER_S);
	return sigtimedwait(signals, NULL, &ts) < 0;
}

static int
run(struct watch *w, long count)
{
	double from = now_s();
	sigset_t signals;
	int code;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (w->terminal) /* long lines are cut there */
		fputs("\033[?7l\033[2J", stdout);
	for (;;) {
		code = look(w);
		if (code != EXIT_OK || (count > 0 && --count == 0))
			break;
		if (!wait_from(w, &signals, from))
			break;
		from += w->interval;
	}
	if (w->terminal)
		fputs("\033[?7h", stdout);
	return code < 0 ? EXIT_OK : code;
}

/* ---- what is asked for ---- */

/* The command behind `watch`, and its parameters. */
static int
read_command(struct watch *w, const struct cli *cli)
{
	const char **words =
	    calloc((size_t)cli_n_args(cli) + 1, sizeof(*words));
	size_t n = (size_t)cli_n_args(cli), at;
	struct err err = ERR_INIT;
	int taken, code = EXIT_OK;

	if (words == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		words[i] = cli_word(cli, (int)i);
	taken = verb_find(words, n, &w->verb, &at, &err);
	if (taken < 0)
		code = cli_usage_error(cli, "%s", err.text);
	else if (!w->verb->asks)
		code = cli_usage_error(cli,
				       "%s %s does something; only what "
				       "shows something is repeated",
				       w->verb->noun, w->verb->verb);
	else if (verb_check(w->verb, words + taken, n - (size_t)taken, &at,
			    &err) < 0)
		code = cli_usage_error(cli, "%s", err.text);
	if (code == EXIT_OK)
		code = ctl_open(&w->ctl, cli);
	if (code == EXIT_OK)
		code = ctl_params_from(&w->ctl, w->verb, words + taken,
				       n - (size_t)taken, &w->params);
	free(words);
	return code;
}

/* The option @name as a number in @min..@max.  Return: exit code. */
static int
read_number(const struct cli *cli, const char *name, double min, double max,
	    double *value)
{
	const char *text = cli_opt(cli, name);
	char *end;

	if (text == NULL)
		return EXIT_OK;
	*value = strtod(text, &end);
	if (end == text || *end != '\0' || !(*value >= min && *value <= max))
		return cli_usage_error(cli,
				       "--%s must be a number from %g to %g, "
				       "not '%s'",
				       name, min, max, text);
	return EXIT_OK;
}

int
ctl_run_watch(const struct cli *cli)
{
	struct watch w = { .ctl = { .fd = -1 },
			   .interval = 1,
			   .terminal = isatty(STDOUT_FILENO) &&
				       !cli_has(cli, "json") &&
				       !cli_has(cli, "pretty") };
	double count = 0;
	int code;

	code = read_number(cli, "interval", 0.1, INTERVAL_MAX_S, &w.interval);
	if (code == EXIT_OK)
		code = read_number(cli, "count", 1, 1e9, &count);
	if (code == EXIT_OK)
		code = read_command(&w, cli);
	if (code == EXIT_OK)
		code = run(&w, (long)count);
	json_decref(w.params);
	json_decref(w.before);
	ctl_close(&w.ctl);
	return code;
}
