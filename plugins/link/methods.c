#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/common/bpf.h"
#include "plugins/common/inst.h"
#include "plugins/link/link.h"

enum { RULES_MAX = 256 }; /* of a port */

#define NS_PER_MS UINT64_C(1000000)

static const char *const direction_names[LINK_N_DIRECTIONS] = {
	[LINK_IN] = "in",
	[LINK_OUT] = "out",
};
static const char *const mode_names[LINE_N_MODES] = {
	[LINE_UP] = "unblock",
	[LINE_BLOCKED] = "block",
	[LINE_SUSPENDED] = "suspend",
};

/* ---- parameters ---- */

static bool
concerns(const json_t *params, enum link_direction d)
{
	const char *direction = param_text(params, "direction");

	return direction == NULL || strcmp(direction, "both") == 0 ||
	       strcmp(direction, direction_names[d]) == 0;
}

static struct line *
need_line(const struct link *link, const json_t *params, char *error,
	  size_t error_size)
{
	return port_table_need(link->lines, param_text(params, "port"), error,
			       error_size);
}

static struct rule *
find_rule(const struct line *line, uint64_t id)
{
	struct rule *rule;

	TAILQ_FOREACH (rule, &line->rules, link) {
		if (rule->id == id)
			return rule;
	}
	return NULL;
}

/* The rule that @params name by "id", and whose it is. */
static struct rule *
need_rule(const struct link *link, const json_t *params, struct line **line,
	  char *error, size_t error_size)
{
	uint64_t id = param_number(params, "id", 0);
	struct rule *rule;

	for (size_t i = 0; (*line = port_table_each(link->lines, i)) != NULL;
	     i++) {
		rule = find_rule(*line, id);
		if (rule != NULL)
			return rule;
	}
	snprintf(error, error_size, "there is no rule %ju; %s.show lists them",
		 (uintmax_t)id, vl_name(link->inst));
	return NULL;
}

/* ---- blocked, suspended, flapping ---- */

static int
method_set(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	struct link *link = priv;
	struct line *line = need_line(link, params, error, error_size);
	enum line_mode mode = LINE_UP;

	(void)inst;
	if (line == NULL)
		return -ENOENT;
	while (strcmp(mode_names[mode], param_text(params, "state")) != 0)
		mode++;
	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++)
		if (concerns(params, d))
			line_set(line, d, mode);
	link_update_hooks(link);
	*result = json_true();
	return 0;
}

static int
method_flap(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	struct link *link = priv;
	struct line *line = need_line(link, params, error, error_size);

	(void)inst;
	if (line == NULL)
		return -ENOENT;
	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++)
		if (concerns(params, d))
			line_flap(line, d,
				  param_number(params, "up_ms", 0) * NS_PER_MS,
				  param_number(params, "down_ms", 0) *
				      NS_PER_MS,
				  param_number(params, "count", 0));
	link_update_hooks(link);
	*result = json_true();
	return 0;
}

/* ---- rules ---- */

static int
add_rule(struct link *link, enum rule_action action, const json_t *params,
	 struct json_t **result, char *error, size_t error_size)
{
	struct line *line = need_line(link, params, error, error_size);
	struct rule *rule;

	if (line == NULL)
		return -ENOENT;
	if (line->n_rules == RULES_MAX) {
		snprintf(error, error_size,
			 "port %s has %d rules; %s.forget ends some",
			 line->port.name, RULES_MAX, vl_name(link->inst));
		return -ENOSPC;
	}
	rule = calloc(1, sizeof(*rule));
	if (rule == NULL)
		return -ENOMEM;
	rule->filter =
	    bpf_compile(param_text(params, "filter"), error, error_size);
	if (rule->filter == NULL) {
		int ret = -errno;

		free(rule);
		return ret;
	}
	rule->id = ++link->last_rule_id;
	rule->action = action;
	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++)
		rule->directions[d] = concerns(params, d);
	rule->nth = param_number(params, "nth", 1);
	rule->count = param_number(params, "count", 1);
	rule->delay_ns = param_number(params, "ms", 0) * NS_PER_MS;
	TAILQ_INSERT_TAIL(&line->rules, rule, link);
	line->n_rules++;
	link_update_hooks(link);
	*result = json_pack("{s:I}", "id", (json_int_t)rule->id);
	return 0;
}

