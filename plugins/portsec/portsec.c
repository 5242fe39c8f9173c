/*
 * portsec: which stations, and how many, may be behind a port: by the source
 * addresses of what it sends.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/common/inst.h"
#include "plugins/common/port-table.h"
#include "plugins/portsec/stations.h"
#include "vdelab/plugin.h"

/* Behind `link` and blocks of `storm`. */
enum { HOOK_ORDER = 260, MAX_DEFAULT = 1 };

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* What becomes of the frame of a station that may not be there. */
enum violation {
	PROTECT,  /* dropped and counted */
	RESTRICT, /* and told */
	BLOCK,	  /* and all that the port sends from then on */
	N_VIOLATIONS
};
static const char *const violation_names[N_VIOLATIONS] = {
	[PROTECT] = "protect",
	[RESTRICT] = "restrict",
	[BLOCK] = "block",
};

struct secured {
	struct port_state port; /* first */
	struct portsec *owner;	/* borrowed */
	bool on;
	uint64_t max;	 /* stations */
	bool sticky;	 /* stations stay when the port goes, and do not age */
	uint64_t age_ns; /* 0: they do not */
	enum violation violation;
	uint64_t recover_ns; /* 0: when told to */
	struct stations stations;
	uint64_t n_violations;
	bool blocked;
	uint64_t unblock_ns; /* UINT64_MAX: not by itself */
	uint64_t told_ns;    /* when a violation was told last */
};

struct portsec {
	struct vl_inst *inst;
	struct port_table *ports;
	struct vl_timer *timer;
	uint64_t wakes_ns;
	uint8_t verdict_violation, verdict_blocked;
};

/* ---- hooks and time ---- */

static void
update_hooks(struct portsec *ps)
{
	const struct secured *p;
	bool any = false;

	for (size_t i = 0; (p = port_table_each(ps->ports, i)) != NULL; i++)
		any |= p->on;
	vl_hook_enable(ps->inst, VL_STAGE_INGRESS, any);
}

static void
wake_at(struct portsec *ps, uint64_t due_ns)
{
	if (due_ns >= ps->wakes_ns)
		return;
	ps->wakes_ns = due_ns;
	vl_timer_set(ps->timer, due_ns);
}

/* ---- violations ---- */

static void
tell(struct secured *p, const char *event, const uint8_t *mac)
{
	json_t *data = json_pack("{s:s}", "port", p->port.name);
	char text[STATION_TEXT_SIZE];

	if (mac != NULL) {
		station_format(text, mac);
		json_object_set_new(data, "mac", json_string(text));
	}
	vl_event_send(p->owner->inst, event, data);
}

static void
block(struct secured *p, uint64_t now_ns)
{
	p->blocked = true;
	p->unblock_ns = p->recover_ns > 0 ? now_ns + p->recover_ns : UINT64_MAX;
	wake_at(p->owner, p->unblock_ns);
	tell(p, "blocked", NULL);
	vl_log(p->owner->inst, "port %s is blocked", p->port.name);
}

static void
unblock(struct secured *p)
{
	if (!p->blocked)
		return;
	p->blocked = false;
	tell(p, "unblocked", NULL);
}

static void
violated(struct secured *p, const uint8_t *mac, uint64_t now_ns)
{
	p->n_violations++;
	/* once a second: who floods us does not flood those who listen */
	if (p->violation != PROTECT &&
	    (p->n_violations == 1 || now_ns - p->told_ns >= NS_PER_S)) {
		p->told_ns = now_ns;
		tell(p, "violation", mac);
	}
	if (p->violation == BLOCK)
		block(p, now_ns);
}

/* ---- frames ---- */

/* Who has not been seen for so long is not there. */
static void
forget_old(struct secured *p, uint64_t now_ns)
{
	if (p->age_ns > 0 && !p->sticky && now_ns > p->age_ns)
		stations_expire(&p->stations, now_ns - p->age_ns);
}

