/* What can be called: netem.set, netem.change, netem.del, netem.show. */
#include "plugins/netem/netem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>

#define TARGET "port:name? segment:name? dir:in|out|both?"
#define WORDS                                                                  \
	" spec:str? delay:any? distribution:any? loss:any? duplicate:any? "    \
	"corrupt:any? reorder:any? gap:any? rate:any? limit:any? slot:any? "   \
	"seed:any?"

/* Where a reason for a person goes. */
struct why {
	char *text;
	size_t size;
};

static int __attribute__((format(printf, 3, 4)))
fail(const struct why *why, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, why->size, fmt, ap);
	va_end(ap);
	return code;
}

/* ---- what is meant ---- */

struct target {
	const char *port, *segment; /* one is NULL */
	bool directions[N_DIRECTIONS];
};

static const char *
string_of(const struct json_t *params, const char *key)
{
	return json_string_value(json_object_get(params, key));
}

/* Return: 0; -EINVAL with @why. */
static int
read_names(const struct json_t *params, struct target *target,
	   const struct why *why)
{
	const char *dir = string_of(params, "dir");

	target->port = string_of(params, "port");
	target->segment = string_of(params, "segment");
	if ((target->port == NULL) == (target->segment == NULL))
		return fail(why, -EINVAL, "say a port or a segment, not %s",
			    target->port == NULL ? "neither" : "both");
	/* A frame that crosses a segment meets what is set of that once. */
	if (dir == NULL)
		dir = target->port != NULL ? "both" : "in";
	for (enum direction d = IN; d < N_DIRECTIONS; d++)
		target->directions[d] = strcmp(dir, "both") == 0 ||
					strcmp(dir, direction_name(d)) == 0;
	return 0;
}

/* Likewise, and there are such a port or segment.
 * Return: 0; -errno with @why. */
static int
read_target(struct netem *n, const struct json_t *params, struct target *target,
	    const struct why *why)
{
	int ret = read_names(params, target, why);

	if (ret < 0)
		return ret;
	if (target->port != NULL)
		return settings_knows(n, target->port, why->text, why->size);
	if (vl_segment_find(n->inst, target->segment) == UINT32_MAX &&
	    settings_find_segment(n, target->segment, IN) == NULL &&
	    settings_find_segment(n, target->segment, OUT) == NULL)
		return fail(why, -ENOENT,
			    "no segment is called \"%s\"; segment.show lists "
			    "them",
			    target->segment);
	return 0;
}

static const struct setup *
find_setup(const struct netem *n, const struct target *target, enum direction d)
{
	return target->port != NULL
		   ? settings_find_port(n, target->port, d)
		   : settings_find_segment(n, target->segment, d);
}

/* @setup: taken; NULL: nothing */
static int
put_setup(struct netem *n, const struct target *target, enum direction d,
	  struct setup *setup, bool fresh)
{
	return target->port != NULL
		   ? settings_set_port(n, target->port, d, setup, fresh)
		   : settings_set_segment(n, target->segment, d, setup, fresh);
}

/* ---- what shall happen ---- */

/* The words that a member of a JSON object stands for.
 * Return: 0; -EINVAL with @why. */
static int
member_text(enum spec_part part, const json_t *value, char text[SPEC_TEXT_SIZE],
	    const struct why *why)
{
	const char *string = json_string_value(value);
	const char *name = spec_part_name(part);
	size_t len;

	if (string != NULL) {
		if (strlen(string) >= SPEC_TEXT_SIZE)
			return fail(why, -EINVAL, "%s: that is too long", name);
		strcpy(text, string);
		return 0;
	}
	if (!json_is_number(value))
		return fail(why, -EINVAL, "%s is a string or a number", name);
	if (json_is_integer(value))
		snprintf(text, SPEC_TEXT_SIZE, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	else
		snprintf(text, SPEC_TEXT_SIZE, "%.8f", json_real_value(value));
	if ((part == SPEC_DELAY || part == SPEC_SLOT) &&
	    json_number_value(value) != 0)
		return fail(why, -EINVAL,
			    "%s: %s of which unit? Say \"%s"
			    "ms\", or s, us, ns",
			    name, text, text);
	len = strlen(text);
	while (strchr(text, '.') != NULL && text[len - 1] == '0')
		text[--len] = '\0';
	return 0;
}

/* What @params say, into @spec; parts that they do not name stay.
 * Return: 0; -EINVAL with @why. */
static int
read_spec(const struct json_t *params, struct spec *spec, const struct why *why)
{
	const char *text = string_of(params, "spec");
	char values[SPEC_TEXT_SIZE];
	struct spec said;

	spec_init(&said);
	if (text != NULL && spec_parse(text, &said, why->text, why->size) < 0)
		return -EINVAL;
	if (text != NULL)
		spec_parse(text, spec, why->text, why->size);
	for (enum spec_part i = 0; i < N_SPEC_PARTS; i++) {
		const json_t *value =
		    json_object_get(params, spec_part_name(i));

		if (value == NULL || json_is_null(value))
			continue;
		if (spec_has(&said, i))
			return fail(why, -EINVAL, "%s is given twice",
				    spec_part_name(i));
		if (member_text(i, value, values, why) < 0 ||
		    spec_parse_part(i, values, spec, why->text, why->size) < 0)
			return -EINVAL;
	}
	return 0;
}

/* A number that people can copy by hand. */
static void
choose_seed(struct spec *spec)
{
	uint32_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint32_t)(uintptr_t)spec ^ (uint32_t)spec->delay_ns;
	spec->seed = seed;
	spec->given |= 1u << SPEC_SEED;
}

