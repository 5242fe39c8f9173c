/* nixos-complete: when all machines of a description are known, what follows:
 * order, segments, ports and addresses. */
#include "driver/lab/nixos.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "driver/lab/plan.h"
#include "driver/lab/reader.h"
#include "lib/mac.h"
#include "lib/xalloc.h"

static int
compare_nodes(const void *a, const void *b)
{
	const struct plan_node *p = a;
	const struct plan_node *q = b;

	return strcmp(p->name, q->name);
}

/* Those that are given, and those that cards are on. */
static void
sort_vlans(struct plan *plan)
{
	bool used[PLAN_VLAN_MAX + 1] = { false };

	for (size_t i = 0; i < plan->n_vlans; i++)
		used[plan->vlans[i]] = true;
	for (size_t i = 0; i < plan->n_nodes; i++)
		for (size_t k = 0; k < plan->nodes[i].n_nics; k++)
			used[plan->nodes[i].nics[k].vlan] = true;
	free(plan->vlans);
	plan->vlans = xcalloc(PLAN_VLAN_MAX, sizeof(*plan->vlans));
	plan->n_vlans = 0;
	for (unsigned vlan = PLAN_VLAN_MIN; vlan <= PLAN_VLAN_MAX; vlan++)
		if (used[vlan])
			plan->vlans[plan->n_vlans++] = vlan;
}

/* A script is told every segment, as Nix's driver does; those of its own cards
 * anyway. */
static void
tell_vlans(const struct plan *plan, struct plan_node *node)
{
	node->told_vlans =
	    xcalloc(plan->n_vlans + 1, sizeof(*node->told_vlans));
	for (size_t i = 0; i < plan->n_vlans; i++) {
		bool own = false;

		for (size_t k = 0; k < node->n_nics; k++)
			own |= node->nics[k].vlan == plan->vlans[i];
		if (!own)
			node->told_vlans[node->n_told_vlans++] = plan->vlans[i];
	}
}

/* The switch's names have small letters only; those of nodes that differ in
 * nothing else get their numbers. */
static void
name_port(const struct plan *plan, const struct plan_node *node,
	  struct plan_nic *nic)
{
	char name[PLAN_NAME_MAX + 1];
	unsigned n_same = 0;

	snprintf(name, sizeof(name), "%s", node->name);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (name[0] == '_')
		name[0] = 'x';
	for (size_t i = 0; i < plan->n_nodes; i++)
		n_same += strcasecmp(plan->nodes[i].name, node->name) == 0 ||
			  strcasecmp(plan->nodes[i].name, name) == 0;
	if (strcmp(name, node->name) == 0)
		return;
	if (n_same > 1)
		snprintf(nic->port, sizeof(nic->port), "%.50s.%u.%s", name,
			 node->number, nic->ifname);
	else
		snprintf(nic->port, sizeof(nic->port), "%s.%s", name,
			 nic->ifname);
}

/* A script's own MAC addresses, and by the rule that they are made by, the
 * addresses that its machine has. */
static void
complete_nic(const struct plan *plan, const struct plan_node *node,
	     struct plan_nic *nic, const struct mac *own)
{
	static const uint8_t prefix[] = { 0x52, 0x54, 0x00, 0x12 };
	unsigned number;

	name_port(plan, node, nic);
	if (mac_is_zero(own))
		return;
	nic->mac = *own;
	number = own->b[5];
	nic->ipv4[0] = nic->ipv6[0] = '\0';
	if (memcmp(own->b, prefix, sizeof(prefix)) != 0 ||
	    own->b[4] != nic->vlan || number == 0)
		return;
	snprintf(nic->ipv4, sizeof(nic->ipv4), "192.168.%u.%u", nic->vlan,
		 number);
	snprintf(nic->ipv6, sizeof(nic->ipv6), "2001:db8:%u::%u", nic->vlan,
		 number);
}

void
nixos_complete(struct plan *plan)
{
	struct mac(*macs)[PLAN_NICS_MAX] =
	    xcalloc(plan->n_nodes, sizeof(*macs));

	qsort(plan->nodes, plan->n_nodes, sizeof(*plan->nodes), compare_nodes);
	sort_vlans(plan);
	for (size_t i = 0; i < plan->n_nodes; i++)
		for (size_t k = 0; k < plan->nodes[i].n_nics; k++)
			macs[i][k] = plan->nodes[i].nics[k].mac;
	plan_assign_addresses(plan);
	for (size_t i = 0; i < plan->n_nodes; i++) {
		struct plan_node *node = &plan->nodes[i];

		tell_vlans(plan, node);
		for (size_t k = 0; k < node->n_nics; k++)
			complete_nic(plan, node, &node->nics[k], &macs[i][k]);
	}
	free(macs);
}

/* Who could not be told from @nic by its frames; NULL: nobody. */
static const char *
same_mac(const struct plan *plan, size_t n_nodes, size_t n_nics,
	 const struct plan_nic *nic)
{
	for (size_t i = 0; i <= n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];
		size_t n = i < n_nodes ? node->n_nics : n_nics;

		for (size_t k = 0; k < n; k++)
			if (node->nics[k].vlan == nic->vlan &&
			    mac_eq(&node->nics[k].mac, &nic->mac))
				return node->nics[k].port;
	}
	return NULL;
}

void
nixos_check_macs(struct reader *r, const struct plan *plan)
{
	char text[MAC_TEXT_SIZE];

	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];

		for (size_t k = 0; k < node->n_nics; k++) {
			const struct plan_nic *nic = &node->nics[k];
			const char *other = same_mac(plan, i, k, nic);

			if (other != NULL)
				reader_problem(
				    r,
				    "the network cards %s and %s on vlan%u "
				    "have the same MAC address, %s: give one "
				    "of them another in its start script",
				    other, nic->port, nic->vlan,
				    mac_format(&nic->mac, text));
		}
	}
}
