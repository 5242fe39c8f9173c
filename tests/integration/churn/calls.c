/* Dice, and calls of the switch. */
#include "config.h"

#include "tests/integration/churn/churn.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"

enum {
	SOON_MS = 1000, /* for an answer that may have to wait for a reader */
	LATE_MS = 60 * 1000,
};

/* ---- dice ---- */

uint64_t
churn_random(struct churn *c)
{
	uint64_t z = c->random += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

size_t
churn_below(struct churn *c, size_t n)
{
	return (size_t)(churn_random(c) % n);
}

bool
churn_chance(struct churn *c, unsigned percent)
{
	return churn_below(c, 100) < percent;
}

/* ---- calls ---- */

void
churn_die(struct churn *c, const char *fmt, ...)
{
	va_list ap;

	printf("churn: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (after %llu calls)\n", (unsigned long long)c->n_calls);
	churn_quiet(c);
	exit(1);
}

int
churn_connect(const char *dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int len =
	    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", dir);

	if (fd >= 0 && len < (int)sizeof(addr.sun_path) &&
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What a plugin writes for somebody waits for him. */
static bool
may_wait(const char *method)
{
	const char *verb = strchr(method, '.');

	return verb != NULL && strcmp(verb, ".stop") == 0;
}

/* An answer that does not come must be the one method's affair. */
static void
reconnect(struct churn *c, const char *method, const struct err *err)
{
	struct err why = ERR_INIT;
	json_t *info;

	close(c->ctl);
	c->ctl = churn_connect(c->dir);
	if (c->ctl < 0)
		churn_die(c, "%s: %s; then nobody listens", method, err->text);
	info =
	    rpc_call_sync(c->ctl, "switch.info", NULL, NULL, 0, LATE_MS, &why);
	if (info == NULL)
		churn_die(c, "%s: %s; then %s", method, err->text, why.text);
	json_decref(info);
	if (!may_wait(method))
		churn_die(c, "%s: %s", method, err->text);
}

static void
tell(const struct churn *c, const char *method, const json_t *params,
     const json_t *result, const struct err *err)
{
	char *text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);

	printf("%6llu %s %s%s%s\n", (unsigned long long)c->n_calls, method,
	       text != NULL ? text : "", result == NULL ? ": " : "",
	       result == NULL ? err->text : "");
	fflush(stdout);
	free(text);
}

json_t *
churn_call(struct churn *c, const char *method, json_t *params, int fd)
{
	struct err err = ERR_INIT;
	json_t *shown = json_incref(params), *result;

	c->n_calls++;
	result = rpc_call_sync(c->ctl, method, params, &fd, fd >= 0 ? 1 : 0,
			       may_wait(method) ? SOON_MS : LATE_MS, &err);
	tell(c, method, shown, result, &err);
	json_decref(shown);
	if (result != NULL)
		return result;
	c->n_refused++;
	if (err.code == -ETIMEDOUT || err.code == -ECONNRESET ||
	    err.code == -EPIPE)
		reconnect(c, method, &err);
	return NULL;
}

static void
ask(struct churn *c, const char *method, json_t **list)
{
	struct err err = ERR_INIT;
	json_t *rows =
	    rpc_call_sync(c->ctl, method, NULL, NULL, 0, LATE_MS, &err);

	if (rows == NULL)
		churn_die(c, "%s: %s", method, err.text);
	c->n_calls++;
	json_decref(*list);
	*list = rows;
}

void
churn_look(struct churn *c)
{
	ask(c, "port.show", &c->ports);
	ask(c, "segment.show", &c->segments);
	ask(c, "plugin.show", &c->instances);
	ask(c, "rpc.methods", &c->methods);
}
