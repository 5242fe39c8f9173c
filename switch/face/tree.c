#include "switch/face/tree.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "switch/face/debug.h"
#include "switch/face/face.h"
#include "switch/face/numbers.h"
#include "switch/segment.h"
#include "switch/stp.h"

void
tree_init(struct face *face)
{
	const struct face_options *o = face->options;
	struct rstp_config config = stp_config(face->segment);
	struct err err = ERR_INIT;

	config.address = o->mac;
	config.priority =
	    (uint16_t)(o->priority / RSTP_PRIORITY_STEP * RSTP_PRIORITY_STEP);
	if (config.priority != o->priority)
		log_warn("priority %u is taken for %u, a multiple of %d",
			 o->priority, config.priority, RSTP_PRIORITY_STEP);
	if (stp_configure(face->segment, &config, &err) < 0)
		log_warn("%s", err.text);
	if (o->fstp)
		stp_set_protocol(face->segment, STP_PROTOCOL_RSTP);
}

const char *
tree_id_text(uint64_t id, char text[static TREE_ID_SIZE])
{
	for (int i = 0; i < 8; i++)
		snprintf(text + 3 * i, (size_t)(TREE_ID_SIZE - 3 * i),
			 i < 7 ? "%02x:" : "%02x",
			 (unsigned)(id >> (56 - 8 * i)) & 0xff);
	return text;
}

static uint64_t
own_id(const struct face *face)
{
	struct rstp_config config = stp_config(face->segment);

	return (uint64_t)config.priority << 48 | mac_to_u64(&config.address);
}

/* The port towards the root, or NULL. */
static const struct numbered *
find_root_port(const struct face *face, struct rstp_port_status *status)
{
	const struct numbers *numbers = face->numbers;

	for (uint32_t i = 0; i < numbers_count(numbers); i++) {
		const struct numbered *np = numbers_get(numbers, i);

		if (np != NULL && np->port != NULL &&
		    stp_port_status(np->port, status) &&
		    status->role == RSTP_ROLE_ROOT)
			return np;
	}
	return NULL;
}

void
tree_read(const struct face *face, struct tree *tree)
{
	const struct vswitch *sw = face->sw;
	struct rstp_port_status port_status;
	const struct numbered *np;
	struct rstp_status status;

	*tree = (struct tree){
		.is_root = true,
		.root = own_id(face),
		.designated = UINT64_MAX,
		.age_s =
		    (clock_now_ms(sw->config.clock) - sw->started_ms) / 1000,
	};
	if (!stp_status(face->segment, &status))
		return;
	tree->is_root = status.root_id == status.bridge_id;
	tree->root = status.root_id;
	tree->root_cost = status.root_path_cost;
	tree->age_s = status.since_topology_change_s;
	np = find_root_port(face, &port_status);
	if (np != NULL) {
		tree->root_port = np->number;
		tree->designated = port_status.designated_bridge;
	}
}

/* ---- ports ---- */

void
tree_configure_port(const struct face *face, const struct numbered *np)
{
	struct stp_port_config config;
	struct err err = ERR_INIT;
	uint32_t bonus = 0;

	if (np->port == NULL)
		return;
	if (face->bonus.port == np->number)
		bonus = face->bonus.cost;
	config = stp_port_config(np->port);
	config.rstp.admin_edge = np->edge;
	config.rstp.path_cost =
	    bonus < RSTP_PATH_COST_DEFAULT ? RSTP_PATH_COST_DEFAULT - bonus : 1;
	if (stp_port_configure(np->port, &config, &err) < 0)
		log_warn("%s", err.text);
}

const char *
tree_role(const struct numbered *np)
{
	static const char *const names[RSTP_N_ROLES] = {
		[RSTP_ROLE_DISABLED] = "Unknown",
		[RSTP_ROLE_ROOT] = "Root",
		[RSTP_ROLE_DESIGNATED] = "Designated",
		[RSTP_ROLE_ALTERNATE] = "Alternate/Backup",
		[RSTP_ROLE_BACKUP] = "Alternate/Backup",
	};
	struct rstp_port_status status;

	if (np->edge)
		return "Edge";
	if (!stp_port_status(np->port, &status))
		return "Designated"; /* who is alone is for all links */
	return names[status.role];
}

/* ---- what happens ---- */

/* Is another bridge heard there that matters? */
static bool
is_active(enum rstp_role role)
{
	return role == RSTP_ROLE_ROOT || role == RSTP_ROLE_ALTERNATE ||
	       role == RSTP_ROLE_BACKUP;
}

static void
tell_root(struct face *face, uint16_t vid, const struct tree *tree)
{
	char id[TREE_ID_SIZE];

	face_debug(face, DEBUG_FSTP_ROOT,
		   "Port %04" PRIu32 " VLAN %02x:%02x -> %s", tree->root_port,
		   vid >> 8, vid & 0xff, tree_id_text(tree->root, id));
}

static void
tell_if_root_is_another(struct face *face)
{
	struct tree tree;

	tree_read(face, &tree);
	if (tree.root == face->last_root &&
	    tree.root_port == face->last_root_port)
		return;
	face->last_root = tree.root;
	face->last_root_port = tree.root_port;
	tell_root(face, 0, &tree);
}

void
tree_port_changed(struct face *face, struct numbered *np)
{
	static const char *const states[RSTP_N_STATES] = {
		[RSTP_DISCARDING] = "discarding",
		[RSTP_LEARNING] = "learning",
		[RSTP_FORWARDING] = "learning+forwarding",
	};
	struct rstp_port_status status;

	if (!stp_port_status(np->port, &status))
		return;
	if (status.state != np->last_state)
		face_debug(face, DEBUG_FSTP_STATUS,
			   "Port %04" PRIu32 " VLAN 00:00 %s", np->number,
			   states[status.state]);
	if (is_active(status.role) != is_active(np->last_role))
		face_debug(face,
			   is_active(status.role) ? DEBUG_FSTP_ACTIVE
						  : DEBUG_FSTP_INACTIVE,
			   "Port %04" PRIu32 " VLAN 00:00", np->number);
	np->last_state = status.state;
	np->last_role = status.role;
	tell_if_root_is_another(face);
}

void
tree_new_vlan(struct face *face, uint16_t vid)
{
	struct tree tree;

	tree_read(face, &tree);
	tell_root(face, vid, &tree);
}
