/* port-commands: the numbered ports. */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/json.h"
#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/numbers.h"
#include "switch/face/session.h"

enum { ID_TEXT_SIZE = 64 };

/* ---- which port is meant ---- */

/* Return: 0 and the port; EINVAL there can be none, ENXIO there is none. */
static int
find(const struct session *s, int number, struct numbered **np)
{
	const struct numbers *numbers = s->face->numbers;

	if (number < 0 || (unsigned)number >= numbers_count(numbers))
		return EINVAL;
	*np = numbers_get(numbers, (uint32_t)number);
	return *np != NULL ? 0 : ENXIO;
}

/* The same for settings: they may be made before anybody comes. */
static int
need(const struct session *s, int number, struct numbered **np)
{
	int code = find(s, number, np);

	if (code == ENXIO)
		*np = numbers_need(s->face->numbers, (uint32_t)number);
	if (code == ENXIO && *np != NULL)
		code = 0;
	return code;
}

/* ---- what is there ---- */

static int
port_showinfo(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)arg;
	command_print(out, "Numports=%" PRIu32,
		      numbers_count(s->face->numbers));
	command_print(out, "HUB=%s",
		      s->face->segment->mode == SEGMENT_HUB ? "true" : "false");
	command_print(out, "counters=true");
	return 0;
}

static const char *
user_text(uid_t uid, char text[static ID_TEXT_SIZE])
{
	const struct passwd *pw =
	    uid != NUMBERED_ANYBODY ? getpwuid(uid) : NULL;

	if (uid == NUMBERED_ANYBODY)
		return "NONE";
	if (pw != NULL)
		snprintf(text, ID_TEXT_SIZE, "%s", pw->pw_name);
	else
		snprintf(text, ID_TEXT_SIZE, "%u", (unsigned)uid);
	return text;
}

static const char *
group_text(gid_t gid, char text[static ID_TEXT_SIZE])
{
	const struct group *gr = gid != NUMBERED_ANYBODY ? getgrgid(gid) : NULL;

	if (gid == NUMBERED_ANYBODY)
		return "NONE";
	if (gr != NULL)
		snprintf(text, ID_TEXT_SIZE, "%s", gr->gr_name);
	else
		snprintf(text, ID_TEXT_SIZE, "%u", (unsigned)gid);
	return text;
}

static void
print_client(struct evbuffer *out, json_int_t id, const char *module,
	     const char *description)
{
	command_print(
	    out, "  -- endpoint ID %04" JSON_INTEGER_FORMAT " module %-12s: %s",
	    id, module,
	    description[0] != '\0' ? description : "no endpoint description");
}

/* A port that nobody shares is its own only client. */
static void
print_alone(struct evbuffer *out, const struct port *port, const json_t *obj)
{
	const char *kind = port->kind->name;

	print_client(out, port->id, strcmp(kind, "tap") == 0 ? "tuntap" : kind,
		     json_str_or(obj, "dev", port->name));
}

/* The newest first. */
static void
print_clients(struct evbuffer *out, const struct port *port)
{
	const json_t *clients, *client;
	json_t *obj = json_object();

	if (port->kind->describe != NULL)
		port->kind->describe(port->priv, obj);
	if (port->kind->drop_client == NULL)
		print_alone(out, port, obj);
	clients = json_object_get(obj, "clients");
	for (size_t i = json_array_size(clients); i-- > 0;) {
		client = json_array_get(clients, i);
		print_client(out, json_int_or(client, "id", 0), "unix prog",
			     json_str_or(client, "description", ""));
	}
	json_decref(obj);
}

static void
print_port(struct evbuffer *out, const struct numbered *np)
{
	struct numbered_traffic t = numbered_read_traffic(np);
	char current[ID_TEXT_SIZE], user[ID_TEXT_SIZE], group[ID_TEXT_SIZE];
	uid_t uid = NUMBERED_ANYBODY;

	if (np->port != NULL && np->port->peer.pid != 0)
		uid = np->port->peer.uid;
	command_print(out,
		      "Port %04" PRIu32 " untagged_vlan=%04u %sACTIVE - "
		      "%sUnnamed Allocatable",
		      np->number, np->vids.pvid, np->port != NULL ? "" : "IN",
		      np->reserved ? "NOT " : "");
	command_print(out,
		      " Current User: %s Access Control: (User: %s - Group: "
		      "%s)",
		      user_text(uid, current), user_text(np->user, user),
		      group_text(np->group, group));
	command_print(out, " IN:  pkts %10" PRIu64 "          bytes %20" PRIu64,
		      t.rx_frames, t.rx_bytes);
	command_print(out, " OUT: pkts %10" PRIu64 "          bytes %20" PRIu64,
		      t.tx_frames, t.tx_bytes);
	if (np->port != NULL)
		print_clients(out, np->port);
}

