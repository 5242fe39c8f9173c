#include "config.h"

#include "switch/face/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/face/face.h"

/* Exit codes of the original, not of the house. */
enum { OPTIONS_OK = 0, OPTIONS_BAD = 1 };

/* Options without a letter. */
enum {
	OPT_MAC_ADDRESS = 256,
	OPT_PRIORITY,
	OPT_HASH_SIZE,
	OPT_DIR_MODE,
	OPT_MGMT_MODE,
	OPT_MGMT_GROUP,
	OPT_NO_STDIN,
	OPT_VLAN_TRANSPARENT,
	OPT_CONTROL,
};

/* getopt_long_only() takes an unambiguous beginning, after one dash or two. */
static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ "numports", required_argument, NULL, 'n' },
	{ "hub", no_argument, NULL, 'x' },
	{ "fstp", no_argument, NULL, 'F' },
	{ "macaddr", required_argument, NULL, OPT_MAC_ADDRESS },
	{ "priority", required_argument, NULL, OPT_PRIORITY },
	{ "hashsize", required_argument, NULL, OPT_HASH_SIZE },
	{ "sock", required_argument, NULL, 's' },
	{ "vdesock", required_argument, NULL, 's' },
	{ "unix", required_argument, NULL, 's' },
	{ "mod", required_argument, NULL, 'm' },
	{ "mode", required_argument, NULL, 'm' },
	{ "dirmode", required_argument, NULL, OPT_DIR_MODE },
	{ "group", required_argument, NULL, 'g' },
	{ "daemon", no_argument, NULL, 'd' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "rcfile", required_argument, NULL, 'f' },
	{ "mgmt", required_argument, NULL, 'M' },
	{ "mgmtmode", required_argument, NULL, OPT_MGMT_MODE },
	{ "mgmtgroup", required_argument, NULL, OPT_MGMT_GROUP },
	{ "nostdin", no_argument, NULL, OPT_NO_STDIN },
	{ "debugclients", required_argument, NULL, 'D' },
	{ "tap", required_argument, NULL, 't' },
	{ "vlan-transparent", no_argument, NULL, OPT_VLAN_TRANSPARENT },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ NULL, 0, NULL, 0 },
};

static void
print_help(void)
{
	printf(
	    "Usage: " FACE_PROGRAM " [OPTIONS]\n"
	    "Runs a VDE switch (vdelab-switch " PACKAGE_VERSION ").\n"
	    "  -h, --help                 print this and exit\n"
	    "  -v, --version              print the version and exit\n"
	    "  -n, --numports N           number of ports (%d)\n"
	    "  -x, --hub                  send every frame to every port\n"
	    "  -F, --fstp                 use the spanning tree protocol\n"
	    "      --macaddr MAC          the switch's own address\n"
	    "      --priority N           its priority in the tree\n"
	    "      --hashsize N           size of the address table\n"
	    "      --vlan-transparent     forward tagged frames as they are\n"
	    "  -s, --sock, --vdesock, --unix DIR\n"
	    "                             directory to which clients attach\n"
	    "  -m, --mod, --mode MODE     of the sockets in it (octal)\n"
	    "      --dirmode MODE         of the directory (octal)\n"
	    "  -g, --group GROUP          group of both\n"
	    "  -d, --daemon               go to the background\n"
	    "  -p, --pidfile FILE         write the process's number to it\n"
	    "  -f, --rcfile FILE          commands to start with; default:\n"
	    "                             ~/.vde2/vde_switch.rc, else\n"
	    "                             /etc/vde2/vde_switch.rc\n"
	    "  -M, --mgmt SOCK            serve the console on this socket\n"
	    "      --mgmtmode MODE        its mode (octal)\n"
	    "      --mgmtgroup GROUP      its group\n"
	    "      --nostdin              no console on the terminal\n"
	    "  -D, --debugclients N       ignored\n"
	    "      --control SOCK         serve vdelabctl on this socket\n"
	    "  -t, --tap IF               attach this tap interface (may be\n"
	    "                             repeated)\n",
	    FACE_PORTS_DEFAULT);
}

