/*
 * The plugin: records the frames of segments as pcapng, to files or to
 * descriptors that clients send along.
 *
 * The switch's thread filters and copies frames; a thread a capture writes
 * them (writer.h).  That thread calls nothing of the host, so a timer looks
 * after what has become of it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/capture/capture.h"
#include "plugins/common/inst.h"
#include "plugins/common/refuse.h"

enum {
	KEPT_MAX = 16,	  /* ended ones that nobody has asked after */
	HOOK_ORDER = 900, /* behind whatever may drop */
	POLL_MS = 100,	  /* how often running captures are looked at, */
	END_POLL_MS = 2,  /* while somebody waits for the end of one */
	RING_BYTES = 8 * 1024 * 1024,
};

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

void
capture_forget(struct capture *c, struct session *s)
{
	TAILQ_REMOVE(&c->sessions, s, entry);
	session_free(s);
}

/* ---- frames ---- */

static void
record(struct capture *c, const struct vl_vector *v, bool leaving)
{
	uint32_t segment = vl_port_segment(c->inst, v->port);
	/* When they come by here: what held them back took its time. */
	uint64_t time_ns = vl_wall_ns(c->inst);
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry) {
		struct recording_counts added;

		if (!(leaving ? s->out : s->in) ||
		    !session_takes(s, segment, v->port))
			continue;
		added = session_record(
		    s, c->inst, v, leaving ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
		    time_ns);
		*c->n_recorded += added.frames;
		*c->n_dropped += added.dropped;
	}
}

static void
on_forward(void *priv, const struct vl_vector *v)
{
	record(priv, v, false);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	record(priv, v, true);
}

static void
on_drop(void *priv, const struct vl_drop *drop)
{
	struct capture *c = priv;
	uint32_t segment = vl_port_segment(c->inst, drop->port);
	uint64_t time_ns = vl_wall_ns(c->inst);
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry) {
		struct recording_counts added;

		if (!s->drops || !session_takes(s, segment, drop->port))
			continue;
		added = session_record_drop(s, c->inst, drop, time_ns);
		*c->n_recorded += added.frames;
		*c->n_dropped += added.dropped;
	}
}

/* Nobody pays for a hook that no capture needs. */
static void
update_hooks(struct capture *c)
{
	bool in = false, out = false, drops = false;
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry) {
		in |= s->state == SESSION_RUNNING && s->in;
		out |= s->state == SESSION_RUNNING && s->out;
		drops |= s->state == SESSION_RUNNING && s->drops;
	}
	vl_drop_watch(c->inst, drops ? on_drop : NULL);
	vl_hook_enable(c->inst, VL_STAGE_FORWARD, in);
	vl_hook_enable(c->inst, VL_STAGE_EGRESS, out);
}

/* ---- ports ---- */

static int
remember_port(struct capture *c, uint32_t port)
{
	if (c->n_ports == c->ports_size) {
		size_t size = c->ports_size > 0 ? 2 * c->ports_size : 16;
		uint32_t *ports = reallocarray(c->ports, size, sizeof(*ports));

		if (ports == NULL)
			return -ENOMEM;
		c->ports = ports;
		c->ports_size = size;
	}
	c->ports[c->n_ports++] = port;
	return 0;
}

static void
forget_port(struct capture *c, uint32_t port)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		if (c->ports[i] != port)
			continue;
		c->n_ports--;
		memmove(&c->ports[i], &c->ports[i + 1],
			(c->n_ports - i) * sizeof(c->ports[i]));
		return;
	}
}

static void
on_port(void *priv, enum vl_port_event event, uint32_t port)
{
	struct capture *c = priv;
	struct session *s;

	if (event == VL_PORT_REMOVED)
		forget_port(c, port);
	else if (event == VL_PORT_ADDED && remember_port(c, port) < 0)
		vl_log(c->inst,
		       "no memory: port %s is missing from captures "
		       "that start later",
		       vl_port_name(c->inst, port));
	TAILQ_FOREACH (s, &c->sessions, entry) {
		if (event == VL_PORT_REMOVED)
			session_port_removed(s, c->inst, port);
		else if (event == VL_PORT_RENAMED)
			session_port_renamed(s, c->inst, port);
		else
			session_port_added(s, c->inst, port);
	}
}

/* ---- the end of captures ---- */

static void
set_timer(struct capture *c)
{
	bool active = false, awaited = false;
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry) {
		active |= s->recording != NULL;
		awaited |= s->waiter != NULL;
	}
	if (active)
		vl_timer_set(c->timer,
			     vl_now_ns(c->inst) +
				 (awaited ? END_POLL_MS : POLL_MS) * NS_PER_MS);
	else
		vl_timer_cancel(c->timer);
}

