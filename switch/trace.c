#include "switch/trace.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/mac.h"
#include "switch/decide.h"
#include "switch/pipeline.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

enum { STEP_TEXT_SIZE = 512 };

struct trace {
	struct port *in;
	const uint8_t *octets;
	uint32_t len;
	uint64_t now_ms;
	struct decision d;
	json_t *steps;	 /* [{step, text}] */
	json_t *outputs; /* [{port, tag, hooks}] */
	json_t *refused; /* [{port, reason}] */
	const char *verdict;
	const char *reason; /* of a drop, or NULL */
};

__attribute__((format(printf, 3, 4))) static void
step(struct trace *t, const char *name, const char *fmt, ...)
{
	char text[STEP_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(
	    t->steps, json_pack("{s:s, s:s}", "step", name, "text", text));
}

static void
drop(struct trace *t, enum drop_reason reason)
{
	t->verdict = "drop";
	t->reason = drop_reason_name(reason);
	step(t, "drop", "counted as %s of %s", t->reason, t->in->name);
}

/* ---- hooks ---- */

struct hook_names {
	json_t *list;
	char text[STEP_TEXT_SIZE];
};

static void
add_hook_name(const struct hook_owner *owner, int order, void *arg)
{
	const char *name = owner->name != NULL ? owner->name : "a hook";
	struct hook_names *names = arg;
	size_t len = strlen(names->text);

	json_array_append_new(names->list, json_string(name));
	snprintf(names->text + len, sizeof(names->text) - len,
		 "%s%s (order %d)", len > 0 ? ", " : "", name, order);
}

/* Return: the names, owned by the caller. */
static json_t *
trace_hooks(struct trace *t, enum vl_stage stage, struct port *at,
	    const char *step_name)
{
	struct hook_names names = { .list = json_array() };

	pipeline_each(at->lane->pipeline, stage, &at->site, add_hook_name,
		      &names);
	if (names.text[0] != '\0')
		step(t, step_name,
		     "%s: plugins see it here, and may drop or hold it: %s",
		     at->name, names.text);
	return names.list;
}

/* ---- coming in ---- */

static bool
trace_admission(struct trace *t)
{
	enum drop_reason reason;

	if (port_admits(t->in, t->octets, t->len, &reason)) {
		step(t, "receive", "%u octets come in by %s", t->len,
		     t->in->name);
		return true;
	}
	if (reason == DROP_RUNT)
		step(t, "receive", "%u octets are no Ethernet header", t->len);
	else
		step(t, "receive",
		     "%u octets are too many for %s, whose MTU is %u", t->len,
		     t->in->name, t->in->mtu);
	drop(t, reason);
	return false;
}

static void
trace_reserved(struct trace *t)
{
	static const char *const texts[] = {
		[RESERVED_CROSSES] = "it crosses all the same",
		[RESERVED_TRAPPED] = "the spanning tree takes it: a BPDU",
		[RESERVED_STAYS] = "it ends here",
	};

	if (t->d.reserved != RESERVED_NOT)
		step(t, "reserved",
		     "bridges keep this address to themselves; in mode %s, %s",
		     segment_mode_name(t->in->segment->mode),
		     texts[t->d.reserved]);
}

static void
trace_vlan(struct trace *t)
{
	static const char *const from[] = {
		[VID_UNRULED] = "",
		[VID_UNTAGGED] = "no tag; the port's PVID",
		[VID_PRIORITY] = "a priority tag; the port's PVID",
		[VID_TAGGED] = "its tag",
	};
	const struct segment *segment = t->in->segment;

	if (segment->mode != SEGMENT_8021Q) {
		step(t, "vlan", "mode %s has no VLAN rules; tags are payload",
		     segment_mode_name(segment->mode));
		return;
	}
	if (t->d.vlan != VID_OK)
		step(t, "vlan", "refused: %s", vid_verdict_text(t->d.vlan));
	else
		step(t, "vlan", "VLAN %u (%s)", (unsigned)t->d.vid,
		     from[t->d.tagging]);
}

static const char *
port_name_or(const struct vswitch *sw, port_id_t id)
{
	const struct port *port = switch_port(sw, id);

	return port != NULL ? port->name : "a port that is gone";
}

static void
trace_learning(struct trace *t)
{
	static const char *const texts[N_FDB_RESULTS] = {
		[FDB_REFRESHED] = "is known to be there",
		[FDB_ADDED] = "is new and would be learned",
		[FDB_MOVED] = "was elsewhere and would be learned here",
		[FDB_FLAPPING] = "moves all the time, and would be learned "
				 "here; there may be a loop",
		[FDB_EVICTED] = "is new and would be learned, in the place of "
				"another: the table is full",
		[FDB_KEPT] = "was elsewhere a moment ago, and stays there",
		[FDB_STATIC] = "has a static entry, which stays as it is",
		[FDB_REFUSED] = "is not the address of a station: not learned",
	};
	struct mac src = mac_from_bytes(t->octets + MAC_LEN);
	struct fdb_entry entry;
	char text[MAC_TEXT_SIZE];

	if (!t->d.learns) {
		step(t, "learn", "nothing is learned in mode %s",
		     segment_mode_name(t->in->segment->mode));
		return;
	}
	if (fdb_find(t->in->segment->fdb, &src, t->d.vid, t->now_ms, &entry) &&
	    entry.port != t->in->id)
		step(t, "learn", "source %s, VID %u, %s (so far: %s)",
		     mac_format(&src, text), (unsigned)t->d.vid,
		     texts[t->d.source], port_name_or(t->in->sw, entry.port));
	else
		step(t, "learn", "source %s, VID %u, %s",
		     mac_format(&src, text), (unsigned)t->d.vid,
		     texts[t->d.source]);
}

static void
trace_lookup(struct trace *t)
{
	static const char *const texts[N_FLOOD_KINDS] = {
		[FLOOD_BROADCAST] = "everybody",
		[FLOOD_MULTICAST] = "a group: flooded",
		[FLOOD_UNKNOWN] = "not known: flooded",
	};
	struct mac dst = mac_from_bytes(t->octets);
	const struct decision *d = &t->d;
	struct fdb_entry entry;
	char text[MAC_TEXT_SIZE];

	mac_format(&dst, text);
	if (d->to == PORT_FLOOD)
		step(t, "look-up", "destination %s, VID %u, is %s", text,
		     (unsigned)d->vid, texts[d->kind]);
	else if (d->to == PORT_NONE)
		step(t, "look-up",
		     "destination %s, VID %u, is where it comes from", text,
		     (unsigned)d->vid);
	else if (fdb_find(t->in->segment->fdb, &dst, d->vid, t->now_ms,
			  &entry) &&
		 !entry.is_static)
		step(t, "look-up",
		     "destination %s, VID %u, is behind %s, where it was seen "
		     "%ju ms ago",
		     text, (unsigned)d->vid, port_name_or(t->in->sw, d->to),
		     (uintmax_t)entry.age_ms);
	else
		step(t, "look-up",
		     "destination %s, VID %u, is behind %s, by a static entry",
		     text, (unsigned)d->vid, port_name_or(t->in->sw, d->to));
}

/* Tells the decision in the order in which it was made, as far as it got.
 * Return: does the frame go on? */
static bool
trace_decision(struct trace *t)
{
	const struct decision *d = &t->d;
	bool ended = d->to == PORT_NONE;

	trace_reserved(t);
	if (d->reserved < RESERVED_TRAPPED) {
		if (t->in->stp_state != STP_FORWARDING)
			step(t, "stp", "%s is %s", t->in->name,
			     stp_state_name(t->in->stp_state));
		if (t->in->stp_state != STP_DISCARDING)
			trace_vlan(t);
		if (t->in->stp_state != STP_DISCARDING && d->vlan == VID_OK)
			trace_learning(t);
		if (!ended || d->drop == DROP_FILTERED)
			trace_lookup(t);
	}
	if (ended)
		drop(t, d->drop);
	if (d->reserved == RESERVED_TRAPPED)
		t->verdict = "trap";
	return !ended;
}

/* ---- going out ---- */

static void
add_output(struct trace *t, struct port *out, const char *tag)
{
	json_t *hooks = trace_hooks(t, VL_STAGE_EGRESS, out, "egress");

	json_array_append_new(t->outputs,
			      json_pack("{s:s, s:s, s:o}", "port", out->name,
					"tag", tag, "hooks", hooks));
}

static void
add_refusal(struct trace *t, const struct port *out, enum drop_reason reason)
{
	json_array_append_new(t->refused,
			      json_pack("{s:s, s:s}", "port", out->name,
					"reason", drop_reason_name(reason)));
}

/* Return: would it leave by @out? */
static bool
trace_output(struct trace *t, struct port *out)
{
	static const char *const tags[] = {
		[EGRESS_AS_IT_IS] = "unchanged",
		[EGRESS_UNTAGGED] = "untagged",
		[EGRESS_TAGGED] = "tagged",
	};
	enum egress_fate fate = decide_egress(out, t->d.vid);

	switch (fate) {
	case EGRESS_NOT_MEMBER:
		step(t, "output", "not %s: it is not in VLAN %u", out->name,
		     (unsigned)t->d.vid);
		add_refusal(t, out, DROP_VLAN);
		return false;
	case EGRESS_STP:
		step(t, "output", "not %s: it is %s", out->name,
		     stp_state_name(out->stp_state));
		add_refusal(t, out, DROP_STP);
		return false;
	default:
		step(t, "output", "%s, %s", out->name, tags[fate]);
		add_output(t, out, tags[fate]);
		return true;
	}
}

static void
trace_flood(struct trace *t)
{
	struct port *out;

	TAILQ_FOREACH (out, &t->in->segment->ports, in_segment) {
		if (out != t->in)
			trace_output(t, out);
	}
	t->verdict = "flood";
	if (json_array_size(t->outputs) == 0)
		drop(t, DROP_NO_DESTINATION);
}

static void
trace_unicast(struct trace *t)
{
	struct port *out = lane_port(t->in->lane, t->d.to);

	t->verdict = "forward";
	if (out == NULL) {
		drop(t, DROP_PORT_GONE);
	} else if (!trace_output(t, out)) {
		t->verdict = "drop";
		t->reason = json_string_value(
		    json_object_get(json_array_get(t->refused, 0), "reason"));
	}
}

static json_t *
finish(const struct trace *t)
{
	json_t *obj =
	    json_pack("{s:s, s:s, s:I, s:s, s:o, s:o, s:o}", "segment",
		      t->in->segment->name, "port", t->in->name, "length",
		      (json_int_t)t->len, "verdict", t->verdict, "steps",
		      t->steps, "outputs", t->outputs, "refused", t->refused);

	if (t->reason != NULL)
		json_object_set_new(obj, "reason", json_string(t->reason));
	return obj;
}

json_t *
trace_frame(struct port *in, const uint8_t *octets, uint32_t len,
	    uint64_t now_ms)
{
	struct trace t = {
		.in = in,
		.octets = octets,
		.len = len,
		.now_ms = now_ms,
		.steps = json_array(),
		.outputs = json_array(),
		.refused = json_array(),
	};

	if (!trace_admission(&t))
		return finish(&t);
	json_decref(trace_hooks(&t, VL_STAGE_INGRESS, in, "ingress"));
	decide_ingress(in, octets, len, now_ms, DECIDE_ONLY, &t.d);
	if (!trace_decision(&t))
		return finish(&t);
	json_decref(trace_hooks(&t, VL_STAGE_FORWARD, in, "forward"));
	if (t.d.to == PORT_FLOOD)
		trace_flood(&t);
	else
		trace_unicast(&t);
	return finish(&t);
}
