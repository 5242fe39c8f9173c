/*
 * plug2tap-main: vde_plug2tap: an interface of the kernel as a station on a VDE
 * switch.  A tap, made if there is none; or, where /dev/net/tun is missing, an
 * interface that is there already, such as an end of a veth.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/log.h"
#include "switch/face/cable.h"
#include "switch/face/face.h"
#include "switch/port.h"
#include "switch/switch.h"

#define TUN_DEVICE "/dev/net/tun"

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "group", required_argument, NULL, 'g' },
	{ "mode", required_argument, NULL, 'm' },
	{ "sock", required_argument, NULL, 's' },
	{ "vdesock", required_argument, NULL, 's' },
	{ "unix", required_argument, NULL, 's' },
	{ "daemon", no_argument, NULL, 'd' },
	{ "pidfile", required_argument, NULL, 'P' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
print_help(void)
{
	printf("Usage: vde_plug2tap [OPTION]... INTERFACE\n"
	       "Attaches a tap interface to a VDE switch; without " TUN_DEVICE
	       ", an\n"
	       "interface that there is, such as an end of a veth.\n"
	       "  -p, --port NUMBER    of the port in the switch\n"
	       "  -g, --group GROUP    of our socket\n"
	       "  -m, --mode MODE      of our socket (octal)\n"
	       "  -s, --sock DIR       where the switch is\n"
	       "  -d, --daemon         go to the background once attached\n"
	       "  -P, --pidfile FILE   write the process's number to it\n"
	       "  -h, --help           print this and exit\n");
}

static struct port *
attach_kind(struct segment *segment, const char *kind_name, const char *dev,
	    struct err *err)
{
	const struct port_kind *kind = switch_find_kind(segment->sw, kind_name);
	json_t *params = json_pack("{s:s}", "dev", dev);
	struct port *port = NULL;

	if (kind == NULL)
		err_set(err, -ENOTSUP, "built without %s", kind_name);
	else
		port = switch_add_port(segment, kind, NULL, PORT_MTU_DEFAULT,
				       params, -1, err);
	json_decref(params);
	return port;
}

static struct port *
attach(struct segment *segment, void *arg, struct err *err)
{
	const char *dev = arg;

	if (access(TUN_DEVICE, F_OK) == 0)
		return attach_kind(segment, "tap", dev, err);
	log_info("there is no " TUN_DEVICE ": %s is taken as it is", dev);
	return attach_kind(segment, "packet", dev, err);
}

/* Return: false when it is none. */
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

/* Return: false when @arg is no value of it; that has been told. */
static bool
take(int c, const char *arg, struct cable_config *config)
{
	unsigned long n = 0;
	bool good = true;

	switch (c) {
	case 'p':
		good = take_number("port", arg, 0, 0xffffff, &n);
		config->number = (uint32_t)n;
		break;
	case 'm':
		good = take_number("mode (octal)", arg, 8, 0777, &n);
		config->mode = (mode_t)n;
		break;
	case 'g':
		return take_group(arg, config);
	case 's':
		config->sock = arg;
		break;
	case 'd':
		config->daemon = true;
		break;
	case 'P':
		config->pid_file = arg;
		break;
	default:
		return false; /* getopt has told */
	}
	return good;
}

int
plug2tap_main(int argc, char **argv)
{
	struct cable_config config = { .attach = attach };
	int c;

	log_init("vde_plug2tap", LOG_INFO);
	while ((c = getopt_long_only(argc, argv, "p:g:m:s:dP:h", long_options,
				     NULL)) != -1) {
		if (c == 'h') {
			print_help();
			return 0;
		}
		if (!take(c, optarg, &config))
			return 1;
	}
	if (optind != argc - 1) {
		log_error("it takes one interface; see --help");
		return 1;
	}
	config.arg = argv[optind];
	return cable_run(&config);
}
