/* Kinds of port that plugins bring: a plugin's vl_port_kind under a port_kind
 * of ours. */
#include "vdelab/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/control.h"
#include "switch/forward.h"
#include "switch/plugin-file.h"
#include "switch/plugin-inst.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/switch.h"

struct inst_kind {
	struct port_kind kind; /* first: a port's kind is one of these */
	const struct vl_port_kind *vl;
	struct vl_inst *inst;
	LIST_ENTRY(inst_kind) link;
};

/* What the switch takes for the port's private part. */
struct inst_port {
	const struct inst_kind *kind;
	void *priv; /* the plugin's */
};

/* ---- between the switch and the plugin ---- */

static void *
open_port(struct port *port, const json_t *params, int fd, struct err *err)
{
	const struct inst_kind *kind = (const struct inst_kind *)port->kind;
	struct lane *lane = kind->inst->lane;
	struct inst_port *p = XNEW(struct inst_port);
	char error[512] = "";
	int ret;

	if (port->lane != lane) {
		free(p);
		err_set(err, -EXDEV,
			"%s: the plugin %s is on worker %u, and segment %s on "
			"worker %u",
			kind->kind.name, kind->inst->name, lane->number,
			port->segment->name, port->lane->number);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	p->kind = kind;
	lane_enter(lane);
	ret = kind->vl->open(kind->inst, port->id, params, fd, &p->priv, error,
			     sizeof(error));
	lane_leave(lane);
	if (ret == 0)
		return p;
	free(p);
	ret = ret < 0 ? ret : -EIO;
	err_set(err, ret, "%s: %s", kind->kind.name,
		error[0] != '\0' ? error : strerror(-ret));
	return NULL;
}

/* As many at once as a plugin is promised at most. */
static size_t
transmit(void *priv, struct frame *const *frames, size_t n)
{
	const struct inst_port *p = priv;
	size_t n_sent = 0;

	while (n_sent < n) {
		struct vl_frame *const *rest =
		    (struct vl_frame *const *)frames + n_sent;
		uint32_t n_given = n - n_sent < FRAME_BATCH
				       ? (uint32_t)(n - n_sent)
				       : (uint32_t)FRAME_BATCH;
		uint32_t n_taken =
		    p->kind->vl->transmit(p->priv, rest, n_given);

		if (n_taken > n_given) {
			LOG_LIMITED(LOG_ERROR,
				    "plugin %s has taken more frames than "
				    "there are: a bug in the plugin",
				    p->kind->inst->name);
			n_taken = n_given;
		}
		n_sent += n_taken;
		if (n_taken < n_given)
			break;
	}
	return n_sent;
}

static void
pause_port(void *priv, bool paused)
{
	const struct inst_port *p = priv;

	p->kind->vl->pause(p->priv, paused);
}

static void
describe(const void *priv, json_t *into)
{
	const struct inst_port *p = priv;

	json_object_set_new(into, "plugin", json_string(p->kind->inst->name));
	if (p->kind->vl->describe != NULL)
		p->kind->vl->describe(p->priv, into);
}

static void
close_port(void *priv)
{
	struct inst_port *p = priv;
	struct lane *lane = p->kind->inst->lane;

	lane_enter(lane);
	p->kind->vl->close(p->priv);
	lane_leave(lane);
	free(p);
}

/* ---- kinds ---- */

/* The next of the words of a signature; *@len is 0 at its end. */
static const char *
next_word(const char **signature, size_t *len)
{
	const char *word;

	*signature += strspn(*signature, " ");
	word = *signature;
	*len = strcspn(word, " ");
	*signature += *len;
	return word;
}

/* Members of one name must be of one type with all kinds, for port.add takes
 * those of all of them. */
static bool
clashes(const char *params, const char *others)
{
	const char *word, *other, *rest;
	size_t len, other_len;

	while (word = next_word(&params, &len), len > 0) {
		len -= word[len - 1] == '?';
		for (rest = others;
		     other = next_word(&rest, &other_len), other_len > 0;) {
			size_t name = strcspn(word, ":") + 1;

			other_len -= other[other_len - 1] == '?';
			if (strncmp(word, other, name) == 0 &&
			    (len != other_len ||
			     strncmp(word, other, len) != 0))
				return true;
		}
	}
	return false;
}

static int
check_kind(const struct vl_inst *inst, const struct vl_port_kind *vl)
{
	const char *params = vl->params != NULL ? vl->params : "";
	char *others;
	bool bad;

	if (!plugin_name_is_valid(vl->name) || !json_signature_valid(params) ||
	    vl->open == NULL || vl->transmit == NULL || vl->close == NULL)
		return -EINVAL;
	if (switch_find_kind(inst->sw, vl->name) != NULL)
		return -EEXIST;
	others = control_port_add_params(inst->sw->config.kinds);
	bad = clashes(params, others) ||
	      json_signature_has(params, "segment") ||
	      json_signature_has(params, "kind") ||
	      json_signature_has(params, "name") ||
	      json_signature_has(params, "mtu");
	free(others);
	return bad ? -EINVAL : 0;
}

int
vl_port_kind_add(struct vl_inst *inst, const struct vl_port_kind *vl)
{
	struct inst_kind *kind;
	int ret;

	/* Kinds are the control thread's. */
	if (lane_is_away(inst->lane))
		return -EBUSY;
	ret = check_kind(inst, vl);
	if (ret < 0)
		return ret;
	kind = XNEW(struct inst_kind);
	kind->inst = inst;
	kind->vl = vl;
	kind->kind = (struct port_kind){
		.name = vl->name,
		.summary = vl->summary != NULL ? vl->summary : "",
		.params = vl->params != NULL ? vl->params : "",
		.details = vl->details,
		.plugin = inst->name,
		.open = open_port,
		.transmit = transmit,
		.pause = vl->pause != NULL ? pause_port : NULL,
		.describe = describe,
		.close = close_port,
	};
	LIST_INSERT_HEAD(&inst->kinds, kind, link);
	switch_add_kind(inst->sw, &kind->kind);
	return 0;
}

static struct port *
first_port(struct vswitch *sw, const struct port_kind *kind)
{
	struct segment *segment;
	struct port *port;

	TAILQ_FOREACH (segment, &sw->segments, link) {
		TAILQ_FOREACH (port, &segment->ports, in_segment) {
			if (port->kind == kind)
				return port;
		}
	}
	return NULL;
}

void
plugin_kinds_detach(struct vl_inst *inst)
{
	struct inst_kind *kind;
	struct port *port;

	while ((kind = LIST_FIRST(&inst->kinds)) != NULL) {
		while ((port = first_port(inst->sw, &kind->kind)) != NULL)
			switch_remove_port(port, "its plugin is unloaded");
		switch_remove_kind(inst->sw, &kind->kind);
		LIST_REMOVE(kind, link);
		free(kind);
	}
}

/* ---- what plugins do at their ports ---- */

/* NULL when it is gone, or none of the instance's. */
static struct port *
own_port(struct vl_inst *inst, uint32_t id)
{
	struct port *port = lane_port(inst->lane, id);
	const struct inst_kind *kind;

	if (port == NULL || port->kind->open != open_port)
		return NULL;
	kind = (const struct inst_kind *)port->kind;
	return kind->inst == inst ? port : NULL;
}

void
vl_port_input(struct vl_inst *inst, uint32_t id, struct vl_frame *const *frames,
	      uint32_t n)
{
	struct port *port = own_port(inst, id);

	lane_enter(inst->lane);
	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = (struct frame *)frames[i];

		if (frame->holder != FRAME_MADE)
			LOG_LIMITED(LOG_ERROR,
				    "plugin %s: frames that come in by a port "
				    "are those of vl_frame_new(): a bug in the "
				    "plugin",
				    inst->name);
		else if (port == NULL || port->gone)
			vl_frame_discard(inst, frames[i], VL_DROP);
		else {
			hook_owner_release(&inst->owner, frame);
			port_input_later(port, frame);
		}
	}
	lane_leave(inst->lane);
}

void
vl_port_writable(struct vl_inst *inst, uint32_t id)
{
	struct port *port = own_port(inst, id);

	if (port == NULL || port->flushing || !port->blocked)
		return;
	lane_enter(inst->lane);
	port->blocked = false;
	lane_touch(inst->lane, port);
	lane_leave(inst->lane);
}

void
vl_port_lost(struct vl_inst *inst, uint32_t id, const char *reason)
{
	struct port *port = own_port(inst, id);

	if (port != NULL)
		port_gone(port, "%s", reason);
}

void
vl_port_tx_drop(struct vl_inst *inst, uint32_t id, const struct vl_frame *frame)
{
	struct port *port = own_port(inst, id);

	if (port != NULL)
		port_tx_drop(port, DROP_SEND_ERROR,
			     (const struct frame *)frame);
}