static int
method_drop(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	(void)inst;
	return add_rule(priv, RULE_DROP, params, result, error, error_size);
}

static int
method_hold(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	(void)inst;
	return add_rule(priv, RULE_HOLD, params, result, error, error_size);
}

static int
method_delay(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	(void)inst;
	return add_rule(priv, RULE_DELAY, params, result, error, error_size);
}

static size_t
release_all(struct line *line)
{
	struct rule *rule;
	size_t n = 0;

	TAILQ_FOREACH (rule, &line->rules, link)
		n += line_release(line, rule);
	return n;
}

static int
method_release(void *priv, struct vl_inst *inst, const struct json_t *params,
	       struct json_t **result, char *error, size_t error_size)
{
	struct link *link = priv;
	struct rule *rule;
	struct line *line;
	size_t n;

	(void)inst;
	if ((param_text(params, "port") == NULL) ==
	    (json_object_get(params, "id") == NULL)) {
		snprintf(error, error_size,
			 "release what one rule holds (id), or all of a port");
		return -EINVAL;
	}
	if (param_text(params, "port") != NULL) {
		line = need_line(link, params, error, error_size);
		if (line == NULL)
			return -ENOENT;
		n = release_all(line);
	} else {
		rule = need_rule(link, params, &line, error, error_size);
		if (rule == NULL)
			return -ENOENT;
		n = line_release(line, rule);
	}
	*result = json_pack("{s:I}", "released", (json_int_t)n);
	return 0;
}

static int
method_forget(void *priv, struct vl_inst *inst, const struct json_t *params,
	      struct json_t **result, char *error, size_t error_size)
{
	struct link *link = priv;
	struct line *line;
	struct rule *rule = need_rule(link, params, &line, error, error_size);

	(void)inst;
	if (rule == NULL)
		return -ENOENT;
	line_forget(line, rule);
	link_update_hooks(link);
	*result = json_true();
	return 0;
}

/* ---- what there is ---- */

static const char *
rule_direction(const struct rule *rule)
{
	if (rule->directions[LINK_IN] && rule->directions[LINK_OUT])
		return "both";
	return direction_names[rule->directions[LINK_IN] ? LINK_IN : LINK_OUT];
}

static json_t *
rule_json(const struct rule *rule)
{
	json_t *object = json_pack(
	    "{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "id",
	    (json_int_t)rule->id, "action", rule_action_names[rule->action],
	    "filter", bpf_text(rule->filter), "direction", rule_direction(rule),
	    "nth", (json_int_t)rule->nth, "count", (json_int_t)rule->count,
	    "seen", (json_int_t)rule->n_seen, "acted",
	    (json_int_t)rule->n_acted, "held", (json_int_t)rule->held.n, "done",
	    rule_is_done(rule));

	if (rule->action == RULE_DELAY)
		json_object_set_new(
		    object, "ms",
		    json_integer((json_int_t)(rule->delay_ns / NS_PER_MS)));
	return object;
}

/* Members of the direction @d, "dropped_in" and so on. */
static void
add_direction(json_t *object, const struct line *line, enum link_direction d)
{
	const struct direction_state *state = &line->directions[d];
	const char *name = direction_names[d];
	char key[24];

	json_object_set_new(object, name, json_string(mode_names[state->mode]));
	snprintf(key, sizeof(key), "dropped_%s", name);
	json_object_set_new(object, key,
			    json_integer((json_int_t)state->n_dropped));
	snprintf(key, sizeof(key), "held_%s", name);
	json_object_set_new(object, key,
			    json_integer((json_int_t)state->suspended.n));
	if (state->flap.up_ns == 0)
		return;
	snprintf(key, sizeof(key), "flap_%s", name);
	json_object_set_new(
	    object, key,
	    json_pack("{s:I, s:I}", "up_ms",
		      (json_int_t)(state->flap.up_ns / NS_PER_MS), "down_ms",
		      (json_int_t)(state->flap.down_ns / NS_PER_MS)));
}

