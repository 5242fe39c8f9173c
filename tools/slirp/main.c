/*
 * vdelab-slirp: the control network of one guest, in a process of its own.
 *
 *	vdelab-slirp --net-fd N --forward PATH:PORT [--ready-fd M]
 *
 * To use it: make a socketpair(AF_UNIX, SOCK_STREAM); one end goes to QEMU
 *	-netdev stream,id=ID,server=off,addr.type=fd,addr.str=FD
 * the other one is descriptor N here.  Whoever connects to the unix socket PATH
 * then talks to TCP port PORT of the guest, whose address is 10.0.2.15 (DHCP
 * gives it).  A caller may come before the guest is up: its connection waits
 * until the guest answers ARP, and ends at once when nothing listens at PORT
 * then.  So: connect, stay, and connect anew after an early end of file.
 *
 * PATH must lie in a directory that nobody else may enter; that is the whole
 * access control.  No port is opened on the host.  The descriptor M gets a
 * newline when all sockets listen.
 *
 * Ends with 0 when QEMU closes its end, and on SIGTERM, SIGINT and SIGHUP, the
 * sockets being removed; with 2 for a wrong command line, and with 4 and a
 * message when something fails.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "tools/slirp/confine.h"
#include "tools/slirp/options.h"
#include "tools/slirp/slirp-net.h"

/* Return: a descriptor that becomes readable when we are asked to end. */
static int
catch_signals(struct err *err)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN); /* libslirp's send() */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_errno(err, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : err_errno(err, "signalfd");
}

static int
add_forwards(struct slirp_net *net, const struct options *options,
	     struct err *err)
{
	for (size_t i = 0; i < options->n_forwards; i++) {
		const struct forward *forward = &options->forwards[i];
		int ret = slirp_net_forward(net, forward->path,
					    forward->guest_port, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void
tell_ready(int fd)
{
	if (fd < 0)
		return;
	if (write(fd, "\n", 1) < 0)
		log_debug("nobody waits for us to be ready: %m");
	close(fd);
}

static int
confine(const struct options *options, struct err *err)
{
	const char **sockets = xcalloc(options->n_forwards, sizeof(*sockets));
	int ret;

	for (size_t i = 0; i < options->n_forwards; i++)
		sockets[i] = options->forwards[i].path;
	ret = confine_process(options->restricted, sockets, options->n_forwards,
			      err);
	free(sockets);
	return ret;
}

/* Nothing from the guest is looked at before the process is confined. */
static int
serve(const struct options *options, int stop_fd, struct err *err)
{
	struct slirp_net *net =
	    slirp_net_new(options->net_fd, options->restricted, err);
	int ret;

	if (net == NULL)
		return -1;
	if (options->no_dhcp)
		slirp_net_no_dhcp(net);
	ret = add_forwards(net, options, err);
	if (ret == 0)
		ret = confine(options, err);
	if (ret == 0) {
		tell_ready(options->ready_fd);
		ret = slirp_net_run(net, stop_fd, err);
	}
	slirp_net_free(net);
	return ret;
}

static int
run(const struct cli *cli)
{
	struct options options;
	struct err err = ERR_INIT;
	int ret = options_read(cli, &options, &err);
	int stop_fd;

	if (ret < 0) {
		options_fini(&options);
		return cli_usage_error(cli, "%s", err.text);
	}
	ret = confine_fds((const int[]){ options.net_fd, options.ready_fd }, 2,
			  &err);
	stop_fd = ret == 0 ? catch_signals(&err) : ret;
	if (stop_fd >= 0) {
		ret = serve(&options, stop_fd, &err);
		close(stop_fd);
	}
	options_fini(&options);
	if (stop_fd >= 0 && ret == 0)
		return EXIT_OK;
	log_error("%s", err.text);
	return EXIT_INFRA;
}

int
main(int argc, char **argv)
{
	static const struct cli_command root = {
		.name = "vdelab-slirp",
		.args = "",
		.help = "the control network of one guest",
		.options = options_table,
		.run = run,
		.details =
		    "Run by vdelab.  N is a connected stream socket whose "
		    "other "
		    "end QEMU has as -netdev stream,addr.type=fd.  The guest "
		    "is "
		    "10.0.2.15, the host 10.0.2.2.  The guest reaches nothing "
		    "on "
		    "the host or beyond; with --no-restrict it reaches what "
		    "this "
		    "user reaches, but for the services at 127.0.0.1.\n"
		    "\n"
		    "Ends with 0 when QEMU closes the socket and on SIGTERM.\n",
	};

	log_init("vdelab-slirp", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
