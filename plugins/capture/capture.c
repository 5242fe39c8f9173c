/*
 * capture: records the frames of segments as pcapng, to files or to
 * descriptors that clients send along.
 *
 * The switch's thread filters and copies frames; a thread a capture writes
 * them (writer.h).  That thread calls nothing of the host, so a timer looks
 * after what has become of it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugins/capture/session.h"

enum {
	RUNNING_MAX = 64, /* captures at once */
	KEPT_MAX = 16,	  /* ended ones that nobody has asked after */
	HOOK_ORDER = 900, /* behind whatever may drop */
	POLL_MS = 100,	  /* how often running captures are looked at, */
	END_POLL_MS = 2,  /* while somebody waits for the end of one, */
	END_MS = 2000,	  /* and what a reader gets to take the rest */
	RING_BYTES = 8 * 1024 * 1024,
};

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

TAILQ_HEAD(session_list, session);

struct capture {
	struct vl_inst *inst;
	struct session_list sessions; /* in the order of their start */
	uint64_t last_id;
	uint32_t *ports; /* in scope, ascending; owned */
	size_t n_ports;
	size_t ports_size;
	size_t ring_bytes; /* of each session */
	struct vl_timer *timer;
	uint64_t *n_recorded; /* the host's counters */
	uint64_t *n_dropped;
};

static int fail(char *error, size_t error_size, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
fail(char *error, size_t error_size, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, error_size, fmt, ap);
	va_end(ap);
	return code;
}

static struct session *
find_session(const struct capture *c, const char *id)
{
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

static void
forget(struct capture *c, struct session *s)
{
	TAILQ_REMOVE(&c->sessions, s, entry);
	session_free(s);
}

/* ---- frames ---- */

static void
record(struct capture *c, const struct vl_vector *v, bool leaving)
{
	uint32_t segment = vl_port_segment(c->inst, v->port);
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry) {
		struct recording_counts added;

		if (!(leaving ? s->out : s->in) ||
		    !session_takes(s, segment, v->port))
			continue;
		added = session_record(
		    s, c->inst, v, leaving ? PCAPNG_OUTBOUND : PCAPNG_INBOUND);
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

/* Nobody pays for a hook that no capture needs. */
static void
update_hooks(struct capture *c)
{
	bool in = false, out = false;
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry) {
		in |= s->state == SESSION_RUNNING && s->in;
		out |= s->state == SESSION_RUNNING && s->out;
	}
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
	else if (remember_port(c, port) < 0)
		vl_log(c->inst,
		       "no memory: port %s is missing from captures "
		       "that start later",
		       vl_port_name(c->inst, port));
	TAILQ_FOREACH (s, &c->sessions, entry) {
		if (event == VL_PORT_REMOVED)
			session_port_removed(s, c->inst, port);
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
		forget(c, s);
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
		forget(c, s);
	}
}

static void
poll_sessions(struct capture *c)
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
	poll_sessions(priv);
}

/* ---- methods ---- */

static const char *
text_param(const struct json_t *params, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(params, name));

	return text != NULL ? text : otherwise;
}

