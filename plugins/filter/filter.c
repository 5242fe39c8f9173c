/*
 * filter: an ordered list of rules, each of which lets the frames pass that it
 * matches, or drops them; the first that matches decides.
 *
 * Rules are for a port by its name, so they hold for whoever has it next.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <jansson.h>

#include "plugins/common/bpf.h"
#include "plugins/common/inst.h"
#include "vdelab/plugin.h"

/* Behind `link`, whose cables carry what is filtered here. */
enum { HOOK_ORDER = 300, RULES_MAX = 1024 };

/* As seen from the segment: IN is what a port sends into it. */
enum direction { IN, OUT, N_DIRECTIONS };

struct rule {
	TAILQ_ENTRY(rule) link;
	uint32_t id;
	bool allows;
	bool directions[N_DIRECTIONS];
	char *port_name; /* owned; NULL: any port */
	uint32_t port;	 /* the one of that name; VL_PORT_NONE: none now */
	struct bpf *bpf; /* owned */
	uint64_t n_matches;
};
TAILQ_HEAD(rule_list, rule);

struct filter {
	struct vl_inst *inst;
	struct rule_list rules; /* in the order in which they are asked */
	uint32_t n_rules, last_id;
	bool allows; /* what no rule matches */
	uint8_t verdict_denied, verdict_policy;
};

static const enum vl_stage stages[N_DIRECTIONS] = {
	[IN] = VL_STAGE_INGRESS,
	[OUT] = VL_STAGE_EGRESS,
};

/* ---- frames ---- */

static bool
matches(const struct rule *rule, enum direction d, uint32_t port,
	const struct vl_frame *frame)
{
	return rule->directions[d] &&
	       (rule->port_name == NULL || rule->port == port) &&
	       bpf_match(rule->bpf, vl_frame_data(frame), vl_frame_len(frame));
}

static uint8_t
judge(struct filter *filter, enum direction d, uint32_t port,
      const struct vl_frame *frame)
{
	struct rule *rule;

	TAILQ_FOREACH (rule, &filter->rules, link) {
		if (!matches(rule, d, port, frame))
			continue;
		rule->n_matches++;
		return rule->allows ? VL_PASS : filter->verdict_denied;
	}
	return filter->allows ? VL_PASS : filter->verdict_policy;
}

static void
judge_all(struct filter *filter, enum direction d, const struct vl_vector *v)
{
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] == VL_PASS)
			v->verdicts[i] =
			    judge(filter, d, v->port, v->frames[i]);
	}
}

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	judge_all(priv, IN, v);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	judge_all(priv, OUT, v);
}

/* A direction that nobody asks about costs nothing; of a policy that drops,
 * both are asked about. */
static void
update_hooks(struct filter *filter)
{
	const struct rule *rule;

	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		bool any = !filter->allows;

		TAILQ_FOREACH (rule, &filter->rules, link)
			any |= rule->directions[d];
		vl_hook_enable(filter->inst, stages[d], any);
	}
}

/* ---- ports ---- */

static void
on_port(void *priv, enum vl_port_event event, uint32_t id)
{
	struct filter *filter = priv;
	const char *name = vl_port_name(filter->inst, id);
	struct rule *rule;

	TAILQ_FOREACH (rule, &filter->rules, link) {
		bool is_it = rule->port_name != NULL &&
			     event != VL_PORT_REMOVED &&
			     strcmp(rule->port_name, name) == 0;

		if (is_it)
			rule->port = id;
		else if (rule->port == id)
			rule->port = VL_PORT_NONE;
	}
}

/* ---- rules ---- */

static void
free_rule(struct rule *rule)
{
	free(rule->port_name);
	bpf_free(rule->bpf);
	free(rule);
}

static void
set_directions(struct rule *rule, const char *direction)
{
	bool both = direction == NULL || strcmp(direction, "both") == 0;

	rule->directions[IN] = both || strcmp(direction, "in") == 0;
	rule->directions[OUT] = both || strcmp(direction, "out") == 0;
}

/* Return: a rule as @params say; NULL with errno and the reason in @error. */
static struct rule *
make_rule(const struct filter *filter, const json_t *params, char *error,
	  size_t error_size)
{
	const char *port = param_text(params, "port");
	struct rule *rule;

	if (port != NULL && vl_port_find(filter->inst, port) == VL_PORT_NONE &&
	    !vl_port_is_declared(filter->inst, port)) {
		snprintf(error, error_size,
			 "no port is called \"%s\"; port.show lists them, and "
			 "port.declare makes one known that will come",
			 port);
		errno = ENOENT;
		return NULL;
	}
	rule = calloc(1, sizeof(*rule));
	if (rule == NULL)
		return NULL;
	rule->bpf =
	    bpf_compile(param_text(params, "filter"), error, error_size);
	rule->port_name = port != NULL ? strdup(port) : NULL;
	if (rule->bpf == NULL || (port != NULL && rule->port_name == NULL)) {
		free_rule(rule);
		return NULL;
	}
	rule->allows = strcmp(param_text(params, "action"), "allow") == 0;
	rule->port =
	    port != NULL ? vl_port_find(filter->inst, port) : VL_PORT_NONE;
	set_directions(rule, param_text(params, "direction"));
	return rule;
}

static struct rule *
find_rule(const struct filter *filter, uint64_t id)
{
	struct rule *rule;

	TAILQ_FOREACH (rule, &filter->rules, link) {
		if (rule->id == id)
			return rule;
	}
	return NULL;
}

/* ---- methods ---- */

