#include "config.h"

#include "tools/slirp/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/xalloc.h"

const struct cli_option options_table[] = {
	{ "fd", 0, "N",
	  "the socket that frames come from and go to: datagrams, or the "
	  "stream of QEMU's -netdev stream" },
	{ "plug", 0, NULL,
	  "frames come from stdin and go to stdout, as VDE's plugs have them" },
	{ "ready-fd", 0, "N",
	  "write a newline to descriptor N when listening" },
	{ "network", 0, "ADDR/LENGTH", "another network than 10.0.2.0/24" },
	{ "host", 0, "ADDR",
	  "the host's address there (the network's second)" },
	{ "dns", 0, "ADDR",
	  "the name server's address (the network's third); outside the "
	  "network it is what DHCP tells, no more" },
	{ "dhcp-start", 0, "ADDR",
	  "the first of 16 addresses given by DHCP (the network's fifteenth)" },
	{ "no-dhcp", 0, NULL, "give no addresses" },
	{ "hostfwd", 0, "FROM-[GUEST]:PORT",
	  "lead callers at FROM (tcp:[ADDR]:PORT, udp:[ADDR]:PORT or "
	  "unix:PATH) to a port of a guest (may be repeated)" },
	{ "guestfwd", 0, "PORT-unix:PATH",
	  "lead guests that call a TCP port of the host's address to a unix "
	  "socket (may be repeated)" },
	{ "more-fd", 0, "N",
	  "take more forwards from a socket of datagrams, unix:PATH-[GUEST]:"
	  "PORT in each; the answer is empty, or what was wrong" },
	{ "more-dir", 0, "DIR", "where those have their sockets" },
	{ "tftp", 0, "DIR", "let guests read the files there, by TFTP" },
	{ "restrict", 0, NULL, "nothing else leads out, nor to the host" },
	{ "host-loopback", 0, NULL,
	  "the host's address leads to its 127.0.0.1" },
	{ "ipv6", 0, NULL, "fec0::/64 as well" },
	{ "mtu", 0, "OCTETS", "576 to 65521; 1500 unless given" },
	{ NULL, 0, NULL, NULL },
};

static int
read_fd(const struct cli *cli, const char *option, int *fd, struct err *err)
{
	const char *text = cli_opt(cli, option);
	unsigned long n;

	*fd = -1;
	if (text == NULL)
		return 0;
	if (!number_parse(text, INT_MAX, &n))
		return err_set(err, -EINVAL,
			       "--%s takes a descriptor's number, not \"%s\"",
			       option, text);
	if (fcntl((int)n, F_GETFD) < 0)
		return err_set(err, -EINVAL, "--%s: descriptor %lu is not open",
			       option, n);
	*fd = (int)n;
	return 0;
}

static int
read_fds(const struct cli *cli, struct options *options, struct err *err)
{
	bool plug = cli_has(cli, "plug");

	if (plug == cli_has(cli, "fd"))
		return err_set(err, -EINVAL, "%s of --fd and --plug is needed",
			       plug ? "only one" : "one");
	if (read_fd(cli, "fd", &options->fd, err) < 0 ||
	    read_fd(cli, "ready-fd", &options->ready_fd, err) < 0)
		return -EINVAL;
	if (options->ready_fd >= 0 && options->ready_fd == options->fd)
		return err_set(err, -EINVAL,
			       "--fd and --ready-fd are the same descriptor");
	return 0;
}

static int
too_many(const char *option, struct err *err)
{
	return err_set(err, -EINVAL, "--%s may be given %d times", option,
		       FORWARDS_MAX);
}

static int
read_forwards(const struct cli *cli, struct net_config *net, struct err *err)
{
	const char *text;

	while ((text = cli_opt_nth(cli, "hostfwd", net->n_hostfwds)) != NULL) {
		if (net->n_hostfwds == FORWARDS_MAX)
			return too_many("hostfwd", err);
		if (hostfwd_parse(text, &net->hostfwds[net->n_hostfwds], err) <
		    0)
			return -EINVAL;
		net->n_hostfwds++;
	}
	while ((text = cli_opt_nth(cli, "guestfwd", net->n_guestfwds)) !=
	       NULL) {
		if (net->n_guestfwds == FORWARDS_MAX)
			return too_many("guestfwd", err);
		if (guestfwd_parse(text, &net->guestfwds[net->n_guestfwds],
				   err) < 0)
			return -EINVAL;
		net->n_guestfwds++;
	}
	return 0;
}

static int
read_more(const struct cli *cli, struct net_config *net, struct err *err)
{
	const char *dir = cli_opt(cli, "more-dir");

	if (read_fd(cli, "more-fd", &net->more_fd, err) < 0)
		return -EINVAL;
	net->takes_more = net->more_fd >= 0;
	if (net->takes_more != (dir != NULL))
		return err_set(err, -EINVAL,
			       "--more-fd and --more-dir go together");
	if (dir != NULL)
		net->more_dir = xstrdup(dir);
	return 0;
}

static int
read_mtu(const char *text, unsigned *mtu, struct err *err)
{
	unsigned long n = MTU_DEFAULT;

	if (text != NULL && (!number_parse(text, MTU_MAX, &n) || n < MTU_MIN))
		return err_set(err, -EINVAL, "--mtu takes %d to %d, not \"%s\"",
			       MTU_MIN, MTU_MAX, text);
	*mtu = (unsigned)n;
	return 0;
}

/* libslirp puts the directory in front of a name. */
static int
read_tftp(const char *dir, char **path, struct err *err)
{
	struct stat st;

	if (dir == NULL)
		return 0;
	if (stat(dir, &st) < 0)
		return err_errno(err, "--tftp %s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "--tftp %s is no directory", dir);
	*path = xstrdup(dir);
	return 0;
}

int
options_read(const struct cli *cli, struct options *options, struct err *err)
{
	struct net_config *net = &options->net;
	const struct net_words words = {
		.network = cli_opt(cli, "network"),
		.host = cli_opt(cli, "host"),
		.dns = cli_opt(cli, "dns"),
		.dhcp_start = cli_opt(cli, "dhcp-start"),
	};

	*options = (struct options){
		.fd = -1,
		.ready_fd = -1,
		.net = {
			.restricted = cli_has(cli, "restrict"),
			.no_dhcp = cli_has(cli, "no-dhcp"),
			.host_loopback = cli_has(cli, "host-loopback"),
			.ipv6 = cli_has(cli, "ipv6"),
		},
	};
	if (read_fds(cli, options, err) < 0 ||
	    net_config_addresses(net, &words, err) < 0 ||
	    read_forwards(cli, net, err) < 0 || read_more(cli, net, err) < 0 ||
	    read_mtu(cli_opt(cli, "mtu"), &net->mtu, err) < 0 ||
	    read_tftp(cli_opt(cli, "tftp"), &net->tftp, err) < 0)
		return -EINVAL;
	return net_config_check(net, err);
}

void
options_fini(struct options *options)
{
	net_config_fini(&options->net);
}
