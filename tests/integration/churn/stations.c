/* Stations that attach and send, each a process, and what ends them. */
#include "config.h"

#include "tests/integration/churn/churn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/json.h"
#include "tests/integration/churn/steps.h"

enum { LINK_SIZE = 512, NICE = 5 };

static struct churn_station *
free_station(struct churn *c)
{
	for (size_t i = 0; i < CHURN_PORTS; i++) {
		if (c->stations[i].pid == 0)
			return &c->stations[i];
	}
	return NULL;
}

/* Start rawpeer on @link; @fd: becomes its descriptor 3, borrowed, or -1. */
static void
start_station(struct churn *c, const char *link, int fd)
{
	struct churn_station *station = free_station(c);
	char program[LINK_SIZE], seed[32];

	if (station == NULL)
		return;
	snprintf(program, sizeof(program), "%s/rawpeer", c->programs);
	snprintf(seed, sizeof(seed), "%u", (unsigned)churn_random(c));
	fflush(stdout); /* once, not once more by the child */
	station->pid = fork();
	if (station->pid < 0)
		churn_die(c, "fork: %s", strerror(errno));
	if (station->pid > 0)
		return;
	/* A sender that is more than the switch can take learns nothing. */
	if (nice(NICE) == -1 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(1);
	if (fd >= 0 && dup2(fd, 3) < 0)
		_exit(1);
	if (freopen("/dev/null", "r+", stdin) == NULL ||
	    freopen("/dev/null", "w", stdout) == NULL ||
	    freopen("/dev/null", "w", stderr) == NULL)
		_exit(1);
	execl(program, "rawpeer", link, "noise", seed, (char *)NULL);
	_exit(1);
}

void
churn_attach_stream(struct churn *c, const char *segment)
{
	char link[LINK_SIZE];

	snprintf(link, sizeof(link), "stream:%s/%s/stream", c->dir, segment);
	start_station(c, link, -1);
}

void
churn_attach_vde(struct churn *c, const char *segment)
{
	char link[LINK_SIZE];

	snprintf(link, sizeof(link), "v%d:%s/%s", churn_chance(c, 50) ? 1 : 3,
		 c->dir, segment);
	start_station(c, link, -1);
}

void
churn_attach_pair(struct churn *c, const char *segment)
{
	int pair[2];
	json_t *port;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		churn_die(c, "socketpair: %s", strerror(errno));
	port = churn_call(
	    c, "port.add",
	    json_pack("{s:s, s:s}", "segment", segment, "kind", "dgram"),
	    pair[1]);
	if (port != NULL)
		start_station(c, "fd:3", pair[0]);
	json_decref(port);
	close(pair[0]);
	close(pair[1]);
}

void
churn_attach_exec(struct churn *c, const char *segment)
{
	json_decref(churn_call(
	    c, "port.add",
	    json_pack("{s:s, s:s, s:o, s:s}", "segment", segment, "kind",
		      "exec", "command",
		      json_sprintf("%s/rawpeer fd:3 noise %u", c->programs,
				   (unsigned)churn_random(c)),
		      "restart", churn_chance(c, 80) ? "always" : "never"),
	    -1));
}

void
churn_attach_dummy(struct churn *c, const char *segment)
{
	json_decref(churn_call(
	    c, "port.add",
	    json_pack("{s:s, s:s}", "segment", segment, "kind", "dummy"), -1));
}

/* To the segment behind it in the list: segments are a chain, mostly. */
void
churn_attach_plug(struct churn *c, const char *segment)
{
	const json_t *row;
	size_t i, at = 0;

	json_array_foreach(c->segments, i, row)
	{
		if (strcmp(json_str_or(row, "name", ""), segment) == 0)
			at = i + 1;
	}
	row = json_array_get(c->segments, at);
	if (row == NULL)
		return;
	json_decref(churn_call(
	    c, "port.add",
	    json_pack(
		"{s:s, s:s, s:o}", "segment", segment, "kind", "plug", "sock",
		json_sprintf("%s/%s", c->dir, json_str_or(row, "name", ""))),
	    -1));
}

/* Of a kind that a plugin brings: that of the first which does. */
void
churn_attach_plugged(struct churn *c, const char *segment)
{
	json_t *kinds = churn_call(c, "port.kinds", NULL, -1), *params;
	const char *owner;
	const json_t *row;
	size_t i;

	json_array_foreach(kinds, i, row)
	{
		owner = json_str_or(row, "plugin", NULL);
		if (owner == NULL)
			continue;
		params = churn_params(c, owner, NULL,
				      json_str_or(row, "params", ""));
		json_object_set_new(params, "segment", json_string(segment));
		json_object_set(params, "kind", json_object_get(row, "name"));
		json_decref(churn_call(c, "port.add", params, -1));
		break;
	}
	json_decref(kinds);
}

/* ---- ends ---- */

void
churn_kill_station(struct churn *c)
{
	const struct churn_station *s =
	    &c->stations[churn_below(c, CHURN_PORTS)];

	if (s->pid > 0)
		kill(s->pid, SIGKILL);
}

/* A program of the switch's: it is its affair to notice. */
void
churn_kill_program(struct churn *c)
{
	char path[64];
	int pids[32], n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
		 (int)c->switch_pid, (int)c->switch_pid);
	f = fopen(path, "r");
	while (f != NULL && n < 32 && fscanf(f, "%d", &pids[n]) == 1)
		n++;
	if (f != NULL)
		fclose(f);
	if (n > 0)
		kill(pids[churn_below(c, (size_t)n)], SIGKILL);
}

void
churn_reap(struct churn *c)
{
	for (size_t i = 0; i < CHURN_PORTS; i++) {
		struct churn_station *s = &c->stations[i];

		if (s->pid > 0 && waitpid(s->pid, NULL, WNOHANG) == s->pid)
			s->pid = 0;
	}
}

/* ---- readers ---- */

int
churn_pipe_open(struct churn *c)
{
	struct churn_pipe *p = &c->pipes[churn_below(c, CHURN_PIPES)];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		churn_die(c, "pipe: %s", strerror(errno));
	if (p->fd >= 0)
		close(p->fd); /* somebody else's reader is gone */
	*p = (struct churn_pipe){ .fd = fds[0], .read = churn_chance(c, 70) };
	if (churn_chance(c, 15)) {
		close(p->fd);
		p->fd = -1;
	}
	return fds[1];
}

void
churn_pipe_read(struct churn *c)
{
	static char waste[1 << 16];

	for (size_t i = 0; i < CHURN_PIPES; i++) {
		const struct churn_pipe *p = &c->pipes[i];

		if (p->fd >= 0 && p->read)
			while (read(p->fd, waste, sizeof(waste)) > 0)
				continue;
	}
}

void
churn_quiet(struct churn *c)
{
	for (size_t i = 0; i < CHURN_PORTS; i++) {
		struct churn_station *s = &c->stations[i];

		if (s->pid > 0) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, NULL, 0);
			s->pid = 0;
		}
	}
	for (size_t i = 0; i < CHURN_PIPES; i++) {
		if (c->pipes[i].fd >= 0)
			close(c->pipes[i].fd);
		c->pipes[i].fd = -1;
	}
}