/* Is @mac behind another port of the segment? */
static bool
is_elsewhere(const struct secured *p, const uint8_t *mac, uint64_t now_ns)
{
	const struct portsec *ps = p->owner;
	uint32_t segment = vl_port_segment(ps->inst, p->port.id);
	struct secured *other;

	for (size_t i = 0; (other = port_table_each(ps->ports, i)) != NULL;
	     i++) {
		if (other == p || !other->on ||
		    other->port.id == VL_PORT_NONE ||
		    vl_port_segment(ps->inst, other->port.id) != segment ||
		    stations_find(&other->stations, mac) == NULL)
			continue;
		forget_old(other, now_ns);
		if (stations_find(&other->stations, mac) != NULL)
			return true;
	}
	return false;
}

static bool
may_send(struct secured *p, const uint8_t *mac, uint64_t now_ns)
{
	struct station *station = stations_find(&p->stations, mac);

	if (station != NULL) {
		station->seen_ns = now_ns;
		return true;
	}
	forget_old(p, now_ns);
	return p->stations.n < p->max && !is_elsewhere(p, mac, now_ns) &&
	       stations_add(&p->stations, mac, false, now_ns) == 0;
}

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	struct portsec *ps = priv;
	struct secured *p = port_table_find(ps->ports, v->port);

	if (p == NULL || !p->on)
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		const uint8_t *source;

		if (v->verdicts[i] != VL_PASS)
			continue;
		if (p->blocked) {
			v->verdicts[i] = ps->verdict_blocked;
			continue;
		}
		source = vl_frame_data(v->frames[i]) + STATION_LEN;
		if (may_send(p, source, v->now_ns))
			continue;
		v->verdicts[i] = ps->verdict_violation;
		violated(p, source, v->now_ns);
	}
}

static void
on_timer(void *priv)
{
	struct portsec *ps = priv;
	uint64_t now_ns = vl_now_ns(ps->inst);
	struct secured *p;

	ps->wakes_ns = UINT64_MAX;
	for (size_t i = 0; (p = port_table_each(ps->ports, i)) != NULL; i++) {
		if (!p->blocked)
			continue;
		if (p->unblock_ns <= now_ns)
			unblock(p);
		else
			wake_at(ps, p->unblock_ns);
	}
}

/* ---- ports ---- */

static void
init(struct port_state *state, struct vl_inst *inst)
{
	struct secured *p = (struct secured *)state;

	p->owner = vl_priv(inst);
	p->max = MAX_DEFAULT;
	p->violation = RESTRICT;
}

/* Somebody else may come: stations that were only learned are forgotten. */
static void
unplugged(struct port_state *state)
{
	struct secured *p = (struct secured *)state;

	if (!p->sticky)
		stations_forget(&p->stations);
	p->blocked = false;
}

static void
fini(struct port_state *state)
{
	stations_fini(&((struct secured *)state)->stations);
}

static const struct port_table_ops secured_ops = {
	.size = sizeof(struct secured),
	.init = init,
	.unplugged = unplugged,
	.fini = fini,
};

static void
on_port(void *priv, enum vl_port_event event, uint32_t id)
{
	struct portsec *ps = priv;

	port_table_on_port(ps->ports, event, id);
	if (event == VL_PORT_REMOVED)
		update_hooks(ps);
}

/* ---- methods ---- */

static struct secured *
need_port(const struct portsec *ps, const json_t *params, char *error,
	  size_t error_size)
{
	return port_table_need(ps->ports, param_text(params, "port"), error,
			       error_size);
}

/* The port and the address that @params name.
 * Return: 0; a negative errno with the reason in @error. */
static int
read_station(const struct portsec *ps, const json_t *params, struct secured **p,
	     uint8_t *mac, char *error, size_t error_size)
{
	*p = need_port(ps, params, error, error_size);
	if (*p == NULL)
		return -ENOENT;
	if (station_parse(param_text(params, "mac"), mac))
		return 0;
	snprintf(error, error_size,
		 "\"%s\" is not the address of a station, such as "
		 "52:54:00:12:01:02",
		 param_text(params, "mac"));
	return -EINVAL;
}

