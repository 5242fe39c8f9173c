/*
 * vlan-commands: VLANs and the ports that are in them.  A port sends and takes
 * the frames of one without tags (port/setvlan), of the others with.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/numbers.h"
#include "switch/face/session.h"
#include "switch/face/tree.h"

static bool
exists(const struct session *s, int vid)
{
	return vid_set_has(&s->face->vlans, (uint16_t)vid);
}

/* Return: 0; EINVAL when @arg is no VLAN, ENXIO when there is none. */
static int
read_vlan(const struct session *s, const char *arg, int *vid)
{
	if (!command_number(arg, vid) || *vid < 0 || *vid > VID_MAX)
		return EINVAL;
	return exists(s, *vid) ? 0 : ENXIO;
}

/* ---- VLANs ---- */

static int
vlan_create(struct session *s, const char *arg, struct evbuffer *out)
{
	int vid, code;

	(void)out;
	code = read_vlan(s, arg, &vid);
	if (code == EINVAL || vid == 0)
		return EINVAL;
	if (code == 0)
		return EEXIST;
	vid_set_put(&s->face->vlans, (uint16_t)vid, true);
	tree_new_vlan(s->face, (uint16_t)vid);
	return 0;
}

static bool
is_used(const struct session *s, uint16_t vid)
{
	const struct numbers *numbers = s->face->numbers;

	for (uint32_t i = 0; i < numbers_count(numbers); i++) {
		const struct numbered *np = numbers_get(numbers, i);

		if (np != NULL && vid_set_has(&np->vids.member, vid))
			return true;
	}
	return false;
}

static int
vlan_remove(struct session *s, const char *arg, struct evbuffer *out)
{
	int vid, code;

	(void)out;
	code = read_vlan(s, arg, &vid);
	if (code != 0)
		return code;
	if (is_used(s, (uint16_t)vid))
		return EADDRINUSE;
	vid_set_put(&s->face->vlans, (uint16_t)vid, false);
	return 0;
}

/* ---- ports ---- */

/* "VLAN PORT".  Return: 0; EINVAL when one cannot be, ENXIO when there is no
 * such VLAN. */
static int
vlan_and_port(const struct session *s, const char *arg, uint16_t *vid,
	      uint32_t *number)
{
	const struct numbers *numbers = s->face->numbers;
	int v[2];

	if (!command_numbers(arg, v, 2) || v[0] < 0 || v[0] > VID_MAX ||
	    v[1] < 0 || (uint32_t)v[1] >= numbers_count(numbers))
		return EINVAL;
	*vid = (uint16_t)v[0];
	*number = (uint32_t)v[1];
	return exists(s, v[0]) ? 0 : ENXIO;
}

static int
vlan_addport(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	uint32_t number;
	uint16_t vid;
	int code;

	(void)out;
	code = vlan_and_port(s, arg, &vid, &number);
	if (code != 0)
		return code;
	np = numbers_need(s->face->numbers, number);
	if (np == NULL)
		return ENXIO;
	if (np->vids.pvid != vid)
		numbered_set_tagged(np, vid, true);
	return 0;
}

static int
vlan_delport(struct session *s, const char *arg, struct evbuffer *out)
{
	struct numbered *np;
	uint32_t number;
	uint16_t vid;
	int code;

	(void)out;
	code = vlan_and_port(s, arg, &vid, &number);
	if (code != 0)
		return code;
	np = numbers_get(s->face->numbers, number);
	if (np == NULL)
		return ENXIO;
	if (np->vids.pvid == vid)
		return EADDRINUSE;
	numbered_set_tagged(np, vid, false);
	return 0;
}

/* ---- what is there ---- */

static const char *
status_of(const struct numbered *np)
{
	static const char *const names[N_STP_STATES] = {
		[STP_FORWARDING] = "Forwarding",
		[STP_LEARNING] = "Learning",
		[STP_DISCARDING] = "Discarding",
	};

	/* As if it were ready to forward whatever comes. */
	return names[np->port != NULL ? np->port->stp_state : STP_LEARNING];
}

static void
print_vlan(struct session *s, uint16_t vid, bool inactive, struct evbuffer *out)
{
	const struct numbers *numbers = s->face->numbers;

	command_print(out, "VLAN %04u", vid);
	for (uint32_t i = 0; i < numbers_count(numbers); i++) {
		const struct numbered *np = numbers_get(numbers, i);

		if (np == NULL || !vid_set_has(&np->vids.member, vid) ||
		    (np->port == NULL && !inactive))
			continue;
		command_print(out,
			      " -- Port %04" PRIu32 " tagged=%d active=%d "
			      "status=%s",
			      np->number, np->vids.pvid != vid,
			      np->port != NULL, status_of(np));
	}
}

static int
print(struct session *s, const char *arg, bool inactive, struct evbuffer *out)
{
	int vid, code;

	if (*arg != '\0') {
		code = read_vlan(s, arg, &vid);
		if (code == 0)
			print_vlan(s, (uint16_t)vid, inactive, out);
		return code;
	}
	for (vid = 0; vid <= VID_MAX; vid++) {
		if (exists(s, vid))
			print_vlan(s, (uint16_t)vid, inactive, out);
	}
	return 0;
}

static int
vlan_print(struct session *s, const char *arg, struct evbuffer *out)
{
	return print(s, arg, false, out);
}

static int
vlan_allprint(struct session *s, const char *arg, struct evbuffer *out)
{
	return print(s, arg, true, out);
}

const struct command vlan_commands[] = {
	{ "vlan", "============", "VLAN MANAGEMENT MENU", NULL, 0 },
	{ "vlan/create", "N", "create the VLAN with tag N", vlan_create, 0 },
	{ "vlan/remove", "N", "remove the VLAN with tag N", vlan_remove, 0 },
	{ "vlan/addport", "N PORT", "add port to the vlan N (tagged)",
	  vlan_addport, 0 },
	{ "vlan/delport", "N PORT", "add port to the vlan N (tagged)",
	  vlan_delport, 0 },
	{ "vlan/print", "[N]", "print the list of defined vlan", vlan_print,
	  COMMAND_DATA },
	{ "vlan/allprint", "[N]",
	  "print the list of defined vlan (including inactive port)",
	  vlan_allprint, COMMAND_DATA },
	{ NULL, NULL, NULL, NULL, 0 },
};