/* The oldest ones go when too many have ended unasked. */
static void
forget_surplus(struct capture *c)
{
	struct session *s, *next;
	size_t n_ended = 0;

	TAILQ_FOREACH (s, &c->sessions, entry)
		n_ended += s->recording == NULL;
	for (s = TAILQ_FIRST(&c->sessions); s != NULL && n_ended > KEPT_MAX;
	     s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->recording != NULL)
			continue;
		capture_forget(c, s);
		n_ended--;
	}
}

/* Tells who must know that @s has ended. */
static void
announce(struct capture *c, struct session *s)
{
	if (s->state == SESSION_FAILED)
		vl_event_send(c->inst, "failed",
			      json_pack("{s:s, s:s}", "id", s->id, "error",
					session_error_text(s)));
	if (s->waiter != NULL) {
		vl_call_reply(s->waiter, session_json(s));
		capture_forget(c, s);
	}
}

void
capture_poll(struct capture *c)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&c->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->recording != NULL && session_poll(s, c->inst))
			announce(c, s);
	}
	forget_surplus(c);
	update_hooks(c);
	set_timer(c);
}

static void
on_timer(void *priv)
{
	capture_poll(priv);
}

/* ---- the instance ---- */

static void
capture_free(struct capture *c)
{
	names_free(c->names);
	free(c->ports);
	free(c);
}

static int
add_everything(struct capture *c)
{
	struct vl_inst *inst = c->inst;
	int ret = vl_counter_add(inst, "recorded", "frames", &c->n_recorded);

	vl_takes_offloads(inst);
	if (ret == 0)
		ret = vl_counter_add(inst, "dropped", "frames", &c->n_dropped);
	if (ret == 0)
		ret =
		    vl_hook_add(inst, VL_STAGE_FORWARD, HOOK_ORDER, on_forward);
	if (ret == 0)
		ret = vl_hook_add(inst, VL_STAGE_EGRESS, HOOK_ORDER, on_egress);
	if (ret == 0)
		ret = inst_add_methods(inst, capture_methods);
	if (ret == 0)
		ret = vl_port_watch(inst, on_port);
	return ret;
}

static int
capture_start(struct vl_inst *inst, const struct json_t *options, char *error,
	      size_t error_size)
{
	struct capture *c = calloc(1, sizeof(*c));
	int ret;

	if (c == NULL)
		return refuse(error, error_size, -ENOMEM, "out of memory");
	c->inst = inst;
	c->names = names_new();
	c->ring_bytes =
	    (size_t)param_number(options, "buffer_bytes", RING_BYTES);
	TAILQ_INIT(&c->sessions);
	vl_set_priv(inst, c);
	c->timer = vl_timer_add(inst, on_timer, c);
	ret =
	    c->timer != NULL && c->names != NULL ? add_everything(c) : -ENOMEM;
	if (ret < 0) {
		capture_free(c);
		return refuse(error, error_size, ret, "%s", strerror(-ret));
	}
	update_hooks(c);
	return 0;
}

static uint64_t
monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Until @s is written, but not beyond @deadline_ns: this holds the switch up,
 * so the time is the real one, whatever the host's clock says. */
static void
await(const struct session *s, uint64_t deadline_ns)
{
	uint64_t now_ns;

	while ((now_ns = monotonic_ns()) < deadline_ns)
		if (writer_wait(recording_writer(s->recording),
				(int)((deadline_ns - now_ns) / NS_PER_MS + 1)))
			return;
}

static void
capture_stop(struct vl_inst *inst)
{
	struct capture *c = vl_priv(inst);
	uint64_t deadline_ns = monotonic_ns() + CAPTURE_END_MS * NS_PER_MS;
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry)
		session_finish(s, inst);
	while ((s = TAILQ_FIRST(&c->sessions)) != NULL) {
		if (s->recording != NULL) {
			await(s, deadline_ns);
			if (!session_poll(s, inst))
				session_end(s, inst, -ETIMEDOUT);
		}
		if (s->waiter != NULL)
			vl_call_reply(s->waiter, session_json(s));
		capture_forget(c, s);
	}
	capture_free(c);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "capture",
	.summary = "record the frames of segments as pcapng",
	.options = "buffer_bytes:int(131072..1073741824)?",
	.start = capture_start,
	.stop = capture_stop,
	.details = "`buffer_bytes` is what may wait to be written, for each "
		   "capture: 131072 to 1073741824, 8388608 unless given.",
	.methods = capture_methods,
};