static int
print(struct session *s, const char *arg, bool inactive, struct evbuffer *out)
{
	const struct numbers *numbers = s->face->numbers;
	struct numbered *np;
	int number, code;

	if (*arg != '\0') {
		if (!command_number(arg, &number))
			return EINVAL;
		code = find(s, number, &np);
		if (code == 0 && np->port == NULL && !inactive)
			code = ENXIO;
		if (code == 0)
			print_port(out, np);
		return code;
	}
	for (uint32_t i = 0; i < numbers_count(numbers); i++) {
		np = numbers_get(numbers, i);
		if (np != NULL && (np->port != NULL || inactive))
			print_port(out, np);
	}
	return 0;
}

static int
port_print(struct session *s, const char *arg, struct evbuffer *out)
{
	return print(s, arg, false, out);
}

static int
port_allprint(struct session *s, const char *arg, struct evbuffer *out)
{
	return print(s, arg, true, out);
}

/* ---- making and removing ---- */

static int
port_setnumports(struct session *s, const char *arg, struct evbuffer *out)
{
	int n;

	(void)out;
	if (!command_number(arg, &n) || n < 1 || n > FACE_PORTS_MAX)
		return EINVAL;
	return -numbers_resize(s->face->numbers, (uint32_t)n);
}

static int
port_createauto(struct session *s, const char *arg, struct evbuffer *out)
{
	int64_t number = numbers_make(s->face->numbers, 0);

	(void)arg;
	if (number < 0)
		return (int)-number;
	command_print(out, "Port %04" PRId64, number);
	return 0;
}

/* 0 is any, as in a client's request. */
static int
port_create(struct session *s, const char *arg, struct evbuffer *out)
{
	int64_t made;
	int number;

	(void)out;
	if (!command_number(arg, &number) || number < 0)
		return EINVAL;
	made = numbers_make(s->face->numbers, (uint32_t)number);
	return made < 0 ? (int)-made : 0;
}

static int
port_remove(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	int number, code;

	(void)out;
	if (!command_number(arg, &number))
		return EINVAL;
	code = find(s, number, &np);
	if (code != 0)
		return code;
	return -numbers_remove(s->face->numbers, np->number);
}

static int
port_epclose(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	int v[2], code;

	(void)out;
	if (!command_numbers(arg, v, 2))
		return EINVAL;
	code = find(s, v[0], &np);
	if (code != 0)
		return code;
	if (np->port == NULL || v[1] < 0)
		return ENXIO;
	if (np->port->kind->drop_client != NULL)
		return np->port->kind->drop_client(np->port->priv,
						   (unsigned)v[1]) < 0
			   ? ENXIO
			   : 0;
	if ((port_id_t)v[1] != np->port->id)
		return ENXIO;
	port_gone(np->port, "it was closed by port/epclose");
	return 0;
}

/* ---- who may use it ---- */

static int
port_allocatable(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	int v[2], code;

	(void)out;
	if (!command_numbers(arg, v, 2))
		return EINVAL;
	code = need(s, v[0], &np);
	if (code == 0)
		np->reserved = v[1] == 0;
	return code;
}

/* "N NAME".  Return: false when it is not that. */
static bool
number_and_name(const char *arg, int *number, const char **name)
{
	size_t len = strcspn(arg, " \t");
	char text[16];

	*name = arg + len + strspn(arg + len, " \t");
	if (len >= sizeof(text) || **name == '\0')
		return false;
	memcpy(text, arg, len);
	text[len] = '\0';
	return command_numbers(text, number, 1);
}