static json_t *
line_json(const struct line *line)
{
	json_t *object = json_pack("{s:s}", "port", line->port.name);
	json_t *rules = json_array();
	const struct rule *rule;

	for (enum link_direction d = 0; d < LINK_N_DIRECTIONS; d++)
		add_direction(object, line, d);
	TAILQ_FOREACH (rule, &line->rules, link)
		json_array_append_new(rules, rule_json(rule));
	json_object_set_new(object, "rules", rules);
	return object;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	struct link *link = priv;
	const struct line *line;

	(void)inst;
	if (param_text(params, "port") != NULL) {
		line = need_line(link, params, error, error_size);
		if (line == NULL)
			return -ENOENT;
		*result = json_pack("[o]", line_json(line));
		return 0;
	}
	*result = json_array();
	for (size_t i = 0; (line = port_table_each(link->lines, i)) != NULL;
	     i++)
		json_array_append_new(*result, line_json(line));
	return 0;
}

/* ---- the table ---- */

#define RULE_PARAMS                                                            \
	"port:name filter:str? nth:int(1..1000000000)? "                       \
	"count:int(0..1000000000)? "                                           \
	"direction:in|out|both?"

#define RULE_DETAILS                                                           \
	" `filter` is in the language of pcap-filter(7); without it, every "   \
	"frame matches. It begins with the `nth` match (1), for `count` "      \
	"matches (1; 0: for all). `direction` is that of `link.set`; without " \
	"it, both are counted together."

const struct vl_method link_methods[] = {
	{ .name = "set",
	  .params = "port:name state:block|unblock|suspend "
		    "direction:in|out|both?",
	  .summary = "cut a port, silently; or keep back what it sends (in) or "
		     "would receive (out)",
	  .result = "`true`",
	  .details = "`suspend` holds frames; `unblock` lets them go on, in "
		     "order; `block` drops them. A port that flaps does so no "
		     "longer.",
	  .fn = method_set },
	{ .name = "flap",
	  .params = "port:name up_ms:int(1..86400000) "
		    "down_ms:int(1..86400000) count:int(0..1000000000)? "
		    "direction:in|out|both?",
	  .summary = "block and unblock a port by turns",
	  .result = "`true`",
	  .details = "It is blocked at once, for `down_ms`, then unblocked for "
		     "`up_ms`, and so on; after `count` times (0: never) it "
		     "stays unblocked. `link.set` ends it.",
	  .fn = method_flap },
	{ .name = "drop",
	  .params = RULE_PARAMS,
	  .summary = "drop the n-th frame of a port that matches a filter",
	  .result = "`{id}`, of the rule",
	  .details = "Rules of a port are asked in the order in which they "
		     "were made; the first that acts is the last." RULE_DETAILS,
	  .fn = method_drop },
	{ .name = "hold",
	  .params = RULE_PARAMS,
	  .summary = "keep back the n-th frame of a port that matches a filter",
	  .result = "`{id}`, of the rule",
	  .details =
	      "Frames behind it pass it, until `link.release`." RULE_DETAILS,
	  .fn = method_hold },
	{ .name = "delay",
	  .params = RULE_PARAMS " ms:int(1..86400000)",
	  .summary = "let the n-th frame of a port that matches a filter come "
		     "later",
	  .result = "`{id}`, of the rule",
	  .details = "Frames behind it pass it." RULE_DETAILS,
	  .fn = method_delay },
	{ .name = "release",
	  .params = "port:name? id:int(1..4294967295)?",
	  .summary = "let frames go on that rules hold",
	  .result = "`{released}`, how many",
	  .details = "Those of one rule, or of all rules of a port. The rule "
		     "stays, and acts again if its count is not reached.",
	  .fn = method_release },
	{ .name = "forget",
	  .params = "id:int(1..4294967295)",
	  .summary = "end a rule; what it holds goes on",
	  .result = "`true`",
	  .fn = method_forget },
	{ .name = "show",
	  .params = "port:name?",
	  .summary = "what is done to ports, and what came of it",
	  .result = "`[{port, in, out, dropped_in, dropped_out, held_in, "
		    "held_out, flap_in?, flap_out?, rules: [{id, action, "
		    "filter, direction, nth, count, seen, acted, held, done, "
		    "ms?}]}]`",
	  .fn = method_show },
	{ .name = NULL },
};