/* ---- JSON ---- */

static json_t *
setup_json(const struct target *target, enum direction d,
	   const struct spec *spec)
{
	char text[SPEC_TEXT_SIZE];

	spec_format(spec, text);
	return json_pack(
	    "{s:s, s:s, s:s, s:I}", target->port != NULL ? "port" : "segment",
	    target->port != NULL ? target->port : target->segment, "dir",
	    direction_name(d), "spec", text, "seed", (json_int_t)spec->seed);
}

/* As netem.set takes them. */
static json_t *
settings_json(const struct spec *spec)
{
	json_t *settings = json_object();
	char text[SPEC_TEXT_SIZE];

	for (enum spec_part i = 0; i < N_SPEC_PARTS; i++) {
		if (!spec_has(spec, i))
			continue;
		spec_format_part(spec, i, text);
		json_object_set_new(settings, spec_part_name(i),
				    i == SPEC_SEED
					? json_integer((json_int_t)spec->seed)
					: json_string(text));
	}
	return settings;
}

/* ---- methods ---- */

/* One spec for each direction of @target. */
struct plan {
	struct target target;
	struct setup setups[N_DIRECTIONS];
	bool has[N_DIRECTIONS];
};

static void
plan_fini(struct plan *plan)
{
	for (enum direction d = IN; d < N_DIRECTIONS; d++)
		if (plan->has[d])
			setup_fini(&plan->setups[d]);
}

/* Return: 0; -errno with @why. */
static int
plan_direction(struct netem *n, struct plan *plan, enum direction d,
	       const struct spec *from, const struct json_t *params,
	       uint64_t seed, const struct why *why)
{
	struct spec spec = *from;
	int ret = read_spec(params, &spec, why);

	if (ret == 0)
		ret = spec_check(&spec, why->text, why->size);
	if (ret == 0 && !spec_has(&spec, SPEC_SEED)) {
		spec.seed = seed;
		spec.given |= 1u << SPEC_SEED;
	}
	if (ret == 0)
		ret = setup_init(n, &plan->setups[d], &spec, why->text,
				 why->size);
	plan->has[d] = ret == 0;
	return ret;
}

/* All of it is good, so it is done, each setup taken.
 * Return: 0 and *@result; -ENOMEM with @why. */
static int
plan_do(struct netem *n, struct plan *plan, bool fresh, struct json_t **result,
	const struct why *why)
{
	json_t *list = json_array();
	int ret = 0;

	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		if (!plan->has[d])
			continue;
		json_array_append_new(
		    list, setup_json(&plan->target, d, &plan->setups[d].spec));
		ret |= put_setup(n, &plan->target, d, &plan->setups[d], fresh);
		plan->has[d] = false;
	}
	if (ret == 0) {
		*result = list;
		return 0;
	}
	json_decref(list);
	return fail(why, -ENOMEM, "out of memory");
}

static int
method_set(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	const struct why why = { error, error_size };
	struct plan plan = { .has = { false } };
	struct spec nothing, chosen;
	int ret = read_target(priv, params, &plan.target, &why);

	(void)inst;
	spec_init(&nothing);
	choose_seed(&chosen);
	for (enum direction d = IN; ret == 0 && d < N_DIRECTIONS; d++)
		if (plan.target.directions[d])
			ret = plan_direction(priv, &plan, d, &nothing, params,
					     chosen.seed, &why);
	if (ret == 0)
		ret = plan_do(priv, &plan, true, result, &why);
	plan_fini(&plan);
	return ret;
}

static int
method_change(void *priv, struct vl_inst *inst, const struct json_t *params,
	      struct json_t **result, char *error, size_t error_size)
{
	const struct why why = { error, error_size };
	struct plan plan = { .has = { false } };
	struct spec said;
	bool any = false;
	int ret = read_target(priv, params, &plan.target, &why);

	(void)inst;
	spec_init(&said);
	if (ret == 0)
		ret = read_spec(params, &said, &why);
	for (enum direction d = IN; ret == 0 && d < N_DIRECTIONS; d++) {
		const struct setup *old = find_setup(priv, &plan.target, d);

		if (!plan.target.directions[d] || old == NULL)
			continue;
		any = true;
		ret =
		    plan_direction(priv, &plan, d, &old->spec, params, 0, &why);
	}
	if (ret == 0 && !any)
		ret = fail(&why, -ENOENT,
			   "nothing is set of %s that could be changed: use "
			   "netem.set",
			   plan.target.port != NULL ? plan.target.port
						    : plan.target.segment);
	if (ret == 0)
		ret = plan_do(priv, &plan, spec_has(&said, SPEC_SEED), result,
			      &why);
	plan_fini(&plan);
	return ret;
}

