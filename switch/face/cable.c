#include "config.h"

#include "switch/face/cable.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/face/pid-file.h"
#include "switch/kinds.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/startup.h"
#include "switch/switch.h"

enum {
	CABLE_OK = 0,
	CABLE_FAILED = 1,
	ATTACH_MS = 5000, /* for the other switch to let us in */
	N_SIGNALS = 3,
};

struct cable {
	const struct cable_config *config;
	char *sock;
	uint32_t number;
	char *pid_path; /* or NULL */
	int pid_fd;
	int parent_fd; /* waits until we are attached; or -1 */
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct segment *segment;
	struct port *plug, *thing; /* NULL: gone, or not there yet */
	bool attached;
	struct timer *patience;
	struct switch_observer observer;
	struct event *signals[N_SIGNALS];
	int code;
};

/* ---- where switches are ---- */

static char *
default_sock(struct err *err)
{
	const char *home = getenv("HOME");
	char *paths[] = {
		xasprintf("%s/.vde2/default.switch", home != NULL ? home : ""),
		xstrdup("/var/run/vde.ctl"),
		xstrdup("/tmp/vde.ctl"),
	};
	char *found = NULL;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char *ctl = xasprintf("%s/ctl", paths[i]);

		if (found == NULL && access(ctl, F_OK) == 0)
			found = xstrdup(paths[i]);
		free(ctl);
		free(paths[i]);
	}
	if (found == NULL)
		err_set(err, -ENOENT,
			"no switch is at ~/.vde2/default.switch, "
			"/var/run/vde.ctl or /tmp/vde.ctl: --sock says where");
	return found;
}

char *
cable_parse_sock(const char *text, uint32_t *number, struct err *err)
{
	static const char scheme[] = "vde://";
	unsigned n;
	char *path, *bracket;
	int end = 0;

	if (text != NULL && strncmp(text, scheme, strlen(scheme)) == 0)
		text += strlen(scheme);
	if (text == NULL || text[0] == '\0')
		return default_sock(err);
	path = absolute_path(text);
	bracket = strrchr(path, '[');
	if (bracket == NULL || path[strlen(path) - 1] != ']')
		return path;
	if (!isdigit((unsigned char)bracket[1]) ||
	    sscanf(bracket, "[%8u]%n", &n, &end) != 1 || bracket[end] != '\0' ||
	    n > 0xffffff) {
		err_set(err, -EINVAL, "\"%s\" is no port of a switch", text);
		free(path);
		return NULL;
	}
	*number = n;
	*bracket = '\0';
	return path;
}

/* ---- what happens ---- */

static void
stop(struct cable *c, int code)
{
	c->code = code;
	event_base_loopbreak(c->base);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	(void)signo;
	(void)what;
	stop(arg, CABLE_OK);
}

static void
on_patience_over(void *arg)
{
	struct cable *c = arg;

	log_error("%s does not let us in", c->sock);
	stop(c, CABLE_FAILED);
}

static void
on_carrier(struct port *port, void *arg)
{
	struct cable *c = arg;

	if (port != c->plug)
		return;
	if (port->no_carrier) {
		if (c->attached)
			stop(c, CABLE_OK); /* the switch has gone */
		return;
	}
	c->attached = true;
	timer_cancel(c->patience);
	startup_ready(c->parent_fd, -1);
	c->parent_fd = -1;
}

static void
on_port_added(struct port *port, void *arg)
{
	(void)port;
	(void)arg;
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	struct cable *c = arg;

	if (port == c->plug)
		c->plug = NULL;
	if (port != c->thing)
		return;
	c->thing = NULL;
	log_error("%s: %s", port->name, reason);
	stop(c, CABLE_FAILED);
}

/* ---- set-up ---- */

static void
catch_signals(struct cable *c)
{
	static const int caught[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < N_SIGNALS; i++) {
		c->signals[i] = evsignal_new(c->base, caught[i], on_signal, c);
		if (c->signals[i] == NULL)
			abort();
		event_add(c->signals[i], NULL);
	}
}

/* Whoever starts us wants to know now. */
static int
check_switch(const struct cable *c, struct err *err)
{
	char *ctl = xasprintf("%s/ctl", c->sock);
	int fd = sockpath_connect(ctl, SOCK_STREAM, err);

	free(ctl);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

static int
plug_in(struct cable *c, struct err *err)
{
	const struct cable_config *config = c->config;
	json_t *params = json_pack("{s:s}", "sock", c->sock);

	if (c->number != 0)
		json_object_set_new(params, "number", json_integer(c->number));
	if (config->mode != 0)
		json_object_set_new(params, "mode",
				    json_integer(config->mode & 0777));
	if (config->has_group)
		json_object_set_new(params, "gid", json_integer(config->group));
	c->plug = switch_add_port(c->segment, &port_kind_plug, NULL,
				  PORT_MTU_DEFAULT, params, -1, err);
	json_decref(params);
	return c->plug != NULL ? 0 : -EIO;
}

static int
set_up(struct cable *c, struct err *err)
{
	struct switch_config config = {
		.base = c->base,
		.clock = c->clock,
		.kinds = port_kinds,
	};
	int ret = check_switch(c, err);

	if (ret < 0)
		return ret;
	ret = pid_file_write(c->pid_path, &c->pid_fd, err);
	if (ret < 0)
		return ret;
	c->sw = switch_new(&config);
	c->observer = (struct switch_observer){
		.port_added = on_port_added,
		.port_removed = on_port_removed,
		.port_carrier = on_carrier,
		.arg = c,
	};
	switch_observer_add(c->sw, &c->observer);
	c->segment = switch_add_segment(c->sw, "cable", err);
	if (c->segment == NULL)
		return -EINVAL;
	segment_set_mode(c->segment, SEGMENT_HUB);
	c->thing = c->config->attach(c->segment, c->config->arg, err);
	if (c->thing == NULL)
		return -EIO;
	c->patience = timer_new(c->clock, on_patience_over, c);
	timer_set_in(c->patience, ATTACH_MS * NS_PER_MS);
	return plug_in(c, err);
}

static void
tear_down(struct cable *c)
{
	timer_free(c->patience);
	if (c->config->detach != NULL)
		c->config->detach(c->config->arg);
	if (c->sw != NULL)
		switch_observer_remove(c->sw, &c->observer);
	switch_free(c->sw);
	pid_file_remove(c->pid_path, c->pid_fd);
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(c->signals[i]);
	clock_free(c->clock);
	event_base_free(c->base);
}

static int
serve(struct cable *c)
{
	struct err err = ERR_INIT;

	c->base = switch_base_new();
	c->clock = clock_real_new(c->base);
	catch_signals(c);
	if (set_up(c, &err) < 0) {
		log_error("%s", err.text);
		c->code = CABLE_FAILED;
	} else {
		event_base_dispatch(c->base);
	}
	tear_down(c);
	return c->code;
}

int
cable_run(const struct cable_config *config)
{
	struct cable c = { .config = config,
			   .number = config->number,
			   .pid_fd = -1,
			   .parent_fd = -1 };
	struct err err = ERR_INIT;
	int code = CABLE_FAILED;

	c.sock = cable_parse_sock(config->sock, &c.number, &err);
	if (c.sock == NULL) {
		log_error("%s", err.text);
		return CABLE_FAILED;
	}
	c.pid_path = absolute_path(config->pid_file);
	if (config->daemon)
		c.parent_fd = startup_fork(&code);
	if (!config->daemon || c.parent_fd >= 0)
		code = serve(&c);
	free(c.sock);
	free(c.pid_path);
	return code;
}
