/*
 * slirpvde-main: slirpvde: the host's network on a VDE switch, by address
 * translation in a confined process beside this one (vdelab-slirp).
 *
 * The network is the usual 10.0.2.0/24: we are 10.0.2.2, DNS is 10.0.2.3, and
 * DHCP gives 10.0.2.15 and the following.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "switch/face/cable.h"
#include "switch/face/face.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

static const struct option long_options[] = {
	{ "sock", required_argument, NULL, 's' },
	{ "socket", required_argument, NULL, 's' },
	{ "vdesock", required_argument, NULL, 's' },
	{ "unix", required_argument, NULL, 's' },
	{ "port", required_argument, NULL, 'P' },
	{ "group", required_argument, NULL, 'g' },
	{ "mod", required_argument, NULL, 'm' },
	{ "mode", required_argument, NULL, 'm' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "daemon", no_argument, NULL, 'd' },
	{ "dhcp", no_argument, NULL, 'D' },
	{ "host", required_argument, NULL, 'H' },
	{ "network", required_argument, NULL, 'n' },
	{ "dns", required_argument, NULL, 'N' },
	{ "tftp", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct slirpvde {
	struct cable_config cable;
	bool dhcp;
	struct process *process; /* owned */
};

static void
print_help(void)
{
	printf("Usage: slirpvde [OPTION]... [DIR]\n"
	       "Attaches the host's network to a VDE switch, as 10.0.2.0/24.\n"
	       "  -s, --sock DIR       where the switch is\n"
	       "  -P, --port NUMBER    of the port in the switch\n"
	       "  -g, --group GROUP    of our socket\n"
	       "  -m, --mod MODE       of our socket (octal)\n"
	       "  -D, --dhcp           give addresses to those who ask\n"
	       "  -d, --daemon         go to the background once attached\n"
	       "  -p, --pidfile FILE   write the process's number to it\n"
	       "  -h, --help           print this and exit\n");
}

/* ---- the process that translates ---- */

static int
start(struct slirpvde *s, struct vswitch *sw, int fd, struct err *err)
{
	char program[PATH_MAX], number[16];
	const char *const argv[] = { program,
				     "--net-fd",
				     number,
				     "--no-restrict",
				     s->dhcp ? NULL : "--no-dhcp",
				     NULL };
	const struct process_spec spec = {
		.name = "vdelab-slirp",
		.argv = argv,
		.keep_fds = &fd,
		.n_keep_fds = 1,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -2,
	};
	int ret = paths_find(PATHS_LIBEXEC, "vdelab-slirp", program,
			     sizeof(program), err);

	if (ret < 0)
		return ret;
	snprintf(number, sizeof(number), "%d", fd);
	s->process =
	    process_spawn(sw->config.base, sw->config.clock, &spec, err);
	return s->process != NULL ? 0 : -EIO;
}

static struct port *
attach(struct segment *segment, void *arg, struct err *err)
{
	json_t *params = json_object();
	struct port *port = NULL;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		err_errno(err, "socketpair");
	} else if (start(arg, segment->sw, fds[1], err) < 0) {
		close(fds[0]);
		close(fds[1]);
	} else {
		close(fds[1]);
		port = switch_add_port(segment, &port_kind_stream, NULL,
				       PORT_MTU_DEFAULT, params, fds[0], err);
	}
	json_decref(params);
	return port;
}

static void
detach(void *arg)
{
	struct slirpvde *s = arg;

	process_free(s->process);
	s->process = NULL;
}

/* ---- options ---- */

static bool
take_number(const char *what, const char *text, int base, unsigned long max,
	    unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, base);
	if (end != text && *end == '\0' && *value <= max)
		return true;
	log_error("\"%s\" is no %s", text, what);
	return false;
}

static bool
take_group(const char *name, struct cable_config *config)
{
	const struct group *group = getgrnam(name);

	if (group == NULL) {
		log_error("there is no group %s", name);
		return false;
	}
	config->has_group = true;
	config->group = group->gr_gid;
	return true;
}

/* Is the address that somebody wants the one that it is? */
static bool
is_ours(int c, const char *text)
{
	static const char *const hosts[] = { "10.0.2.0", "10.0.2.0/24",
					     "10.0.2.2", "10.0.2.2/24", NULL };
	static const char *const servers[] = { "10.0.2.3", NULL };
	const char *const *same = c == 'N' ? servers : hosts;

	for (; *same != NULL; same++) {
		if (strcmp(*same, text) == 0)
			return true;
	}
	log_error("-%c %s: the network is 10.0.2.0/24, we are 10.0.2.2 and DNS "
		  "is 10.0.2.3; it cannot be another",
		  c, text);
	return false;
}

/* Return: false when @arg is no value of it; that has been told. */
static bool
take(int c, const char *arg, struct slirpvde *s)
{
	unsigned long n = 0;
	bool good = true;

	switch (c) {
	case 's':
		s->cable.sock = arg;
		break;
	case 'P':
		good = take_number("port", arg, 0, 0xffffff, &n);
		s->cable.number = (uint32_t)n;
		break;
	case 'm':
		good = take_number("mode (octal)", arg, 8, 0777, &n);
		s->cable.mode = (mode_t)n;
		break;
	case 'g':
		return take_group(arg, &s->cable);
	case 'p':
		s->cable.pid_file = arg;
		break;
	case 'd':
		s->cable.daemon = true;
		break;
	case 'D':
		s->dhcp = true;
		break;
	case 'H':
	case 'n':
	case 'N':
		return is_ours(c, arg);
	case 'L':
	case 'U':
	case 'X':
	case 'x':
	case 't':
		log_error("-%c: nothing of the host or beyond leads into this "
			  "network, and there is no TFTP: forward ports in the "
			  "guest's own QEMU, or use passt",
			  c);
		return false;
	default:
		return false; /* getopt has told */
	}
	return good;
}

int
slirpvde_main(int argc, char **argv)
{
	struct slirpvde s = { .cable = { .attach = attach, .detach = detach } };
	int c;

	log_init("slirpvde", LOG_INFO);
	s.cable.arg = &s;
	while (
	    (c = getopt_long_only(argc, argv, "s:P:m:g:p:dDH:n:N:L:U:X:x:t:h",
				  long_options, NULL)) != -1) {
		if (c == 'h') {
			print_help();
			return 0;
		}
		if (!take(c, optarg, &s))
			return 1;
	}
	if (optind < argc - 1) {
		log_error("it takes one switch; see --help");
		return 1;
	}
	if (optind < argc)
		s.cable.sock = argv[optind];
	return cable_run(&s.cable);
}
