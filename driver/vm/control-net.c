#include "config.h"

#include "driver/vm/control-net.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/vm/console-log.h"
#include "driver/vm/forwards.h"
#include "lib/err.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum {
	ARGS_MAX = 12, /* beside those of forwards */
	REPLY_SIZE = 512,
};

struct control_net {
	struct process *process; /* owned; NULL once it has ended */
	struct console_log *said;
	char dir[PATH_MAX]; /* of its sockets */
	unsigned ports[PLAN_FORWARDS_MAX + 1];
	size_t n_ports;
	int more_fd;		/* for forwards that come later; owned; -1 */
	struct event *on_reply; /* owned */
	control_net_line_fn *on_line;
	void *arg; /* borrowed */
};

static void
on_said(const char *line, void *arg)
{
	struct control_net *net = arg;

	net->on_line(line, net->arg);
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct control_net *net = arg;

	(void)p;
	(void)fd;
	console_log_add(net->said, data, size);
}

/* It ends with QEMU, which closes its network first; any other end leaves the
 * guest without a shell, and should be read. */
static void
on_exit_of_helper(struct process *p, const struct process_status *status,
		  void *arg)
{
	struct control_net *net = arg;
	struct process_status ended = *status; /* it goes with the process */
	char how[64], line[128];

	process_free(p);
	net->process = NULL;
	if (!ended.signaled && ended.code == 0)
		return;
	process_status_text(&ended, how, sizeof(how));
	snprintf(line, sizeof(line), "the control network ended: %s", how);
	net->on_line(line, net->arg);
}

/* What was wrong with a forward; nothing, usually. */
static void
on_reply(evutil_socket_t fd, short what, void *arg)
{
	struct control_net *net = arg;
	char text[REPLY_SIZE], line[REPLY_SIZE + 32];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	(void)what;
	if (n <= 0)
		return;
	text[n] = '\0';
	snprintf(line, sizeof(line), "the control network: %s", text);
	net->on_line(line, net->arg);
}

/* "unix:/run/.../client.ports/80-:80"; returned owned. */
static char *
forward_text(const struct control_net *net, unsigned port)
{
	return xasprintf("unix:%s/%u-:%u", net->dir, port, port);
}

/* Return: the helper's end; -errno. */
static int
open_more(struct control_net *net, struct event_base *base, struct err *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(err, "socketpair");
	net->more_fd = fds[0];
	net->on_reply =
	    event_new(base, fds[0], EV_READ | EV_PERSIST, on_reply, net);
	if (net->on_reply == NULL || event_add(net->on_reply, NULL) < 0)
		abort(); /* out of memory */
	return fds[1];
}

static int
spawn(struct control_net *net, const struct control_net_spec *control,
      const char *const *argv, const int fds[2], struct err *err)
{
	struct process_spec spec = PROCESS_SPEC_INIT;

	spec.name = "vdelab-slirp";
	spec.argv = argv;
	spec.keep_fds = fds;
	spec.n_keep_fds = 2;
	spec.on_output = on_output;
	spec.on_exit = on_exit_of_helper;
	spec.arg = net;
	net->process = process_spawn(control->base, control->clock, &spec, err);
	return net->process != NULL ? 0 : -EIO;
}

/* @fds: of the guest's frames, and for forwards to come. */
static int
start(struct control_net *net, const struct control_net_spec *spec,
      const int fds[2], struct err *err)
{
	char program[PATH_MAX], numbers[2][16];
	const char **argv;
	size_t n = 0;
	int ret = paths_find(PATHS_LIBEXEC, "vdelab-slirp", program,
			     sizeof(program), err);

	if (ret < 0)
		return ret;
	for (int i = 0; i < 2; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%d", fds[i]);
	argv = xcalloc(ARGS_MAX + 2 * spec->n_ports, sizeof(*argv));
	argv[n++] = program;
	argv[n++] = "--fd";
	argv[n++] = numbers[0];
	argv[n++] = "--more-fd";
	argv[n++] = numbers[1];
	argv[n++] = "--more-dir";
	argv[n++] = net->dir;
	if (!spec->internet)
		argv[n++] = "--restrict";
	if (spec->host_loopback)
		argv[n++] = "--host-loopback";
	for (size_t i = 0; i < spec->n_ports; i++) {
		argv[n++] = "--hostfwd";
		argv[n++] = forward_text(net, spec->ports[i]);
	}
	ret = spawn(net, spec, argv, fds, err);
	for (size_t i = 0; i < spec->n_ports; i++)
		free((char *)argv[n - 1 - 2 * i]);
	free(argv);
	return ret;
}

static int
make_dir(struct control_net *net, const struct control_net_spec *spec,
	 struct err *err)
{
	char path[SOCKPATH_MAX + 1];
	int ret = forwards_path(path, sizeof(path), spec->run_dir, spec->node,
				PLAN_PORT_MAX, err);

	if (ret < 0)
		return ret;
	*strrchr(path, '/') = '\0';
	memcpy(net->dir, path, sizeof(path));
	ret = sockpath_make_dir(net->dir, 0700, err);
	return ret < 0 ? ret : 0;
}

struct control_net *
control_net_start(const struct control_net_spec *spec, int fd, struct err *err)
{
	struct control_net *net = XNEW(struct control_net);
	int fds[2] = { fd, -1 };
	int ret = make_dir(net, spec, err);

	net->on_line = spec->on_line;
	net->arg = spec->arg;
	net->said = console_log_new(on_said, net);
	net->more_fd = -1;
	for (size_t i = 0; i < spec->n_ports; i++)
		net->ports[net->n_ports++] = spec->ports[i];
	if (ret == 0)
		ret = fds[1] = open_more(net, spec->base, err);
	if (ret >= 0)
		ret = start(net, spec, fds, err);
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	if (ret == 0)
		return net;
	control_net_free(net);
	return NULL;
}

void
control_net_add_port(struct control_net *net, unsigned port)
{
	char *text;

	for (size_t i = 0; i < net->n_ports; i++)
		if (net->ports[i] == port)
			return;
	text = forward_text(net, port);
	net->ports[net->n_ports++] = port;
	if (send(net->more_fd, text, strlen(text),
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		net->on_line("the control network takes no more forwards",
			     net->arg);
	free(text);
}

int
control_net_connect(struct control_net *net)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%d", net->dir, PLAN_SHELL_PORT);
	return sockpath_connect(path, SOCK_STREAM, NULL);
}

void
control_net_free(struct control_net *net)
{
	if (net == NULL)
		return;
	process_free(net->process);
	if (net->on_reply != NULL)
		event_free(net->on_reply);
	if (net->more_fd >= 0)
		close(net->more_fd);
	(void)sockpath_remove_tree(net->dir, NULL);
	console_log_free(net->said);
	free(net);
}