static void
print_version(void)
{
	printf("VDE " FACE_VDE_VERSION "\n"
	       "This is vdelab-switch " PACKAGE_VERSION
	       " in the manner of " FACE_PROGRAM ".\n"
	       "It comes with NO WARRANTY, to the extent permitted by law.\n");
}

/* ---- values ---- */

static bool
bad_value(const char *what, const char *text)
{
	log_error("\"%s\" is no %s", text, what);
	return false;
}

/* @base: as of strtoul() */
static bool
read_number(const char *what, const char *text, int base, unsigned long min,
	    unsigned long max, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, base);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
	    *value < min || *value > max)
		return bad_value(what, text);
	return true;
}

static bool
read_u32(const char *what, const char *text, uint32_t min, uint32_t max,
	 uint32_t *value)
{
	unsigned long n;

	if (!read_number(what, text, 0, min, max, &n))
		return false;
	*value = (uint32_t)n;
	return true;
}

static bool
read_mode(const char *text, mode_t *mode)
{
	unsigned long n;

	if (!read_number("mode (octal)", text, 8, 0, 07777, &n))
		return false;
	*mode = (mode_t)n;
	return true;
}

static bool
read_group(const char *text, bool *has_group, gid_t *gid)
{
	const struct group *group = getgrnam(text);

	if (group == NULL)
		return bad_value("group that exists", text);
	*has_group = true;
	*gid = group->gr_gid;
	return true;
}

static bool
read_mac(const char *text, struct mac *mac)
{
	unsigned b[MAC_LEN];
	char end;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &end) != MAC_LEN &&
	    sscanf(text, "%2x.%2x.%2x.%2x.%2x.%2x%c", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &end) != MAC_LEN)
		return bad_value("MAC address", text);
	for (int i = 0; i < MAC_LEN; i++)
		mac->b[i] = (uint8_t)b[i];
	if (mac_is_multicast(mac) || mac_is_zero(mac))
		return bad_value("MAC address of a station", text);
	return true;
}

/* ---- options ---- */

/* What has been said of modes; -1: nothing. */
struct modes {
	int dir, sock;
};

static bool
read_priority(const char *text, uint16_t *priority)
{
	uint32_t n;

	if (!read_u32("priority", text, 0, UINT32_MAX, &n))
		return false;
	*priority = (uint16_t)n;
	return true;
}

/* Return: is it a flag of ours? */
static bool
take_flag(struct face_options *o, int c)
{
	switch (c) {
	case 'x':
		o->hub = true;
		return true;
	case 'F':
		o->fstp = true;
		return true;
	case 'd':
		o->daemon = true;
		return true;
	case OPT_NO_STDIN:
		o->no_stdin = true;
		return true;
	case OPT_VLAN_TRANSPARENT:
		o->vlan_transparent = true;
		return true;
	case 'D': /* their number was never limited */
		return true;
	default:
		return false;
	}
}

/* Return: is it the name of something? */
static bool
take_path(struct face_options *o, int c, const char *arg)
{
	const char **to = c == 's'	     ? &o->dir
			  : c == 'M'	     ? &o->mgmt
			  : c == 'p'	     ? &o->pid_file
			  : c == 'f'	     ? &o->rc_file
			  : OPT_CONTROL == c ? &o->control
					     : NULL;

	if (c == 't') {
		o->taps = xrealloc(o->taps, o->n_taps + 1, sizeof(*o->taps));
		o->taps[o->n_taps++] = arg;
	}
	if (to != NULL)
		*to = arg;
	return to != NULL || c == 't';
}

static bool
take_mode(int *to, const char *arg)
{
	mode_t mode;

	if (!read_mode(arg, &mode))
		return false;
	*to = (int)mode;
	return true;
}

