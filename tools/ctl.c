#include "tools/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/sockpath.h"
#include "lib/verb.h"
#include "lib/xalloc.h"

/* ---- failing ---- */

static int
complain(int code, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "vdelabctl: %s\n", text);
	return code;
}

int
ctl_fail(const struct err *err)
{
	return complain(EXIT_TEST_FAILED, err->text);
}

/* A call that got no answer means that the switch is gone, or stuck. */
static int
fail_call(const struct ctl *ctl, const struct err *err)
{
	char *text;

	if (err->code != -ECONNRESET && err->code != -EPIPE &&
	    err->code != -ETIMEDOUT)
		return ctl_fail(err);
	text = xasprintf("the switch of %s does not answer: %s", ctl->dir,
			 err->text);
	complain(EXIT_NO_SWITCH, text);
	free(text);
	return EXIT_NO_SWITCH;
}

static int
fail_connect(const struct ctl *ctl, const struct err *err)
{
	bool absent = err->code == -ENOENT || err->code == -ECONNREFUSED;
	char *text = xasprintf(
	    "%s%s%s", err->text,
	    absent ? "; start a switch with: vdelab-switch --dir " : "",
	    absent ? ctl->dir : "");

	complain(EXIT_NO_SWITCH, text);
	free(text);
	return EXIT_NO_SWITCH;
}

/* ---- which switch ---- */

static int
find_dir(struct ctl *ctl, struct err *err)
{
	const char *dir = cli_opt(ctl->cli, "target");
	char base[PATH_MAX];
	int ret;

	if (dir == NULL)
		dir = getenv("VDELAB_DIR");
	if (dir != NULL && dir[0] != '\0') {
		ret = snprintf(ctl->dir, sizeof(ctl->dir), "%s", dir);
	} else {
		ret = sockpath_runtime_dir(base, sizeof(base), err);
		if (ret < 0)
			return ret;
		ret = snprintf(ctl->dir, sizeof(ctl->dir), "%s/default", base);
	}
	if (ret < 0 || (size_t)ret >= sizeof(ctl->dir))
		return err_set(err, -ENAMETOOLONG,
			       "the switch's directory has too long a name");
	return 0;
}

static int
try_connect(struct ctl *ctl, struct err *err)
{
	char *path = xasprintf("%s/control", ctl->dir);

	ctl->fd = sockpath_connect(path, SOCK_STREAM, err);
	free(path);
	return ctl->fd;
}

int
ctl_open(struct ctl *ctl, const struct cli *cli)
{
	struct err err = ERR_INIT;

	*ctl = (struct ctl){ .cli = cli, .out = stdout, .fd = -1 };
	if (find_dir(ctl, &err) < 0)
		return complain(EXIT_NO_SWITCH, err.text);
	return try_connect(ctl, &err) < 0 ? fail_connect(ctl, &err) : EXIT_OK;
}

bool
ctl_try(struct ctl *ctl, const struct cli *cli)
{
	*ctl = (struct ctl){ .cli = cli, .out = stdout, .fd = -1 };
	return find_dir(ctl, NULL) == 0 && try_connect(ctl, NULL) >= 0;
}

void
ctl_close(struct ctl *ctl)
{
	if (ctl->fd >= 0)
		close(ctl->fd);
	ctl->fd = -1;
	json_decref(ctl->methods);
	ctl->methods = NULL;
}

/* ---- calling ---- */

int
ctl_call(struct ctl *ctl, const char *method, json_t *params, int fd,
	 json_t **result)
{
	struct err err = ERR_INIT;

	*result = rpc_call_sync(ctl->fd, method, params, &fd, fd >= 0 ? 1 : 0,
				CTL_TIMEOUT_MS, &err);
	return *result != NULL ? EXIT_OK : fail_call(ctl, &err);
}

int
ctl_watch(struct ctl *ctl, struct event_base **base, struct rpc_conn **conn,
	  rpc_notify_fn *notify, rpc_closed_fn *closed, void *arg)
{
	*conn = NULL;
	*base = event_base_new();
	if (*base != NULL)
		*conn = rpc_conn_new(*base, ctl->fd, notify, closed, arg);
	ctl->fd = *base != NULL ? -1 : ctl->fd; /* taken */
	if (*conn != NULL)
		return EXIT_OK;
	if (*base != NULL)
		event_base_free(*base);
	*base = NULL;
	return complain(EXIT_INFRA, "cannot set up an event loop");
}

static const char *
find_signature(const json_t *methods, const char *name)
{
	const json_t *method;
	size_t i;

	json_array_foreach(
	    methods, i,
	    method) if (strcmp(json_str_or(method, "name", ""), name) ==
			0) return json_str_or(method, "params", "");
	return NULL;
}