static int
method_set(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	const char *violation = param_text(params, "violation");
	const json_t *sticky = json_object_get(params, "sticky");
	struct portsec *ps = priv;
	struct secured *p = need_port(ps, params, error, error_size);
	uint64_t max;

	if (p == NULL)
		return -ENOENT;
	forget_old(p, vl_now_ns(inst));
	max = param_number(params, "max", p->max);
	if (max < p->stations.n) {
		snprintf(error, error_size,
			 "port %s has %zu stations already; %s.clear forgets "
			 "them",
			 p->port.name, p->stations.n, vl_name(ps->inst));
		return -EBUSY;
	}
	p->on = true;
	p->max = max;
	if (sticky != NULL)
		p->sticky = json_is_true(sticky);
	p->age_ns =
	    param_number(params, "age", p->age_ns / NS_PER_S) * NS_PER_S;
	p->recover_ns =
	    param_number(params, "recover_ms", p->recover_ns / NS_PER_MS) *
	    NS_PER_MS;
	for (enum violation i = 0; violation != NULL && i < N_VIOLATIONS; i++)
		if (strcmp(violation, violation_names[i]) == 0)
			p->violation = i;
	update_hooks(ps);
	*result = json_true();
	return 0;
}

static int
method_allow(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	struct portsec *ps = priv;
	uint8_t mac[STATION_LEN];
	struct station *station;
	struct secured *p;
	int ret = read_station(ps, params, &p, mac, error, error_size);

	if (ret < 0)
		return ret;
	station = stations_find(&p->stations, mac);
	if (station == NULL) {
		ret = stations_add(&p->stations, mac, true, vl_now_ns(inst));
		if (ret < 0)
			return ret;
		if (p->stations.n > p->max)
			p->max = p->stations.n;
	} else {
		station->fixed = true;
	}
	p->on = true;
	update_hooks(ps);
	*result = json_true();
	return 0;
}

static int
method_forbid(void *priv, struct vl_inst *inst, const struct json_t *params,
	      struct json_t **result, char *error, size_t error_size)
{
	struct portsec *ps = priv;
	uint8_t mac[STATION_LEN];
	struct station *station;
	struct secured *p;
	int ret = read_station(ps, params, &p, mac, error, error_size);

	(void)inst;
	if (ret < 0)
		return ret;
	station = stations_find(&p->stations, mac);
	if (station == NULL) {
		snprintf(error, error_size, "%s is not known behind port %s",
			 param_text(params, "mac"), p->port.name);
		return -ENOENT;
	}
	stations_remove(&p->stations, station);
	*result = json_true();
	return 0;
}

static int
method_clear(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	struct portsec *ps = priv;
	struct secured *p = need_port(ps, params, error, error_size);

	(void)inst;
	if (p == NULL)
		return -ENOENT;
	stations_forget(&p->stations);
	unblock(p);
	*result = json_true();
	return 0;
}

static int
method_del(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	struct portsec *ps = priv;
	struct secured *p =
	    port_table_find_name(ps->ports, param_text(params, "port"));

	(void)inst;
	if (p == NULL) {
		snprintf(error, error_size, "port \"%s\" is not secured",
			 param_text(params, "port"));
		return -ENOENT;
	}
	port_table_drop(ps->ports, p);
	update_hooks(ps);
	*result = json_true();
	return 0;
}

static json_t *
stations_json(const struct stations *stations)
{
	json_t *list = json_array();
	char mac[STATION_TEXT_SIZE];

	for (size_t i = 0; i < stations->n; i++) {
		station_format(mac, stations->list[i].mac);
		json_array_append_new(list, json_pack("{s:s, s:b}", "mac", mac,
						      "fixed",
						      stations->list[i].fixed));
	}
	return list;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const struct portsec *ps = priv;
	const char *only = param_text(params, "port");
	struct secured *p;

	(void)error, (void)error_size;
	*result = json_array();
	for (size_t i = 0; (p = port_table_each(ps->ports, i)) != NULL; i++) {
		if (!p->on || (only != NULL && strcmp(only, p->port.name) != 0))
			continue;
		forget_old(p, vl_now_ns(inst));
		json_array_append_new(
		    *result,
		    json_pack("{s:s, s:I, s:b, s:I, s:s, s:I, s:b, s:I, s:o}",
			      "port", p->port.name, "max", (json_int_t)p->max,
			      "sticky", p->sticky, "age",
			      (json_int_t)(p->age_ns / NS_PER_S), "violation",
			      violation_names[p->violation], "recover_ms",
			      (json_int_t)(p->recover_ns / NS_PER_MS),
			      "blocked", p->blocked, "violations",
			      (json_int_t)p->n_violations, "stations",
			      stations_json(&p->stations)));
	}
	return 0;
}

