#include "driver/lab/plan.h"

#include "lib/json.h"

json_t *
plan_names(const struct plan *plan)
{
	json_t *names = json_object();
	char mac[MAC_TEXT_SIZE];

	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];

		for (size_t j = 0; j < node->n_nics; j++) {
			const struct plan_nic *nic = &node->nics[j];

			json_object_set_new(names, mac_format(&nic->mac, mac),
					    json_string(nic->port));
			if (nic->ipv4[0] != '\0')
				json_object_set_new(names, nic->ipv4,
						    json_string(node->name));
			if (nic->ipv6[0] != '\0')
				json_object_set_new(names, nic->ipv6,
						    json_string(node->name));
		}
	}
	return names;
}
