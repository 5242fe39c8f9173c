#include "config.h"

#include "driver/vm/control-net.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/vm/console-log.h"
#include "lib/err.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

struct control_net {
	struct process *process; /* owned; NULL once it has ended */
	struct console_log *said;
	char path[SOCKPATH_MAX + 1];
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

static int
start(struct control_net *net, struct event_base *base, struct clock *clock,
      int fd, struct err *err)
{
	char program[PATH_MAX], number[16], forward[sizeof(net->path) + 32];
	const char *argv[] = { program,	    "--restrict", "--fd", number,
			       "--hostfwd", forward,	  NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;
	int ret = paths_find(PATHS_LIBEXEC, "vdelab-slirp", program,
			     sizeof(program), err);

	if (ret < 0)
		return ret;
	snprintf(number, sizeof(number), "%d", fd);
	snprintf(forward, sizeof(forward), "unix:%s-:%d", net->path,
		 CONTROL_NET_SHELL_PORT);
	spec.name = "vdelab-slirp";
	spec.argv = argv;
	spec.keep_fds = &fd;
	spec.n_keep_fds = 1;
	spec.on_output = on_output;
	spec.on_exit = on_exit_of_helper;
	spec.arg = net;
	net->process = process_spawn(base, clock, &spec, err);
	return net->process != NULL ? 0 : -EIO;
}

struct control_net *
control_net_start(struct event_base *base, struct clock *clock,
		  const char *run_dir, const char *node, int fd,
		  control_net_line_fn *on_line, void *arg, struct err *err)
{
	struct control_net *net = XNEW(struct control_net);
	int ret = 0;

	net->on_line = on_line;
	net->arg = arg;
	net->said = console_log_new(on_said, net);
	if (snprintf(net->path, sizeof(net->path), "%s/%s.shell", run_dir,
		     node) >= (int)sizeof(net->path))
		ret = err_set(err, -ENAMETOOLONG,
			      "%s/%s.shell: too long for a unix socket; a "
			      "shorter XDG_RUNTIME_DIR would help",
			      run_dir, node);
	if (ret == 0)
		ret = start(net, base, clock, fd, err);
	close(fd);
	if (ret == 0)
		return net;
	control_net_free(net);
	return NULL;
}

int
control_net_connect(struct control_net *net)
{
	return sockpath_connect(net->path, SOCK_STREAM, NULL);
}

void
control_net_free(struct control_net *net)
{
	if (net == NULL)
		return;
	process_free(net->process);
	unlink(net->path);
	console_log_free(net->said);
	free(net);
}
