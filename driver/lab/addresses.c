/* addresses: who is who on the segments; the scheme stands in plan.h. */
#include <stdio.h>

#include "driver/lab/plan.h"

/* How many of @node's interfaces before the @k-th are on the same segment. */
static unsigned
n_earlier(const struct plan_node *node, size_t k)
{
	unsigned n = 0;

	for (size_t i = 0; i < k; i++)
		if (node->nics[i].vlan == node->nics[k].vlan)
			n++;
	return n;
}

static void
assign(const struct plan_node *node, size_t k)
{
	struct plan_nic *nic = &node->nics[k];
	unsigned nth = n_earlier(node, k);

	snprintf(nic->ifname, sizeof(nic->ifname), "eth%u", (unsigned)k + 1);
	snprintf(nic->port, sizeof(nic->port), "%s.%s", node->name,
		 nic->ifname);
	nic->mac =
	    (struct mac){ { 0x52, 0x54, (uint8_t)nth, 0x12, (uint8_t)nic->vlan,
			    (uint8_t)node->number } };
	nic->ipv4[0] = '\0';
	nic->ipv6[0] = '\0';
	if (nth > 0)
		return;
	snprintf(nic->ipv4, sizeof(nic->ipv4), "192.168.%u.%u", nic->vlan,
		 node->number);
	snprintf(nic->ipv6, sizeof(nic->ipv6), "2001:db8:%u::%u", nic->vlan,
		 node->number);
}

void
plan_assign_addresses(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_nodes; i++) {
		plan->nodes[i].number = (unsigned)i + 1;
		for (size_t k = 0; k < plan->nodes[i].n_nics; k++)
			assign(&plan->nodes[i], k);
	}
}
