/*
 * vdelab-slirp: the host's network for guests, in a process of its own.
 *
 *	vdelab-slirp --fd N [--hostfwd FROM-[GUEST]:PORT]... [--restrict] ...
 *
 * N is one end of a socketpair, whose type says what is on it: SOCK_SEQPACKET
 * or SOCK_DGRAM, where each datagram is a frame; or SOCK_STREAM, whose other end
 * QEMU has as
 *	-netdev stream,id=ID,server=off,addr.type=fd,addr.str=FD
 *
 * Whoever connects to the socket of a forward then talks to that port of the
 * guest.  Over TCP and unix sockets, a caller may come before the guest is up:
 * its connection waits until the guest answers ARP, and ends at once when
 * nothing listens at PORT then.  So: connect, stay, and connect anew after an
 * early end of file.  A unix socket must lie in a directory that nobody else
 * may enter; that is the whole access control.
 *
 * --ready-fd gets a newline when all sockets listen.
 *
 * Ends with 0 when the other end of N is closed (one of SOCK_DGRAM does not
 * tell), and on SIGTERM, SIGINT and SIGHUP, the sockets being removed; with 2
 * for a wrong command line, and with 4 and a message when something fails.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
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
confine(const struct net_config *net, struct err *err)
{
	const char *sockets[FORWARDS_MAX];
	struct confine_needs needs = {
		.restricted = net->restricted,
		.ipv6 = net->ipv6,
		.unix_sockets = net->n_guestfwds > 0,
		.tftp = net->tftp,
		.sockets = sockets,
		.more = net->more_dir,
	};

	for (size_t i = 0; i < net->n_hostfwds; i++) {
		if (net->hostfwds[i].path != NULL)
			sockets[needs.n_sockets++] = net->hostfwds[i].path;
	}
	return confine_process(&needs, err);
}

/* Nothing from a guest is looked at before the process is confined. */
static int
serve(const struct options *options, int stop_fd, struct err *err)
{
	struct slirp_net *net = slirp_net_new(&options->net, options->fd, err);
	int ret;

	if (net == NULL)
		return -1;
	ret = confine(&options->net, err);
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
	ret = confine_fds(
	    (const int[]){ options.fd, options.ready_fd,
			   options.net.takes_more ? options.net.more_fd : -1 },
	    3, &err);
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
		.help = "the host's network for guests, without privileges",
		.options = options_table,
		.run = run,
		.details =
		    "Run by vdelab, slirpvde and switches.  Guests get their "
		    "addresses by DHCP; their connections go on as this "
		    "user's own, except to the host's 127.0.0.1.\n"
		    "\n"
		    "Ends with 0 when the other end of N is closed and on "
		    "SIGTERM.\n",
	};

	log_init("vdelab-slirp", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