/* Who that is, also when he has no name but a number.  Return: false: nobody. */
static bool
find_somebody(const char *name, bool is_group, uint32_t *id)
{
	const struct passwd *pw = is_group ? NULL : getpwnam(name);
	const struct group *gr = is_group ? getgrnam(name) : NULL;
	int n;

	if (pw != NULL)
		*id = pw->pw_uid;
	else if (gr != NULL)
		*id = gr->gr_gid;
	else if (strcmp(name, "NONE") == 0 || strcmp(name, "ANY") == 0)
		*id = NUMBERED_ANYBODY;
	else if (isdigit((unsigned char)*name) && command_number(name, &n))
		*id = (uint32_t)n;
	else
		return false;
	return true;
}

static int
set_somebody(struct session *s, const char *arg, bool is_group)
{
	struct numbered *np;
	const char *name;
	uint32_t id;
	int number, code;

	if (!number_and_name(arg, &number, &name) ||
	    !find_somebody(name, is_group, &id))
		return EINVAL;
	code = need(s, number, &np);
	if (code != 0)
		return code;
	if (is_group)
		np->group = id;
	else
		np->user = id;
	return 0;
}

static int
port_setuser(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)out;
	return set_somebody(s, arg, false);
}

static int
port_setgroup(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)out;
	return set_somebody(s, arg, true);
}

/* ---- how it forwards ---- */

static int
port_sethub(struct session *s, const char *arg, struct evbuffer *out)
{
	int hub;

	(void)out;
	if (!command_number(arg, &hub))
		return EINVAL;
	face_set_hub(s->face, hub != 0);
	return 0;
}

static int
port_setvlan(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	int v[2], code;

	(void)out;
	if (!command_numbers(arg, v, 2) || v[1] < 0 || v[1] > VID_NONE)
		return EINVAL;
	if (find(s, v[0], &np) == EINVAL)
		return EINVAL;
	if (v[1] != VID_NONE && !vid_set_has(&s->face->vlans, (uint16_t)v[1]))
		return ENXIO;
	code = need(s, v[0], &np);
	if (code == 0)
		numbered_set_untagged(np, (uint16_t)v[1]);
	return code;
}

/* ---- counters ---- */

static int
port_resetcounter(struct session *s, const char *arg, struct evbuffer *out)
{
	const struct numbers *numbers = s->face->numbers;
	struct numbered *np;
	int number, code;

	(void)out;
	if (*arg != '\0') {
		if (!command_number(arg, &number))
			return EINVAL;
		code = find(s, number, &np);
		if (code == 0)
			numbered_reset_traffic(np);
		return code == ENXIO ? 0 : code; /* has counted nothing */
	}
	for (uint32_t i = 0; i < numbers_count(numbers); i++) {
		np = numbers_get(numbers, i);
		if (np != NULL)
			numbered_reset_traffic(np);
	}
	return 0;
}

const struct command port_commands[] = {
	{ "port", "============", "PORT STATUS MENU", NULL, 0 },
	{ "port/showinfo", "", "show port info", port_showinfo, COMMAND_DATA },
	{ "port/setnumports", "N", "set the number of ports", port_setnumports,
	  0 },
	{ "port/sethub", "0/1", "1=HUB 0=switch", port_sethub, 0 },
	{ "port/setvlan", "N VLAN", "set port VLAN (untagged)", port_setvlan,
	  0 },
	{ "port/createauto", "",
	  "create a port with an automatically allocated id "
	  "(inactive|notallocatable)",
	  port_createauto, COMMAND_DATA },
	{ "port/create", "N", "create the port N (inactive|notallocatable)",
	  port_create, 0 },
	{ "port/remove", "N", "remove the port N", port_remove, 0 },
	{ "port/allocatable", "N 0/1",
	  "Is the port allocatable as unnamed? 1=Y 0=N", port_allocatable, 0 },
	{ "port/setuser", "N user", "access control: set user", port_setuser,
	  0 },
	{ "port/setgroup", "N user", "access control: set group", port_setgroup,
	  0 },
	{ "port/epclose", "N ID", "remove the endpoint port N/id ID",
	  port_epclose, 0 },
	{ "port/resetcounter", "[N]", "reset the port (N) counters",
	  port_resetcounter, 0 },
	{ "port/print", "[N]", "print the port/endpoint table", port_print,
	  COMMAND_DATA },
	{ "port/allprint", "[N]",
	  "print the port/endpoint table (including inactive port)",
	  port_allprint, COMMAND_DATA },
	{ NULL, NULL, NULL, NULL, 0 },
};