int
ctl_signature(struct ctl *ctl, const char *method, const char **signature)
{
	char *text;
	int code;

	if (ctl->methods == NULL) {
		code = ctl_call(ctl, "rpc.methods", NULL, -1, &ctl->methods);
		if (code != EXIT_OK)
			return code;
	}
	*signature = find_signature(ctl->methods, method);
	if (*signature != NULL)
		return EXIT_OK;
	text = xasprintf("the switch of %s has no method %s; if a plugin "
			 "brings it: vdelabctl plugin load %.*s",
			 ctl->dir, method, (int)strcspn(method, "."), method);
	complain(EXIT_TEST_FAILED, text);
	free(text);
	return EXIT_TEST_FAILED;
}

/* ---- a command that is one call ---- */

/* The words of a command: its arguments, then its options as keywords. */
struct words {
	const char **word; /* owned array */
	size_t n;
};

static void
gather_words(const struct cli *cli, const struct verb *verb, struct words *to)
{
	const struct cli_option *o = verb->options;
	size_t n_args = (size_t)cli_n_args(cli), n_options = 0;

	while (o != NULL && o[n_options].name != NULL)
		n_options++;
	to->word = xcalloc(n_args + 2 * n_options + 1, sizeof(*to->word));
	for (to->n = 0; to->n < n_args; to->n++)
		to->word[to->n] = cli_word(cli, (int)to->n);
	for (; o != NULL && o->name != NULL; o++) {
		const char *value = cli_opt(cli, o->name);

		if (value == NULL)
			continue;
		to->word[to->n++] = o->name;
		if (o->value != NULL)
			to->word[to->n++] = value;
	}
}

int
ctl_check_words(const struct cli *cli, const struct verb *verb)
{
	struct err err = ERR_INIT;
	struct words words;
	size_t at;
	int ret;

	gather_words(cli, verb, &words);
	ret = verb_check(verb, words.word, words.n, &at, &err);
	free(words.word);
	return ret < 0 ? cli_usage_error(cli, "%s", err.text) : EXIT_OK;
}

int
ctl_params_from(struct ctl *ctl, const struct verb *verb,
		const char *const *words, size_t n, json_t **params)
{
	struct err err = ERR_INIT;
	const char *signature;
	size_t at;
	char *dir;
	int code, ret;

	*params = NULL;
	code = ctl_signature(ctl, verb->method, &signature);
	if (code != EXIT_OK)
		return code;
	dir = getcwd(NULL, 0); /* the switch runs elsewhere */
	ret = verb_params(verb, words, n, signature, dir != NULL ? dir : ".",
			  params, &at, &err);
	free(dir);
	return ret < 0 ? complain(EXIT_USAGE, err.text) : EXIT_OK;
}

/* The descriptor of ours that --fd names, or -1.
 * Return: EXIT_OK; an exit code after telling on stderr. */
static int
fd_option(const struct cli *cli, int *fd)
{
	const char *text = cli_opt(cli, "fd");
	char *end, *why;
	long n;

	*fd = -1;
	if (text == NULL)
		return EXIT_OK;
	n = strtol(text, &end, 10);
	if (end != text && *end == '\0' && n >= 0 && n <= INT_MAX &&
	    fcntl((int)n, F_GETFD) >= 0) {
		*fd = (int)n;
		return EXIT_OK;
	}
	why = xasprintf("--fd %s: there is no such open descriptor", text);
	complain(EXIT_USAGE, why);
	free(why);
	return EXIT_USAGE;
}

int
ctl_params(struct ctl *ctl, const struct verb *verb, json_t **params)
{
	struct words words;
	int code;

	gather_words(ctl->cli, verb, &words);
	code = ctl_params_from(ctl, verb, words.word, words.n, params);
	free(words.word);
	return code;
}

int
ctl_run(const struct cli *cli)
{
	const struct verb *verb = cli_data(cli);
	json_t *params, *result;
	struct ctl ctl;
	int code, fd;

	code = ctl_check_words(cli, verb);
	if (code == EXIT_OK)
		code = fd_option(cli, &fd); /* before we open some ourselves */
	if (code != EXIT_OK)
		return code;
	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = ctl_params(&ctl, verb, &params);
	if (code == EXIT_OK)
		code = ctl_call(&ctl, verb->method, params, fd, &result);
	if (code == EXIT_OK) {
		ctl_show(&ctl, result, ctl_shower(verb->method));
		json_decref(result);
	}
	ctl_close(&ctl);
	return code;
}

void
ctl_show(const struct ctl *ctl, const json_t *result, ctl_show_fn *show)
{
	bool pretty = cli_has(ctl->cli, "pretty");

	if (pretty || cli_has(ctl->cli, "json")) {
		json_dumpf(result, ctl->out,
			   JSON_ENCODE_ANY |
			       (pretty ? JSON_INDENT(4) : JSON_COMPACT));
		fputc('\n', ctl->out);
	} else if (show != NULL) {
		show(ctl, result);
	}
}

json_t *
ctl_time_now(void)
{
	struct timespec ts;
	struct tm tm;
	char text[64];
	size_t len;

	clock_gettime(CLOCK_REALTIME, &ts);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S",
		       gmtime_r(&ts.tv_sec, &tm));
	snprintf(text + len, sizeof(text) - len, ".%06ldZ", ts.tv_nsec / 1000);
	return json_string(text);
}
