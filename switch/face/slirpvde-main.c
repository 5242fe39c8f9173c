/*
 * slirpvde-main: slirpvde: the host's network on a VDE switch, by address
 * translation in a confined process beside this one (vdelab-slirp), which has
 * options for all that can be asked for here.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
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
#include "lib/xalloc.h"
#include "switch/face/cable.h"
#include "switch/face/face.h"
#include "switch/face/slirp-words.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

enum {
	START_MS = 10000, /* for the network to be there */
	DISPLAYS_MAX = 16,
	/* Options without a letter. */
	OPTION_HOST_LOOPBACK = 256,
	OPTION_IPV6,
	OPTION_MTU,
	GO_ON = -1,
};

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
	{ "dhcp", optional_argument, NULL, 'D' },
	{ "host", required_argument, NULL, 'H' },
	{ "network", required_argument, NULL, 'n' },
	{ "dns", required_argument, NULL, 'N' },
	{ "tftp", required_argument, NULL, 't' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "host-loopback", no_argument, NULL, OPTION_HOST_LOOPBACK },
	{ "ipv6", no_argument, NULL, OPTION_IPV6 },
	{ "mtu", required_argument, NULL, OPTION_MTU },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct slirpvde {
	struct cable_config cable;
	bool dhcp, quiet;
	struct slirp_words words;
	const char *displays[DISPLAYS_MAX]; /* whose way is not chosen yet */
	unsigned n_displays;
	struct process *process; /* owned */
};

static void
print_help(void)
{
	printf(
	    "Usage: slirpvde [OPTION]... [DIR]\n"
	    "Attaches the host's network to a VDE switch.\n"
	    "  -s, --sock DIR            where the switch is; -: stdin and "
	    "stdout\n"
	    "  -P, --port NUMBER         of the port in the switch\n"
	    "  -g, --group GROUP         of our socket\n"
	    "  -m, --mod MODE            of our socket (octal)\n"
	    "  -H, --host ADDR[/LENGTH]  we, or the network (10.0.2.2/24)\n"
	    "  -N, --dns ADDR            the name server (10.0.2.3)\n"
	    "  -D, --dhcp[=ADDR]         give addresses, from ADDR on "
	    "(10.0.2.15)\n"
	    "  -L PORT:ADDR:PORT         lead callers at our TCP port to that "
	    "station\n"
	    "  -U PORT:ADDR:PORT         the same with UDP\n"
	    "  -X ADDR[:DISPLAY]         lead a display of ours to that of a "
	    "station\n"
	    "  -x PORT:PATH              lead stations that call our TCP port "
	    "to a socket\n"
	    "  -t, --tftp DIR            let stations read the files there\n"
	    "      --host-loopback       our address leads to 127.0.0.1, too\n"
	    "      --ipv6                fec0::/64 as well\n"
	    "      --mtu OCTETS          the longest packet (1500)\n"
	    "  -q, --quiet               tell nothing but mistakes\n"
	    "  -d, --daemon              go to the background once attached\n"
	    "  -p, --pidfile FILE        write the process's number to it\n"
	    "  -h, --help                print this and exit\n");
}

/* ---- the process that translates ---- */

static int
find_program(struct slirpvde *s, struct err *err)
{
	char program[PATH_MAX];
	int ret = paths_find(PATHS_LIBEXEC, "vdelab-slirp", program,
			     sizeof(program), err);

	if (ret == 0)
		s->words.words[0] = xstrdup(program);
	return ret;
}

/* What it has to say against it, it says itself. */
static int
await_ready(int fd, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	if (poll(&p, 1, START_MS) > 0 && read(fd, &byte, 1) == 1)
		return 0;
	return err_set(err, -EIO, "the network could not be started");
}

