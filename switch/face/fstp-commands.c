/*
 * fstp-commands: the spanning tree.  The original has a dialect of its own, and
 * a tree for each VLAN; here it is RSTP, and one tree that all VLANs share.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "lib/clock.h"
#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/numbers.h"
#include "switch/face/session.h"
#include "switch/face/tree.h"
#include "switch/segment.h"
#include "switch/stp.h"

static bool
is_on(const struct session *s)
{
	return stp_protocol(s->face->segment) != STP_PROTOCOL_NONE;
}

/* Return: 0; EINVAL when @vid is no VLAN, ENXIO when there is none. */
static int
check_vlan(const struct session *s, int vid)
{
	if (vid < 0 || vid > VID_MAX)
		return EINVAL;
	return vid_set_has(&s->face->vlans, (uint16_t)vid) ? 0 : ENXIO;
}

static int
fstp_showinfo(struct session *s, const char *arg, struct evbuffer *out)
{
	const struct face_options *o = s->face->options;
	char mac[MAC_TEXT_SIZE];

	(void)arg;
	command_print(out, "MAC %s Priority %u (0x%x)",
		      mac_format(&o->mac, mac), o->priority, o->priority);
	command_print(out, "FSTP=%s", is_on(s) ? "true" : "false");
	return 0;
}

static int
fstp_setfstp(struct session *s, const char *arg, struct evbuffer *out)
{
	int on;

	if (!command_number(arg, &on))
		return EINVAL;
	if (s->face->segment->mode == SEGMENT_HUB)
		command_print(out, "Can't use fstp in hub mode");
	else
		stp_set_protocol(s->face->segment, on != 0 ? STP_PROTOCOL_RSTP
							   : STP_PROTOCOL_NONE);
	return 0;
}

/* ---- ports ---- */

static int
fstp_setedge(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	int v[3], code;

	(void)out;
	if (!command_numbers(arg, v, 3) || v[1] < 0 ||
	    (uint32_t)v[1] >= numbers_count(s->face->numbers))
		return EINVAL;
	code = check_vlan(s, v[0]);
	if (code != 0)
		return code;
	np = numbers_need(s->face->numbers, (uint32_t)v[1]);
	if (np == NULL)
		return ENXIO;
	np->edge = v[2] != 0;
	tree_configure_port(s->face, np);
	return 0;
}

/* One port has it at a time. */
static int
fstp_bonus(struct session *s, const char *arg, struct evbuffer *out)
{
	struct face_bonus *bonus = &s->face->bonus;
	struct numbered *before, *np;
	int v[3], code;

	(void)out;
	if (!command_numbers(arg, v, 3) || v[1] < 0 || v[2] < 0 ||
	    (uint32_t)v[1] >= numbers_count(s->face->numbers))
		return EINVAL;
	code = check_vlan(s, v[0]);
	if (code != 0)
		return code;
	before = numbers_get(s->face->numbers, bonus->port);
	bonus->port = (uint32_t)v[1];
	bonus->cost = (uint32_t)v[2];
	if (before != NULL)
		tree_configure_port(s->face, before);
	np = numbers_get(s->face->numbers, bonus->port);
	if (np != NULL)
		tree_configure_port(s->face, np);
	return 0;
}

/* ---- what is there ---- */

static void
print_ports(struct session *s, uint16_t vid, bool tagged, struct evbuffer *out)
{
	const struct numbers *numbers = s->face->numbers;

	for (uint32_t i = 0; i < numbers_count(numbers); i++) {
		const struct numbered *np = numbers_get(numbers, i);

		if (np == NULL || np->port == NULL ||
		    !vid_set_has(&np->vids.member, vid) ||
		    (np->vids.pvid != vid) != tagged)
			continue;
		command_print(out,
			      " -- Port %04" PRIu32
			      " tagged=%d portcost=%" PRIu32 " role=%s",
			      np->number, tagged,
			      stp_port_config(np->port).rstp.path_cost,
			      tree_role(np));
	}
}

static void
print_tree(struct session *s, uint16_t vid, struct evbuffer *out)
{
	const struct face_bonus *bonus = &s->face->bonus;
	char id[TREE_ID_SIZE];
	struct tree tree;

	tree_read(s->face, &tree);
	command_print(out, "FST DATA VLAN %04u %s %s", vid,
		      tree.is_root ? "ROOTSWITCH" : "",
		      is_on(s) ? "" : "FSTP IS DISABLED");
	command_print(out, " ++ root %s", tree_id_text(tree.root, id));
	command_print(out, " ++ designated %s",
		      tree_id_text(tree.designated, id));
	command_print(out,
		      " ++ rootport %04" PRIu32 " cost %" PRIu32 " age %" PRIu64
		      " bonusport %04" PRIu32 " bonuscost %" PRIu32,
		      tree.root_port, tree.root_cost, tree.age_s, bonus->port,
		      bonus->cost);
	print_ports(s, vid, false, out);
	print_ports(s, vid, true, out);
}

static int
fstp_print(struct session *s, const char *arg, struct evbuffer *out)
{
	int vid, code;

	if (*arg != '\0') {
		if (!command_number(arg, &vid))
			return EINVAL;
		code = check_vlan(s, vid);
		if (code == 0)
			print_tree(s, (uint16_t)vid, out);
		return code;
	}
	for (vid = 0; vid <= VID_MAX; vid++) {
		if (check_vlan(s, vid) == 0)
			print_tree(s, (uint16_t)vid, out);
	}
	return 0;
}

const struct command fstp_commands[] = {
	{ "fstp", "============", "FAST SPANNING TREE MENU", NULL, 0 },
	{ "fstp/showinfo", "", "show fstp info", fstp_showinfo, COMMAND_DATA },
	{ "fstp/setfstp", "0/1", "Fast spanning tree protocol 1=ON 0=OFF",
	  fstp_setfstp, COMMAND_DATA },
	{ "fstp/setedge", "VLAN PORT 1/0",
	  "Define an edge port for a vlan 1=Y 0=N", fstp_setedge, 0 },
	{ "fstp/bonus", "VLAN PORT COST", "set the port bonus for a vlan",
	  fstp_bonus, 0 },
	{ "fstp/print", "[N]", "print fst data for the defined vlan",
	  fstp_print, COMMAND_DATA },
	{ NULL, NULL, NULL, NULL, 0 },
};