static json_int_t
int_param(const struct json_t *params, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(params, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* Fills in what of the segment @s records. */
static int
read_scope(const struct capture *c, struct session *s,
	   const struct json_t *params, char *error, size_t error_size)
{
	const char *segment = text_param(params, "segment", "");
	const char *port = text_param(params, "port", "");
	const char *direction = text_param(params, "direction", "in");

	s->in = strcmp(direction, "out") != 0;
	s->out = strcmp(direction, "in") != 0;
	s->port = VL_PORT_NONE;
	snprintf(s->segment_name, sizeof(s->segment_name), "%s", segment);
	snprintf(s->port_name, sizeof(s->port_name), "%s", port);
	s->segment = vl_segment_find(c->inst, segment);
	if (s->segment == VL_PORT_NONE)
		return fail(error, error_size, -ENOENT,
			    "no segment is called \"%s\"; segment.show lists "
			    "them",
			    segment);
	if (port[0] == '\0')
		return 0;
	s->port = vl_port_find(c->inst, port);
	if (s->port == VL_PORT_NONE ||
	    vl_port_segment(c->inst, s->port) != s->segment)
		return fail(error, error_size, -ENOENT,
			    "segment \"%s\" has no port called \"%s\"; "
			    "port.show lists them",
			    segment, port);
	return 0;
}

/* Return: where @s writes to, owned by the caller; -errno. */
static int
open_target(struct capture *c, struct session *s, const struct json_t *params,
	    char *error, size_t error_size)
{
	const char *path = text_param(params, "file", NULL);
	int fd = vl_method_take_fd(c->inst);
	const struct session *other;
	int ret;

	if ((fd < 0) == (path == NULL)) {
		if (fd >= 0)
			close(fd);
		return fail(error, error_size, -EINVAL,
			    "a capture needs a file or a descriptor to write "
			    "to, and not both");
	}
	if (path != NULL) {
		fd = target_open(&s->target, path, error, error_size);
		ret = fd;
	} else {
		ret = target_adopt(&s->target, fd, error, error_size);
	}
	TAILQ_FOREACH (other, &c->sessions, entry)
		if (ret >= 0 && other->recording != NULL &&
		    target_same(&s->target, &other->target))
			ret =
			    fail(error, error_size, -EBUSY,
				 "capture %s is writing that file", other->id);
	if (ret >= 0)
		ret = target_clear(&s->target, fd, error, error_size);
	if (ret >= 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

static int
open_recording(struct capture *c, struct session *s,
	       const struct json_t *params, char *error, size_t error_size)
{
	struct recording_spec spec = {
		.ring_bytes = c->ring_bytes,
		.snaplen =
		    (uint32_t)int_param(params, "snaplen", RECORDING_FRAME_MAX),
		.max_frames = (uint64_t)int_param(params, "count", 0),
		.filter = text_param(params, "filter", NULL),
		.now_ns = vl_wall_ns(c->inst),
	};
	int fd, ret;

	/* The filter first: a mistake in it must not cost a file's content. */
	s->recording = recording_new(&spec, error, error_size);
	if (s->recording == NULL)
		return -errno;
	fd = open_target(c, s, params, error, error_size);
	if (fd < 0)
		return fd;
	ret = recording_begin(s->recording, fd, error, error_size);
	if (ret < 0)
		close(fd);
	return ret;
}

static int
method_start(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	struct capture *c = priv;
	struct session *s;
	size_t n_running = 0;
	int ret;

	TAILQ_FOREACH (s, &c->sessions, entry)
		n_running += s->recording != NULL;
	if (n_running == RUNNING_MAX)
		return fail(error, error_size, -ENOSPC,
			    "%d captures are running, the most there can be; "
			    "capture.stop ends one",
			    RUNNING_MAX);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fail(error, error_size, -ENOMEM, "out of memory");
	ret = read_scope(c, s, params, error, error_size);
	if (ret == 0)
		ret = open_recording(c, s, params, error, error_size);
	if (ret < 0) {
		session_free(s);
		return ret;
	}
	snprintf(s->id, sizeof(s->id), "%" PRIu64, ++c->last_id);
	TAILQ_INSERT_TAIL(&c->sessions, s, entry);
	for (size_t i = 0; i < c->n_ports; i++)
		session_port_added(s, inst, c->ports[i]);
	poll_sessions(c);
	*result = json_pack("{s:s}", "id", s->id);
	return 0;
}

static int
method_stop(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const char *id = text_param(params, "id", "");
	struct capture *c = priv;
	struct session *s = find_session(c, id);

	if (s == NULL)
		return fail(error, error_size, -ENOENT,
			    "no capture has the id \"%s\"; capture.show lists "
			    "them",
			    id);
	if (s->waiter != NULL)
		return fail(error, error_size, -EALREADY,
			    "capture %s is being stopped", id);
	session_finish(s, inst);
	s->deadline_ns = vl_now_ns(inst) + END_MS * NS_PER_MS;
	if (s->recording == NULL) {
		*result = session_json(s);
		forget(c, s);
		return 0;
	}
	s->waiter = vl_method_defer(inst);
	if (s->waiter == NULL)
		return fail(error, error_size, -ENOMEM, "out of memory");
	poll_sessions(c); /* may have answered */
	return 0;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const char *id = text_param(params, "id", NULL);
	struct capture *c = priv;
	struct session *s;

	(void)inst;
	poll_sessions(c);
	if (id != NULL && find_session(c, id) == NULL)
		return fail(error, error_size, -ENOENT,
			    "no capture has the id \"%s\"", id);
	*result = json_array();
	TAILQ_FOREACH (s, &c->sessions, entry)
		if (id == NULL || strcmp(s->id, id) == 0)
			json_array_append_new(*result, session_json(s));
	return 0;
}

/* ---- the instance ---- */

static void
capture_free(struct capture *c)
{
	free(c->ports);
	free(c);
}

static int
add_everything(struct capture *c)
{
	struct vl_inst *inst = c->inst;
	int ret = vl_counter_add(inst, "recorded", "frames", &c->n_recorded);

	if (ret == 0)
		ret = vl_counter_add(inst, "dropped", "frames", &c->n_dropped);
	if (ret == 0)
		ret =
		    vl_hook_add(inst, VL_STAGE_FORWARD, HOOK_ORDER, on_forward);
	if (ret == 0)
		ret = vl_hook_add(inst, VL_STAGE_EGRESS, HOOK_ORDER, on_egress);
	if (ret == 0)
		ret = vl_method_add(
		    inst, "start",
		    "segment:name port:name? filter:str? "
		    "snaplen:int(64..65550)? direction:in|out|both? "
		    "count:int(1..1000000000)? file:str?",
		    "record a segment's frames as pcapng, into a file or a "
		    "descriptor that comes along",
		    method_start);
	if (ret == 0)
		ret = vl_method_add(
		    inst, "stop", "id:str",
		    "end a capture; answered when everything is written",
		    method_stop);
	if (ret == 0)
		ret = vl_method_add(inst, "show", "id:str?",
				    "captures and what they have recorded",
				    method_show);
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
		return fail(error, error_size, -ENOMEM, "out of memory");
	c->inst = inst;
	c->ring_bytes = (size_t)int_param(options, "buffer_bytes", RING_BYTES);
	TAILQ_INIT(&c->sessions);
	vl_set_priv(inst, c);
	c->timer = vl_timer_add(inst, on_timer, c);
	ret = c->timer != NULL ? add_everything(c) : -ENOMEM;
	if (ret < 0) {
		capture_free(c);
		return fail(error, error_size, ret, "%s", strerror(-ret));
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
	uint64_t deadline_ns = monotonic_ns() + END_MS * NS_PER_MS;
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
		forget(c, s);
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
};
