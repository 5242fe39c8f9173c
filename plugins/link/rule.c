#include "config.h"

#include "plugins/link/rule.h"

#include <stdlib.h>

#include "plugins/common/bpf.h"

const char *const rule_action_names[] = {
	[RULE_DROP] = "drop",
	[RULE_HOLD] = "hold",
	[RULE_DELAY] = "delay",
};

void
rule_free(struct rule *rule)
{
	if (rule == NULL)
		return;
	held_fini(&rule->held);
	bpf_free(rule->filter);
	free(rule);
}

bool
rule_is_done(const struct rule *rule)
{
	return rule->count > 0 && rule->n_acted == rule->count;
}

bool
rule_wants(struct rule *rule, enum link_direction d,
	   const struct vl_frame *frame)
{
	if (!rule->directions[d] || rule_is_done(rule))
		return false;
	if (!bpf_match(rule->filter, vl_frame_data(frame), vl_frame_len(frame)))
		return false;
	rule->n_seen++;
	if (rule->n_seen < rule->nth)
		return false;
	rule->n_acted++;
	return true;
}
