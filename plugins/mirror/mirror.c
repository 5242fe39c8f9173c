/*
 * mirror: copies of frames for a port that watches: of some ports, of a segment
 * or of everything in scope, all frames or those that match a filter.
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

/* Behind all that may drop or change a frame. */
enum { HOOK_ORDER = 950, SESSIONS_MAX = 64 };

/* As seen from the segment: IN is what a port sends into it. */
enum direction { IN, OUT, N_DIRECTIONS };

struct session {
	TAILQ_ENTRY(session) link;
	uint32_t id;
	bool directions[N_DIRECTIONS];
	char *from_name, *to_name; /* owned; .from_name NULL: any port */
	uint32_t from, to;	   /* VL_PORT_NONE: not there at present */
	struct bpf *bpf;	   /* owned */
	uint64_t n_copied, n_lost; /* lost: no memory, or nobody to send to */
};
TAILQ_HEAD(session_list, session);

struct mirror {
	struct vl_inst *inst;
	struct session_list sessions;
	uint32_t n_sessions, last_id;
	uint64_t *n_copied; /* the host's counters */
	uint64_t *n_lost;
	int mark;
};

static const enum vl_stage stages[N_DIRECTIONS] = {
	[IN] = VL_STAGE_INGRESS,
	[OUT] = VL_STAGE_EGRESS,
};

/* ---- frames ---- */

static bool
wants(const struct session *s, enum direction d, uint32_t port,
      const struct vl_frame *frame)
{
	/* the port that watches is not watched: it would see each of its
	 * frames twice */
	return s->directions[d] && port != s->to &&
	       (s->from_name == NULL || s->from == port) &&
	       bpf_match(s->bpf, vl_frame_data(frame), vl_frame_len(frame));
}

static void
copy(struct mirror *m, struct session *s, const struct vl_frame *frame)
{
	struct vl_frame *clone = NULL;

	if (s->to != VL_PORT_NONE)
		clone = vl_frame_clone(m->inst, frame);
	if (clone == NULL) {
		s->n_lost++;
		++*m->n_lost;
		return;
	}
	vl_frame_mark(m->inst, clone, m->mark);
	vl_frame_inject(m->inst, VL_STAGE_EGRESS, s->to, clone);
	s->n_copied++;
	++*m->n_copied;
}

/* The watching port may be out of our scope: nobody tells us of it. */
static void
find_watchers(struct mirror *m)
{
	struct session *s;

	TAILQ_FOREACH (s, &m->sessions, link) {
		if (vl_port_name(m->inst, s->to) == NULL)
			s->to = vl_port_find(m->inst, s->to_name);
	}
}

static void
copy_all(struct mirror *m, enum direction d, const struct vl_vector *v)
{
	struct session *s;

	find_watchers(m);
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] != VL_PASS)
			continue;
		TAILQ_FOREACH (s, &m->sessions, link) {
			if (wants(s, d, v->port, v->frames[i]))
				copy(m, s, v->frames[i]);
		}
	}
}

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	copy_all(priv, IN, v);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	copy_all(priv, OUT, v);
}

static void
update_hooks(struct mirror *m)
{
	const struct session *s;

	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		bool any = false;

		TAILQ_FOREACH (s, &m->sessions, link)
			any |= s->directions[d];
		vl_hook_enable(m->inst, stages[d], any);
	}
}

/* ---- ports ---- */

static void
on_port(void *priv, enum vl_port_event event, uint32_t id)
{
	struct mirror *m = priv;
	const char *name = vl_port_name(m->inst, id);
	struct session *s;

	TAILQ_FOREACH (s, &m->sessions, link) {
		if (s->from_name != NULL && event != VL_PORT_REMOVED &&
		    strcmp(s->from_name, name) == 0)
			s->from = id;
		else if (s->from == id)
			s->from = VL_PORT_NONE;
	}
}

static int
check_port(const struct mirror *m, const char *name, char *error,
	   size_t error_size)
{
	if (name == NULL || vl_port_find(m->inst, name) != VL_PORT_NONE ||
	    vl_port_is_declared(m->inst, name))
		return 0;
	snprintf(error, error_size,
		 "no port is called \"%s\"; port.show lists them", name);
	return -ENOENT;
}

/* ---- sessions ---- */

static void
free_session(struct session *s)
{
	free(s->from_name);
	free(s->to_name);
	bpf_free(s->bpf);
	free(s);
}

static void
set_directions(struct session *s, const char *direction)
{
	/* of everything, each frame once; of a port, both its ways */
	if (direction == NULL)
		direction = s->from_name != NULL ? "both" : "in";
	s->directions[IN] = strcmp(direction, "out") != 0;
	s->directions[OUT] = strcmp(direction, "in") != 0;
}