/* Return: false when @arg is none for it; it has been told. */
static bool
take_value(struct face_options *o, struct modes *modes, int c, const char *arg)
{
	switch (c) {
	case 'n':
		return read_u32("number of ports", arg, 1, FACE_PORTS_MAX,
				&o->n_ports);
	case OPT_HASH_SIZE:
		return read_u32("hash size", arg, 1, FACE_HASH_SIZE_MAX,
				&o->hash_size);
	case OPT_MAC_ADDRESS:
		return read_mac(arg, &o->mac);
	case OPT_PRIORITY:
		return read_priority(arg, &o->priority);
	case 'm':
		return take_mode(&modes->sock, arg);
	case OPT_DIR_MODE:
		return take_mode(&modes->dir, arg);
	case OPT_MGMT_MODE:
		return read_mode(arg, &o->mgmt_mode);
	case 'g':
		return read_group(arg, &o->has_group, &o->group);
	case OPT_MGMT_GROUP:
		return read_group(arg, &o->mgmt_has_group, &o->mgmt_group);
	default:
		return false; /* getopt has told */
	}
}

/* Who may read or write a socket may enter its directory. */
static mode_t
enter_bits(mode_t mode)
{
	mode_t bits = mode & 0666;

	for (int shift = 0; shift <= 6; shift += 3) {
		if ((mode & (06u << shift)) != 0)
			bits |= 01u << shift;
	}
	return bits;
}

/* One mode follows from the other, where only one is given. */
static void
settle_modes(struct face_options *o, const struct modes *modes)
{
	o->mode = 0600;
	o->dir_mode = 02700;
	if (modes->sock >= 0) {
		o->mode = (mode_t)modes->sock & 0777;
		o->dir_mode = 02000 | enter_bits(o->mode);
	}
	if (modes->dir >= 0) {
		o->dir_mode = (mode_t)modes->dir;
		if (modes->sock < 0)
			o->mode = o->dir_mode & 0666;
	}
}

/* 00:ff and four random octets, as it has always been. */
static struct mac
random_mac(void)
{
	struct mac mac = { .b = { 0x00, 0xff } };

	if (getrandom(mac.b + 2, MAC_LEN - 2, 0) != MAC_LEN - 2)
		log_warn("no randomness for the switch's address: %m");
	return mac;
}

/* Return: as face_options_read(). */
static bool
read_all(int argc, char **argv, struct face_options *o, struct modes *modes,
	 int *exit_code)
{
	int c;

	*exit_code = OPTIONS_OK;
	optind = 0; /* forget earlier command lines */
	while ((c = getopt_long_only(argc, argv, "hvn:xFs:m:g:dp:f:M:D:t:",
				     long_options, NULL)) != -1) {
		if (c == 'h' || c == 'v') {
			if (c == 'h')
				print_help();
			else
				print_version();
			return false;
		}
		if (take_flag(o, c) || take_path(o, c, optarg))
			continue;
		if (!take_value(o, modes, c, optarg)) {
			*exit_code = OPTIONS_BAD;
			return false;
		}
	}
	if (optind < argc) {
		log_error("\"%s\" is no option; see --help", argv[optind]);
		*exit_code = OPTIONS_BAD;
		return false;
	}
	return true;
}

bool
face_options_read(int argc, char **argv, struct face_options *o, int *exit_code)
{
	struct modes modes = { -1, -1 };

	*o = (struct face_options){
		.n_ports = FACE_PORTS_DEFAULT,
		.hash_size = FACE_HASH_SIZE_DEFAULT,
		.priority = FACE_PRIORITY_DEFAULT,
		.mgmt_mode = 0600,
		.mac = random_mac(),
	};
	if (!read_all(argc, argv, o, &modes, exit_code)) {
		face_options_fini(o);
		return false;
	}
	settle_modes(o, &modes);
	if (o->hub)
		o->fstp = false; /* there is nothing to choose between */
	return true;
}

void
face_options_fini(struct face_options *o)
{
	free(o->taps);
	o->taps = NULL;
	o->n_taps = 0;
}