static int
method_del(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	const struct why why = { error, error_size };
	struct target target;
	int ret = read_target(priv, params, &target, &why);

	(void)inst;
	/* all directions, also of a segment, unless one is named */
	if (string_of(params, "dir") == NULL)
		target.directions[IN] = target.directions[OUT] = true;
	for (enum direction d = IN; ret == 0 && d < N_DIRECTIONS; d++)
		if (target.directions[d])
			ret = put_setup(priv, &target, d, NULL, true);
	if (ret == 0)
		*result = json_true();
	return ret;
}

static json_t *
side_json(const struct netem *n, const struct side *side)
{
	const struct station *s = side->station;
	const struct target target = { .port = s->name };
	json_t *row = setup_json(&target, side->direction, &side->setup.spec);

	json_object_set_new(row, "settings", settings_json(&side->setup.spec));
	if (!side->own)
		json_object_set_new(
		    row, "segment",
		    json_string(vl_segment_name(
			n->inst, vl_port_segment(n->inst, s->port))));
	json_object_set_new(row, "present",
			    json_boolean(s->port != VL_PORT_NONE));
	json_object_set_new(row, "queued",
			    json_integer((json_int_t)side_n_held(side)));
	for (enum tally t = 0; t < N_TALLIES; t++)
		json_object_set_new(row, tally_name(t),
				    json_integer((json_int_t)side->tallies[t]));
	return row;
}

static void
add_groups(const struct netem *n, json_t *list)
{
	const struct group *g;

	TAILQ_FOREACH (g, &n->groups, link) {
		const struct target target = { .segment = g->segment };

		for (enum direction d = IN; d < N_DIRECTIONS; d++) {
			json_t *row;

			if (g->setups[d] == NULL)
				continue;
			row = setup_json(&target, d, &g->setups[d]->spec);
			json_object_set_new(row, "settings",
					    settings_json(&g->setups[d]->spec));
			json_array_append_new(list, row);
		}
	}
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const char *only = string_of(params, "port");
	struct netem *n = priv;
	const struct station *s;

	(void)inst;
	if (only != NULL && settings_knows(n, only, error, error_size) < 0)
		return -ENOENT;
	*result = json_array();
	if (only == NULL)
		add_groups(n, *result);
	TAILQ_FOREACH (s, &n->stations, link) {
		if (only != NULL && strcmp(s->name, only) != 0)
			continue;
		for (enum direction d = IN; d < N_DIRECTIONS; d++)
			if (s->sides[d] != NULL && s->sides[d]->on)
				json_array_append_new(
				    *result, side_json(n, s->sides[d]));
	}
	return 0;
}

/* Before there is an instance: what can be wrong with the words. */
static int
check_set(const struct json_t *params, char *error, size_t error_size)
{
	const struct why why = { error, error_size };
	struct target target;
	struct spec spec;
	int ret = read_names(params, &target, &why);

	spec_init(&spec);
	if (ret == 0)
		ret = read_spec(params, &spec, &why);
	if (ret == 0)
		ret = spec_check(&spec, error, error_size);
	return ret;
}

const struct vl_method netem_methods[] = {
	{ .name = "set",
	  .params = TARGET WORDS,
	  .summary = "what happens to frames of a port or segment",
	  .result = "`[{port or segment, dir, spec, seed}]`, one a direction",
	  .details =
	      "What was set of the same before is replaced. `dir` is as seen "
	      "from the segment: `in` is what the port sends; `both` if it is "
	      "missing; of a segment `in`, so that a frame that crosses it "
	      "meets this once. `spec` is a text in the words of `tc`, as "
	      "\"delay 50ms 10ms loss 1%\"; the other members are the same by "
	      "themselves, each what follows its word: `{\"delay\": \"50ms "
	      "10ms\", \"loss\": 1}`. Without `seed` one is chosen.",
	  .fn = method_set,
	  .check = check_set },
	{ .name = "change",
	  .params = TARGET WORDS,
	  .summary = "alter parts of what is set",
	  .result = "as that of `netem.set`",
	  .details =
	      "Parts that are not named stay as they are, and so do the dice, "
	      "unless a `seed` is given. Frames that are held keep their time.",
	  .fn = method_change },
	{ .name = "del",
	  .params = TARGET,
	  .summary = "let frames of a port or segment alone",
	  .result = "`true`",
	  .details =
	      "In both directions unless one is named. Frames that are held "
	      "keep their time. A port that has no settings of its own has "
	      "those of its segment.",
	  .fn = method_del },
	{ .name = "show",
	  .params = "port:name?",
	  .summary = "what is set, and what that has done",
	  .result =
	      "`[{port or segment, dir, spec, seed, settings, segment, "
	      "present, queued, passed, delayed, lost, duplicated, corrupted, "
	      "reordered, limited}]`",
	  .details =
	      "`settings` are the members that `netem.set` takes. Of a port, "
	      "`segment` is there when the settings are those of its segment. "
	      "Frames: `passed` have gone on, copies included; `queued` are "
	      "held now; `limited` were dropped because too many were.",
	  .fn = method_show },
	{ .name = NULL },
};
