/* `monitor`: what happens in the switch, a JSON line an event. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

struct monitor {
	const struct cli *cli; /* borrowed */
	struct event_base *base;
	int code;
};

static void
end(struct monitor *m, int code)
{
	m->code = code;
	event_base_loopbreak(m->base);
}

/* ---- which events ---- */

/* Is "port.added" one of those of "port", or of all? */
static bool
is_wanted(const struct cli *cli, const char *event)
{
	size_t noun = strcspn(event, ".");

	for (int i = 0; i < cli_n_args(cli); i++) {
		const char *word = cli_word(cli, i);

		if ((strlen(word) == noun && strncmp(event, word, noun) == 0) ||
		    strcmp(event, word) == 0)
			return true;
	}
	return cli_n_args(cli) == 0;
}

/* Names of which there may be events; NULL-ended. */
struct names {
	const char **name; /* owned array */
	size_t n;
};

static void
add_name(struct names *names, const char *name)
{
	names->name = xrealloc(names->name, names->n + 2, sizeof(*names->name));
	names->name[names->n++] = name;
	names->name[names->n] = NULL;
}

static int
check_names(const struct cli *cli, const char *const *names)
{
	for (int i = 0; i < cli_n_args(cli); i++) {
		const char *word = cli_word(cli, i);
		int known = nearest_match(word, strlen(word), names);
		const char *near = nearest_word(word, names);

		if (known >= 0 && strcmp(names[known], word) == 0)
			continue;
		return cli_usage_error(
		    cli, "there are no events of '%s'%s%s%s", word,
		    near != NULL ? ", did you mean '" : "",
		    near != NULL ? near : "", near != NULL ? "'?" : "");
	}
	return EXIT_OK;
}

/* The ids of plugins are names, too, since each sends events of its own. */
static int
check_words(struct ctl *ctl)
{
	struct names names = { .n = 0 };
	int code = EXIT_OK;
	json_t *events = NULL, *plugins = NULL, *row;
	size_t i;

	if (cli_n_args(ctl->cli) == 0)
		return EXIT_OK;
	code = ctl_call(ctl, "rpc.events", NULL, -1, &events);
	if (code == EXIT_OK)
		code = ctl_call(ctl, "plugin.show", NULL, -1, &plugins);
	if (code == EXIT_OK) {
		for (i = 0; verb_nouns[i].name != NULL; i++)
			add_name(&names, verb_nouns[i].name);
		json_array_foreach(events, i, row)
		    add_name(&names, json_str_or(row, "name", ""));
		json_array_foreach(plugins, i, row)
		    add_name(&names, json_str_or(row, "id", ""));
		code = check_names(ctl->cli, names.name);
	}
	free(names.name);
	json_decref(events);
	json_decref(plugins);
	return code;
}

/* ---- what comes ---- */

static void
on_event(const char *method, const json_t *params, void *arg)
{
	struct monitor *m = arg;
	json_t *line;

	if (!is_wanted(m->cli, method))
		return;
	line = json_pack("{s:o, s:s, s:O?}", "time", ctl_time_now(), "event",
			 method, "data", params);
	json_dumpf(line, stdout,
		   cli_has(m->cli, "pretty") ? JSON_INDENT(4) : JSON_COMPACT);
	json_decref(line);
	putchar('\n');
	if (fflush(stdout) != 0)
		end(m, EXIT_OK); /* nobody listens any longer */
}

static void
on_subscribed(const json_t *result, const struct err *err, void *arg)
{
	if (result == NULL)
		end(arg, ctl_fail(err));
}

static void
on_lost(void *arg)
{
	fputs("vdelabctl: monitor: the switch has gone\n", stderr);
	end(arg, EXIT_NO_SWITCH);
}

static void
on_interrupt(evutil_socket_t signo, short what, void *arg)
{
	(void)signo;
	(void)what;
	end(arg, EXIT_OK);
}

int
ctl_run_monitor(const struct cli *cli)
{
	struct monitor m = { .cli = cli, .code = EXIT_OK };
	struct event *interrupt, *termination;
	struct rpc_conn *conn;
	struct ctl ctl;
	int code;

	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = check_words(&ctl);
	if (code == EXIT_OK)
		code = ctl_watch(&ctl, &m.base, &conn, on_event, on_lost, &m);
	ctl_close(&ctl);
	if (code != EXIT_OK)
		return code;
	signal(SIGPIPE, SIG_IGN);
	interrupt = evsignal_new(m.base, SIGINT, on_interrupt, &m);
	termination = evsignal_new(m.base, SIGTERM, on_interrupt, &m);
	event_add(interrupt, NULL);
	event_add(termination, NULL);
	rpc_conn_call(conn, "rpc.subscribe", NULL, NULL, 0, on_subscribed, &m);
	event_base_dispatch(m.base);
	rpc_conn_free(conn);
	event_free(interrupt);
	event_free(termination);
	event_base_free(m.base);
	return m.code;
}
