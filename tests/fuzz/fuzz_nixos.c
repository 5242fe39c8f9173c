#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/nixos.h"
#include "driver/lab/plan.h"
#include "driver/lab/start-nics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

static int
is_listed(const struct plan *plan, unsigned vlan)
{
	for (size_t i = 0; i < plan->n_vlans; i++)
		if (plan->vlans[i] == vlan)
			return 1;
	return 0;
}

/* What is read can be run: it has machines, a script, and ports that the switch
 * takes, on segments that there are. */
static void
check_test(const struct nixos *nixos)
{
	const struct plan *plan = nixos->plan;

	require(plan->n_nodes > 0 && plan->n_nodes <= PLAN_NODES_MAX);
	require(plan->name[0] != '\0' && strchr(plan->name, '/') == NULL);
	require(nixos->script != NULL && nixos->script_path != NULL);
	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];

		require(node->start_command != NULL);
		require(node->n_nics <= PLAN_NICS_MAX);
		for (size_t k = 0; k < node->n_nics; k++) {
			const struct plan_nic *nic = &node->nics[k];

			require(is_listed(plan, nic->vlan));
			require(strlen(nic->port) < 64 &&
				nic->port[strspn(nic->port,
						 "abcdefghijklmnopqrstuvwxyz"
						 "0123456789._-")] == '\0');
		}
	}
}

/* Properties: a description is read whole, or refused with a reason; a start
 * script's cards are on segments that there can be. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct plan_problems problems = { .n = 0 };
	struct start_nic nics[PLAN_NICS_MAX];
	struct nixos *nixos =
	    nixos_read("/nowhere/fuzz.json", text, size, &problems);
	size_t n;

	require((nixos == NULL) == (problems.n > 0));
	if (nixos != NULL)
		check_test(nixos);
	nixos_free(nixos);
	plan_problems_fini(&problems);

	require(start_memory_find(text, size) <= PLAN_MEMORY_MAX_MIB);
	n = start_nics_find(text, size, nics, PLAN_NICS_MAX);
	for (size_t i = 0; i < n && i < PLAN_NICS_MAX; i++) {
		require(nics[i].vlan >= PLAN_VLAN_MIN &&
			nics[i].vlan <= PLAN_VLAN_MAX);
		require(memchr(nics[i].netdev, '\0', PLAN_NETDEV_SIZE) != NULL);
	}
	return 0;
}