static int
start(struct slirpvde *s, struct vswitch *sw, int fd, struct err *err)
{
	int ready[2], keep[2];
	const struct process_spec spec = {
		.name = "vdelab-slirp",
		.argv = (const char *const *)s->words.words,
		.keep_fds = keep,
		.n_keep_fds = 2,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -2,
	};
	int ret = find_program(s, err);

	if (ret < 0)
		return ret;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_errno(err, "pipe2");
	keep[0] = fd;
	keep[1] = ready[1];
	ret = slirp_words_add(&s->words, xasprintf("--fd=%d", fd), err);
	if (ret == 0)
		ret = slirp_words_add(
		    &s->words, xasprintf("--ready-fd=%d", ready[1]), err);
	if (ret == 0)
		s->process = process_spawn(sw->config.base, sw->config.clock,
					   &spec, err);
	close(ready[1]);
	ret = s->process != NULL ? await_ready(ready[0], err) : -EIO;
	close(ready[0]);
	return ret;
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

static int
take_later(struct slirpvde *s, const char *display, struct err *err)
{
	if (s->n_displays == DISPLAYS_MAX)
		return err_set(err, -E2BIG, "only %d are possible",
			       DISPLAYS_MAX);
	s->displays[s->n_displays++] = display;
	return 0;
}

static int
take_dhcp(struct slirpvde *s, const char *start, struct err *err)
{
	s->dhcp = true;
	return start == NULL
		   ? 0
		   : slirp_words_option(&s->words, "dhcp-start", start, err);
}

/* What the network is to be like.  Return: 0; -errno with @err set. */
static int
take_network(int c, const char *arg, struct slirpvde *s, struct err *err)
{
	struct slirp_words *words = &s->words;

	switch (c) {
	case 'D':
		return take_dhcp(s, arg, err);
	case 'H':
	case 'n':
		return slirp_words_host(words, arg, err);
	case 'N':
		return slirp_words_option(words, "dns", arg, err);
	case 'L':
	case 'U':
		return slirp_words_forward(words, c == 'U', arg, err);
	case 'X':
		return take_later(s, arg, err);
	case 'x':
		return slirp_words_socket(words, arg, err);
	case 't':
		return slirp_words_option(words, "tftp", arg, err);
	case OPTION_HOST_LOOPBACK:
		return slirp_words_add(words, xstrdup("--host-loopback"), err);
	case OPTION_IPV6:
		return slirp_words_add(words, xstrdup("--ipv6"), err);
	default:
		return slirp_words_option(words, "mtu", arg, err);
	}
}

/* Return: false when @arg is no value of it; that has been told. */
static bool
take(int c, const char *arg, struct slirpvde *s)
{
	struct err err = ERR_INIT;
	unsigned long n = 0;
	bool good = true;

	switch (c) {
	case '?':
		return false; /* getopt has told */
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
	case 'q':
		s->quiet = true;
		break;
	default:
		good = take_network(c, arg, s, &err) == 0;
		if (!good && c < OPTION_HOST_LOOPBACK)
			log_error("-%c: %s", c, err.text);
		else if (!good)
			log_error("%s", err.text);
	}
	return good;
}

/* ---- start ---- */

/* Those at which somebody listens are known when all options are. */
static int
choose_displays(struct slirpvde *s, bool tell, struct err *err)
{
	for (unsigned i = 0; i < s->n_displays; i++) {
		unsigned here;
		int ret =
		    slirp_words_display(&s->words, s->displays[i], &here, err);

		if (ret < 0)
			return ret;
		if (tell)
			printf("redir X     =%s is display :%u here\n",
			       s->displays[i], here);
	}
	fflush(stdout);
	return 0;
}

/* Frames come and go on stdin and stdout: nothing of ours is needed. */
static int
become_plug(struct slirpvde *s, struct err *err)
{
	int ret = 0;

	if (s->cable.daemon || s->cable.pid_file != NULL)
		return err_set(err, -EINVAL,
			       "-d and -p are not for a plug, which belongs to "
			       "who runs it");
	ret = find_program(s, err);
	if (ret == 0)
		ret = slirp_words_add(&s->words, xstrdup("--plug"), err);
	if (ret < 0)
		return ret;
	execv(s->words.words[0], s->words.words);
	return err_errno(err, "%s", s->words.words[0]);
}

/* Return: the exit code. */
static int
run(struct slirpvde *s)
{
	bool plug = s->cable.sock != NULL && strcmp(s->cable.sock, "-") == 0;
	struct err err = ERR_INIT;
	int ret = 0;

	if (!s->dhcp)
		ret = slirp_words_add(&s->words, xstrdup("--no-dhcp"), &err);
	if (ret == 0)
		ret = choose_displays(s, !s->quiet && !plug, &err);
	if (ret == 0 && plug)
		ret = become_plug(s, &err);
	if (ret == 0)
		return cable_run(&s->cable);
	log_error("%s", err.text);
	return 1;
}

/* Return: the exit code, or GO_ON. */
static int
read_options(struct slirpvde *s, int argc, char **argv)
{
	int c;

	while (
	    (c = getopt_long_only(argc, argv, "s:P:m:g:p:dDH:n:N:L:U:X:x:t:qh",
				  long_options, NULL)) != -1) {
		if (c == 'h') {
			print_help();
			return 0;
		}
		if (!take(c, optarg, s))
			return 1;
	}
	if (optind < argc - 1) {
		log_error("it takes one switch; see --help");
		return 1;
	}
	if (optind < argc)
		s->cable.sock = argv[optind];
	return GO_ON;
}

int
slirpvde_main(int argc, char **argv)
{
	struct slirpvde s = { .cable = { .attach = attach, .detach = detach } };
	int code;

	log_init("slirpvde", LOG_INFO);
	s.cable.arg = &s;
	slirp_words_init(&s.words);
	code = read_options(&s, argc, argv);
	if (code == GO_ON)
		code = run(&s);
	slirp_words_fini(&s.words);
	return code;
}