static const struct vl_method methods[] = {
	{ .name = "set",
	  .params = "port:name max:int(0..4096)? sticky:bool? "
		    "age:int(0..31536000)? violation:protect|restrict|block? "
		    "recover_ms:int(0..86400000)?",
	  .summary = "only so many stations may send by a port",
	  .result = "`true`",
	  .details =
	      "The first `max` (1) source addresses may; a station that is "
	      "known behind another secured port of the segment may not. They "
	      "are forgotten when the port goes, or `age` seconds after they "
	      "were last seen (0: never); not if `sticky`. What others send "
	      "is dropped: `protect` counts it, `restrict` tells of it by the "
	      "event `violation`, too, and `block` drops all that the port "
	      "sends from then on, for `recover_ms` (0: until "
	      "`portsec.clear`). What is left out stays as it is.",
	  .fn = method_set },
	{ .name = "allow",
	  .params = "port:name mac:str",
	  .summary = "a station may always send by a port",
	  .result = "`true`",
	  .details = "It counts among `max`, which grows when it is reached.",
	  .fn = method_allow },
	{ .name = "forbid",
	  .params = "port:name mac:str",
	  .summary = "forget a station that may send by a port",
	  .result = "`true`",
	  .fn = method_forbid },
	{ .name = "clear",
	  .params = "port:name",
	  .summary = "forget the stations that were learned, and unblock",
	  .result = "`true`",
	  .fn = method_clear },
	{ .name = "del",
	  .params = "port:name",
	  .summary = "any station may send by the port again",
	  .result = "`true`",
	  .fn = method_del },
	{ .name = "show",
	  .params = "port:name?",
	  .summary = "secured ports and their stations",
	  .result = "`[{port, max, sticky, age, violation, recover_ms, "
		    "blocked, violations, stations: [{mac, fixed}]}]`",
	  .fn = method_show },
	{ .name = NULL },
};

/* ---- the instance ---- */

static int
add_everything(struct portsec *ps)
{
	struct vl_inst *inst = ps->inst;
	int ret;

	ps->timer = vl_timer_add(inst, on_timer, ps);
	ps->ports = port_table_new(inst, &secured_ops);
	if (ps->timer == NULL || ps->ports == NULL)
		return -ENOMEM;
	if ((ret = inst_add_reason(inst, "violation", &ps->verdict_violation)) <
		0 ||
	    (ret = inst_add_reason(inst, "blocked", &ps->verdict_blocked)) <
		0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_INGRESS, HOOK_ORDER,
			       on_ingress)) < 0 ||
	    (ret = inst_add_methods(inst, methods)) < 0)
		return ret;
	return vl_port_watch(inst, on_port);
}

static void
portsec_free(struct portsec *ps)
{
	port_table_free(ps->ports);
	free(ps);
}

static int
portsec_start(struct vl_inst *inst, const struct json_t *options, char *error,
	      size_t error_size)
{
	struct portsec *ps = calloc(1, sizeof(*ps));
	int ret;

	(void)options;
	if (ps == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	ps->inst = inst;
	ps->wakes_ns = UINT64_MAX;
	vl_set_priv(inst, ps);
	ret = add_everything(ps);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		portsec_free(ps);
		return ret;
	}
	update_hooks(ps);
	return 0;
}

static void
portsec_stop(struct vl_inst *inst)
{
	portsec_free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "portsec",
	.summary = "limit which stations, and how many, are behind a port",
	.options = "",
	.start = portsec_start,
	.stop = portsec_stop,
	.methods = methods,
};
