/* `monitor`: what happens in the switch, a JSON line an event. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "tools/ctl.h"

struct monitor {
	struct event_base *base;
	int code;
};

static void
end(struct monitor *m, int code)
{
	m->code = code;
	event_base_loopbreak(m->base);
}

static void
on_event(const char *method, const json_t *params, void *arg)
{
	json_t *line =
	    json_pack("{s:s, s:O?}", "event", method, "data", params);

	json_dumpf(line, stdout, JSON_COMPACT);
	json_decref(line);
	putchar('\n');
	if (fflush(stdout) != 0)
		end(arg, EXIT_OK); /* nobody listens any longer */
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
	struct monitor m = { .code = EXIT_OK };
	struct event *interrupt, *termination;
	struct rpc_conn *conn;
	struct ctl ctl;
	int code;

	code = ctl_open(&ctl, cli);
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