/* Return: as @params say; NULL with errno and the reason in @error. */
static struct session *
make_session(const struct mirror *m, const json_t *params, char *error,
	     size_t error_size)
{
	const char *from = param_text(params, "from");
	const char *to = param_text(params, "to");
	struct session *s;

	if (from != NULL && strcmp(from, to) == 0) {
		snprintf(error, error_size, "port %s cannot watch itself", to);
		errno = EINVAL;
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->bpf = bpf_compile(param_text(params, "filter"), error, error_size);
	s->from_name = from != NULL ? strdup(from) : NULL;
	s->to_name = strdup(to);
	if (s->bpf == NULL || s->to_name == NULL ||
	    (from != NULL && s->from_name == NULL)) {
		free_session(s);
		return NULL;
	}
	s->from = from != NULL ? vl_port_find(m->inst, from) : VL_PORT_NONE;
	s->to = vl_port_find(m->inst, to);
	set_directions(s, param_text(params, "direction"));
	return s;
}

static int
method_add(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	struct mirror *m = priv;
	struct session *s;
	int ret;

	(void)inst;
	ret = check_port(m, param_text(params, "from"), error, error_size);
	if (ret == 0)
		ret =
		    check_port(m, param_text(params, "to"), error, error_size);
	if (ret < 0)
		return ret;
	if (m->n_sessions == SESSIONS_MAX) {
		snprintf(error, error_size, "at most %d mirrors", SESSIONS_MAX);
		return -ENOSPC;
	}
	s = make_session(m, params, error, error_size);
	if (s == NULL)
		return -errno;
	s->id = ++m->last_id;
	TAILQ_INSERT_TAIL(&m->sessions, s, link);
	m->n_sessions++;
	update_hooks(m);
	*result = json_pack("{s:I}", "id", (json_int_t)s->id);
	return 0;
}

static void
end_session(struct mirror *m, struct session *s)
{
	TAILQ_REMOVE(&m->sessions, s, link);
	m->n_sessions--;
	free_session(s);
}

static int
method_del(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	uint64_t id = param_number(params, "id", 0);
	struct mirror *m = priv;
	struct session *s;

	(void)inst;
	TAILQ_FOREACH (s, &m->sessions, link) {
		if (s->id == id)
			break;
	}
	if (s == NULL) {
		snprintf(error, error_size,
			 "there is no mirror %ju; %s.show lists them",
			 (uintmax_t)id, vl_name(m->inst));
		return -ENOENT;
	}
	end_session(m, s);
	update_hooks(m);
	*result = json_true();
	return 0;
}

static json_t *
session_json(const struct session *s)
{
	const char *direction = "both";
	json_t *object;

	if (!s->directions[OUT])
		direction = "in";
	else if (!s->directions[IN])
		direction = "out";
	object = json_pack(
	    "{s:I, s:s, s:s, s:s, s:I, s:I}", "id", (json_int_t)s->id, "to",
	    s->to_name, "filter", bpf_text(s->bpf), "direction", direction,
	    "copied", (json_int_t)s->n_copied, "lost", (json_int_t)s->n_lost);
	if (s->from_name != NULL)
		json_object_set_new(object, "from", json_string(s->from_name));
	return object;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const struct mirror *m = priv;
	const struct session *s;

	(void)inst, (void)params, (void)error, (void)error_size;
	*result = json_array();
	TAILQ_FOREACH (s, &m->sessions, link)
		json_array_append_new(*result, session_json(s));
	return 0;
}

static const struct vl_method methods[] = {
	{ .name = "add",
	  .params = "to:name from:name? filter:str? direction:in|out|both?",
	  .summary = "send copies of frames to a port",
	  .result = "`{id}`, of the mirror",
	  .details =
	      "Of the port `from`, what it sends (`in`), is sent (`out`), or "
	      "both; without `from`, of every port in scope, what they send. "
	      "`filter` is in the language of pcap-filter(7). `to` may be on "
	      "another segment; what it sends and is sent itself is not "
	      "mirrored. Copies are frames that the switch made, in the books "
	      "of the segment of `to`; a port that is slow loses its own.",
	  .fn = method_add },
	{ .name = "del",
	  .params = "id:int(1..4294967295)",
	  .summary = "end a mirror",
	  .result = "`true`",
	  .fn = method_del },
	{ .name = "show",
	  .params = "",
	  .summary = "list mirrors",
	  .result = "`[{id, to, from?, filter, direction, copied, lost}]`",
	  .details = "`lost` are copies for a port that was not there, or for "
		     "which there was no memory.",
	  .fn = method_show },
	{ .name = NULL },
};

/* ---- the instance ---- */

static int
add_everything(struct mirror *m)
{
	struct vl_inst *inst = m->inst;
	int ret;

	if ((ret = vl_counter_add(inst, "copied", "frames", &m->n_copied)) <
		0 ||
	    (ret = vl_counter_add(inst, "lost", "frames", &m->n_lost)) < 0 ||
	    (ret = inst_add_mark(inst, "mirrored", &m->mark)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_INGRESS, HOOK_ORDER,
			       on_ingress)) < 0 ||
	    (ret = vl_hook_add(inst, VL_STAGE_EGRESS, HOOK_ORDER, on_egress)) <
		0 ||
	    (ret = inst_add_methods(inst, methods)) < 0)
		return ret;
	return vl_port_watch(inst, on_port);
}

static int
mirror_start(struct vl_inst *inst, const struct json_t *options, char *error,
	     size_t error_size)
{
	struct mirror *m = calloc(1, sizeof(*m));
	int ret;

	(void)options;
	if (m == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	m->inst = inst;
	TAILQ_INIT(&m->sessions);
	vl_set_priv(inst, m);
	ret = add_everything(m);
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		free(m);
		return ret;
	}
	update_hooks(m);
	return 0;
}

static void
mirror_stop(struct vl_inst *inst)
{
	struct mirror *m = vl_priv(inst);
	struct session *s;

	while ((s = TAILQ_FIRST(&m->sessions)) != NULL)
		end_session(m, s);
	free(m);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "mirror",
	.summary = "send copies of frames to a port",
	.options = "",
	.start = mirror_start,
	.stop = mirror_stop,
	.methods = methods,
};
