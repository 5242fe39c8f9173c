#include "driver/control/run-info.h"

#include <stdlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "lib/mac.h"
#include "lib/xalloc.h"

static json_t *
describe_nic(const struct plan_nic *nic)
{
	char mac[MAC_TEXT_SIZE];

	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "name", nic->ifname,
			 "port", nic->port, "vlan", (int)nic->vlan, "ipv4",
			 nic->ipv4, "ipv6", nic->ipv6, "mac",
			 mac_format(&nic->mac, mac));
}

static json_t *
describe_node(const struct plan_node *node, const char *state)
{
	json_t *nics = json_array();

	for (size_t i = 0; i < node->n_nics; i++)
		json_array_append_new(nics, describe_nic(&node->nics[i]));
	return json_pack("{s:s, s:s, s:o}", "name", node->name, "state", state,
			 "nics", nics);
}

json_t *
run_info_new(const struct plan *plan, struct live *live)
{
	static const char *const states[] = {
		[MACHINE_OFF] = "off",
		[MACHINE_BOOTING] = "booting",
		[MACHINE_UP] = "up",
		[MACHINE_STOPPING] = "stopping",
	};
	json_t *machines = json_array(), *segments = json_array();

	for (size_t i = 0; i < plan->n_nodes; i++) {
		enum machine_state state =
		    live != NULL ? machine_state(live_machine(live, i))
				 : MACHINE_OFF;

		json_array_append_new(
		    machines, describe_node(&plan->nodes[i], states[state]));
	}
	for (size_t i = 0; i < plan->n_vlans; i++) {
		char *name = xasprintf("vlan%u", plan->vlans[i]);

		json_array_append_new(segments, json_string(name));
		free(name);
	}
	return json_pack("{s:o, s:o}", "machines", machines, "segments",
			 segments);
}