static int
method_add(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	uint64_t before = param_number(params, "before", 0);
	struct filter *filter = priv;
	struct rule *rule, *next = find_rule(filter, before);

	(void)inst;
	if (before != 0 && next == NULL) {
		snprintf(error, error_size, "there is no rule %ju",
			 (uintmax_t)before);
		return -ENOENT;
	}
	if (filter->n_rules == RULES_MAX) {
		snprintf(error, error_size, "at most %d rules", RULES_MAX);
		return -ENOSPC;
	}
	rule = make_rule(filter, params, error, error_size);
	if (rule == NULL)
		return -errno;
	rule->id = ++filter->last_id;
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, rule, link);
	else
		TAILQ_INSERT_TAIL(&filter->rules, rule, link);
	filter->n_rules++;
	update_hooks(filter);
	*result = json_pack("{s:I}", "id", (json_int_t)rule->id);
	return 0;
}

static int
method_del(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	uint64_t id = param_number(params, "id", 0);
	struct filter *filter = priv;
	struct rule *rule = find_rule(filter, id);

	(void)inst;
	if (rule == NULL) {
		snprintf(error, error_size,
			 "there is no rule %ju; %s.show lists them",
			 (uintmax_t)id, vl_name(filter->inst));
		return -ENOENT;
	}
	TAILQ_REMOVE(&filter->rules, rule, link);
	filter->n_rules--;
	free_rule(rule);
	update_hooks(filter);
	*result = json_true();
	return 0;
}

static json_t *
rule_json(const struct rule *rule)
{
	const char *direction = "both";
	json_t *object;

	if (!rule->directions[OUT])
		direction = "in";
	else if (!rule->directions[IN])
		direction = "out";
	object = json_pack(
	    "{s:I, s:s, s:s, s:s, s:I}", "id", (json_int_t)rule->id, "action",
	    rule->allows ? "allow" : "deny", "filter", bpf_text(rule->bpf),
	    "direction", direction, "matches", (json_int_t)rule->n_matches);
	if (rule->port_name != NULL)
		json_object_set_new(object, "port",
				    json_string(rule->port_name));
	return object;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const struct filter *filter = priv;
	json_t *rules = json_array();
	const struct rule *rule;

	(void)inst, (void)params, (void)error, (void)error_size;
	TAILQ_FOREACH (rule, &filter->rules, link)
		json_array_append_new(rules, rule_json(rule));
	*result = json_pack("{s:s, s:o}", "policy",
			    filter->allows ? "allow" : "deny", "rules", rules);
	return 0;
}

static const struct vl_method methods[] = {
	{ .name = "add",
	  .params = "action:allow|deny filter:str? port:name? "
		    "direction:in|out|both? before:int(1..4294967295)?",
	  .summary = "let frames pass, or drop them, that match",
	  .result = "`{id}`, of the rule",
	  .details =
	      "`filter` is in the language of pcap-filter(7); without it, "
	      "every frame matches. `port` is a port's name: the rule is for "
	      "whichever port has it. `in` is what a port sends into its "
	      "segment, `out` what it is sent. The rule comes last, or "
	      "`before` another one's id.",
	  .fn = method_add },
	{ .name = "del",
	  .params = "id:int(1..4294967295)",
	  .summary = "remove a rule",
	  .result = "`true`",
	  .fn = method_del },
	{ .name = "show",
	  .params = "",
	  .summary = "the rules in their order, and what they matched",
	  .result = "`{policy, rules: [{id, action, filter, direction, "
		    "matches, port?}]}`",
	  .fn = method_show },
	{ .name = NULL },
};

/* ---- the instance ---- */

static void
set_options(struct filter *filter, const json_t *options)
{
	const char *policy = param_text(options, "policy");

	if (policy != NULL)
		filter->allows = strcmp(policy, "allow") == 0;
	update_hooks(filter);
}

static int
add_everything(struct filter *filter)
{
	struct vl_inst *inst = filter->inst;
	int ret;

	if ((ret = inst_add_reason(inst, "denied", &filter->verdict_denied)) <
		0 ||
	    (ret = inst_add_reason(inst, "policy", &filter->verdict_policy)) <
		0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_INGRESS, HOOK_ORDER,
			       on_ingress)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_EGRESS, HOOK_ORDER, on_egress)) <
		0 ||
	    (ret = inst_add_methods(inst, methods)) < 0)
		return ret;
	return vl_port_watch(inst, on_port);
}

static int
filter_start(struct vl_inst *inst, const struct json_t *options, char *error,
	     size_t error_size)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	int ret;

	if (filter == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	filter->inst = inst;
	filter->allows = true;
	TAILQ_INIT(&filter->rules);
	vl_set_priv(inst, filter);
	ret = add_everything(filter);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		free(filter);
		return ret;
	}
	set_options(filter, options);
	return 0;
}

static int
filter_set(struct vl_inst *inst, const struct json_t *options, char *error,
	   size_t error_size)
{
	(void)error, (void)error_size;
	set_options(vl_priv(inst), options);
	return 0;
}

static void
filter_stop(struct vl_inst *inst)
{
	struct filter *filter = vl_priv(inst);
	struct rule *rule;

	while ((rule = TAILQ_FIRST(&filter->rules)) != NULL) {
		TAILQ_REMOVE(&filter->rules, rule, link);
		free_rule(rule);
	}
	free(filter);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "filter",
	.summary = "let frames pass or drop them, by rules in order",
	.options = "policy:allow|deny?",
	.start = filter_start,
	.stop = filter_stop,
	.set = filter_set,
	.details = "`policy` says what becomes of frames that no rule matches; "
		   "they pass (`allow`) if it does not.",
	.methods = methods,
};
