#include "switch/switch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/declared.h"
#include "switch/lanes.h"
#include "switch/stp.h"

static void remove_from_limbo(struct port *port);

struct event_base *
switch_base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	/* Not EPOLL_USE_CHANGELIST: it forgets to take a descriptor out that is
	 * closed in the same turn, and ours may live on in other processes. */
	if (config != NULL &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0 &&
	    event_config_require_features(config, EV_FEATURE_O1) == 0)
		base = event_base_new_with_config(config);
	if (base == NULL ||
	    event_base_priority_init(base, SWITCH_N_PRIORITIES) < 0) {
		log_error("cannot set up an event loop");
		abort();
	}
	event_config_free(config);
	return base;
}

/* ---- life ---- */

static void
set_defaults(struct switch_config *config)
{
	if (config->pool_bytes == 0)
		config->pool_bytes = SWITCH_POOL_BYTES;
	if (config->fdb_max == 0)
		config->fdb_max = FDB_ENTRIES_DEFAULT;
	if (config->ageing_ms == 0)
		config->ageing_ms = FDB_AGEING_DEFAULT_MS;
}

static void
copy_kinds(struct vswitch *sw, const struct port_kind *const *kinds)
{
	sw->kinds = XNEW(const struct port_kind *);
	sw->config.kinds = sw->kinds;
	for (; kinds != NULL && *kinds != NULL; kinds++)
		switch_add_kind(sw, *kinds);
}

struct vswitch *
switch_new(const struct switch_config *config)
{
	struct vswitch *sw = XNEW(struct vswitch);

	sw->config = *config;
	set_defaults(&sw->config);
	copy_kinds(sw, config->kinds);
	sw->dir = config->dir != NULL ? xstrdup(config->dir) : NULL;
	sw->config.dir = sw->dir;
	TAILQ_INIT(&sw->segments);
	TAILQ_INIT(&sw->declared);
	TAILQ_INIT(&sw->limbo);
	TAILQ_INIT(&sw->observers);
	sw->lane =
	    lane_new(sw, config->base, config->clock, sw->config.pool_bytes);
	if (config->n_workers > 0)
		sw->lanes = lanes_new(sw, config->base, config->n_workers,
				      sw->config.pool_bytes);
	sw->started_ms = clock_now_ms(config->clock);
	return sw;
}

void
switch_free(struct vswitch *sw)
{
	struct segment *segment;

	if (sw == NULL)
		return;
	switch_end_workers(sw);
	lane_settle(sw->lane);
	for (unsigned i = 1; i <= sw->config.n_workers; i++)
		lane_settle(lanes_nth(sw->lanes, i));
	while ((segment = TAILQ_FIRST(&sw->segments)) != NULL)
		switch_remove_segment(sw, segment);
	assert(TAILQ_EMPTY(&sw->observers));
	while (!TAILQ_EMPTY(&sw->declared))
		declared_remove(sw, TAILQ_FIRST(&sw->declared));
	lanes_free(sw->lanes);
	lane_free(sw->lane);
	free(sw->kinds);
	free(sw->dir);
	free(sw);
}

void
switch_observer_add(struct vswitch *sw, struct switch_observer *observer)
{
	TAILQ_INSERT_TAIL(&sw->observers, observer, link);
}

void
switch_observer_remove(struct vswitch *sw, struct switch_observer *observer)
{
	TAILQ_REMOVE(&sw->observers, observer, link);
}

/* ---- workers ---- */

int
switch_start_workers(struct vswitch *sw, unsigned spin_us, struct err *err)
{
	return sw->lanes != NULL ? lanes_start(sw->lanes, spin_us, err) : 0;
}

void
switch_end_workers(struct vswitch *sw)
{
	if (sw != NULL && sw->lanes != NULL)
		lanes_end(sw->lanes);
}

void
switch_hold(const struct vswitch *sw)
{
	if (sw->lanes != NULL)
		lanes_hold(sw->lanes);
}

bool
switch_in_turn(const struct vswitch *sw)
{
	bool in_turn = sw->lane->depth > 0;

	for (unsigned i = 1; i <= sw->config.n_workers; i++)
		in_turn |= lanes_nth(sw->lanes, i)->depth > 0;
	return in_turn;
}

/* Return: the lane of @worker; NULL with @err set. */
static struct lane *
find_lane(const struct vswitch *sw, unsigned worker, struct err *err)
{
	unsigned n = sw->config.n_workers;

	if (worker > n) {
		if (n == 0)
			err_set(err, -EINVAL,
				"there is no worker %u: the switch was started "
				"without --workers",
				worker);
		else
			err_set(err, -EINVAL,
				"there is no worker %u: the switch was started "
				"with --workers %u",
				worker, n);
		return NULL;
	}
	if (worker > 0)
		return lanes_nth(sw->lanes, worker);
	return n > 0 ? lanes_least(sw->lanes) : sw->lane;
}

/* ---- segments ---- */

struct segment *
switch_add_segment(struct vswitch *sw, const char *name, struct err *err)
{
	return switch_add_segment_on(sw, name, 0, err);
}

static int
check_segment(const struct vswitch *sw, const char *name, struct err *err)
{
	if (!segment_name_is_valid(name))
		return err_set(
		    err, -EINVAL,
		    "\"%s\" is no name for a segment: it must be a-z, "
		    "then a-z, 0-9 or '-', at most %d characters",
		    name, SEGMENT_NAME_SIZE - 1);
	if (switch_find_segment(sw, name) != NULL)
		return err_set(err, -EEXIST, "there is a segment %s already",
			       name);
	if (sw->n_segments == SWITCH_SEGMENTS_MAX)
		return err_set(err, -ENOSPC, "a switch has at most %d segments",
			       SWITCH_SEGMENTS_MAX);
	return 0;
}

struct segment *
switch_add_segment_on(struct vswitch *sw, const char *name, unsigned worker,
		      struct err *err)
{
	struct lane *lane = find_lane(sw, worker, err);
	struct segment *segment;

	if (lane == NULL || check_segment(sw, name, err) < 0)
		return NULL;
	segment = segment_new(lane, sw->next_segment_id, name);
	if (sw->dir != NULL && segment_listen(segment, sw->dir, err) < 0) {
		segment_free(segment);
		return NULL;
	}
	sw->next_segment_id++;
	sw->n_segments++;
	TAILQ_INSERT_TAIL(&sw->segments, segment, link);
	TAILQ_INSERT_TAIL(&segment->lane->segments, segment, in_lane);
	segment->lane->n_segments++;
	return segment;
}

void
switch_remove_segment(struct vswitch *sw, struct segment *segment)
{
	struct port *port, *next;

	segment_unlisten(segment);
	while ((port = TAILQ_FIRST(&segment->ports)) != NULL)
		switch_remove_port(port, "its segment was removed");
	for (port = TAILQ_FIRST(&sw->limbo); port != NULL; port = next) {
		next = TAILQ_NEXT(port, in_segment);
		if (port->segment == segment)
			remove_from_limbo(port);
	}
	TAILQ_REMOVE(&sw->segments, segment, link);
	TAILQ_REMOVE(&segment->lane->segments, segment, in_lane);
	segment->lane->n_segments--;
	sw->n_segments--;
	segment_free(segment);
}

/* ---- ports ---- */

static int
check_room(const struct vswitch *sw, struct err *err)
{
	/* ids are never used twice, and the two largest mean something else */
	if (sw->n_ports + sw->n_limbo < SWITCH_PORTS_MAX &&
	    sw->next_port_id < PORT_FLOOD)
		return 0;
	return err_set(err, -ENOSPC, "a switch has at most %d ports",
		       SWITCH_PORTS_MAX);
}

/* Is @name a port's, or kept for one that will come? */
static bool
is_taken(const struct vswitch *sw, const char *name)
{
	return switch_find_port(sw, name) != NULL ||
	       declared_find(sw, name) != NULL;
}

/* The kind's name and a number that is free. */
static void
default_name(const struct vswitch *sw, const struct port_kind *kind,
	     char name[static PORT_NAME_SIZE])
{
	uint32_t i = sw->next_port_id;

	do {
		snprintf(name, PORT_NAME_SIZE, "%.40s%u", kind->name, i++);
	} while (is_taken(sw, name));
}

/* @wanted, or with a number appended that makes it unique. */
static void
unique_name(const struct vswitch *sw, const char *wanted,
	    char name[static PORT_NAME_SIZE])
{
	unsigned i = 2;

	snprintf(name, PORT_NAME_SIZE, "%s", wanted);
	while (is_taken(sw, name))
		snprintf(name, PORT_NAME_SIZE, "%.*s-%u", PORT_NAME_SIZE - 12,
			 wanted, i++);
}

void
switch_name_port(struct port *port)
{
	char wanted[PORT_NAME_SIZE];

	memcpy(wanted, port->name, sizeof(wanted));
	unique_name(port->sw, wanted, port->name);
}

void
switch_attach_port(struct port *port)
{
	struct vswitch *sw = port->sw;
	struct segment *segment = port->segment;
	struct switch_observer *o;

	lane_add_port(port->lane, port);
	TAILQ_INSERT_TAIL(&segment->ports, port, in_segment);
	segment->n_ports++;
	sw->n_ports++;
	log_debug("port %s (%s) is on segment %s", port->name, port->kind->name,
		  segment->name);
	lane_enter(port->lane);
	TAILQ_FOREACH (o, &sw->observers, link)
		o->port_added(port, o->arg);
	stp_port_added(port);
	lane_leave(port->lane);
}

struct port *
switch_add_port(struct segment *segment, const struct port_kind *kind,
		const char *name, uint32_t mtu, const json_t *params, int fd,
		struct err *err)
{
	struct vswitch *sw = segment->sw;
	char text[PORT_NAME_SIZE];
	struct port *port;
	void *priv;

	assert(mtu >= PORT_MTU_MIN && mtu <= PORT_MTU_DEFAULT);
	if (name == NULL) {
		default_name(sw, kind, text);
		name = text;
	}
	if (kind->params == NULL)
		err_set(err, -EINVAL,
			"ports of kind %s come by themselves when a peer "
			"connects; they cannot be added",
			kind->name);
	else if (!port_name_is_valid(name))
		err_set(err, -EINVAL, "\"%s\" is no name for a port", name);
	else if (switch_find_port(sw, name) != NULL)
		err_set(err, -EEXIST, "there is a port %s already", name);
	else if (declared_find(sw, name) != NULL)
		err_set(err, -EEXIST,
			"port %s is declared for a peer that will attach",
			name);
	else if (check_room(sw, err) == 0 &&
		 json_check(params, kind->params, err) == 0)
		goto good;
	if (fd >= 0)
		close(fd);
	return NULL;

good:
	port = port_new(sw, segment, sw->next_port_id, kind, name, mtu);
	priv = kind->open(port, params, fd, err);
	if (priv == NULL) {
		port_free(port);
		return NULL;
	}
	sw->next_port_id++;
	port->priv = priv;
	port_offloads_changed(port);
	switch_attach_port(port);
	return port;
}

struct port *
port_accept(struct port_site *site, const struct port_kind *kind, void *priv,
	    const char *name, const struct port_peer *peer, struct err *err)
{
	struct segment *segment = site->segment;
	struct vswitch *sw = segment->sw;
	char text[PORT_NAME_SIZE];
	struct port *port;

	if (check_room(sw, err) < 0)
		return NULL;
	if (name != NULL && port_name_is_valid(name))
		unique_name(sw, name, text);
	else
		default_name(sw, kind, text);
	port = port_new(sw, segment, sw->next_port_id++, kind, text,
			PORT_MTU_DEFAULT);
	if (peer != NULL)
		port->peer = *peer;
	port->priv = priv;
	port_offloads_changed(port);
	if (declared_place(port, err) == 0)
		return port;
	port_free(port);
	return NULL;
}

/* Nobody has heard of it, and nothing but refused frames is in its books. */
static void
remove_from_limbo(struct port *port)
{
	if (port->gone)
		TAILQ_REMOVE(&port->lane->gone, port, in_gone);
	declared_leave_limbo(port);
	backpressure_forget(port);
	port->kind->close(port->priv);
	counters_add(&port->segment->gone, &port->counters);
	port_free(port);
}

void
switch_remove_port(struct port *port, const char *reason)
{
	struct vswitch *sw = port->sw;
	struct segment *segment = port->segment;
	struct switch_observer *o;

	assert(port->lane->depth == 0);
	lane_deliver(port->lane); /* what has come before this */
	if (port->limbo) {
		remove_from_limbo(port);
		return;
	}
	log_debug("port %s is off segment %s: %s", port->name, segment->name,
		  reason);
	if (port->gone)
		TAILQ_REMOVE(&port->lane->gone, port, in_gone);
	port->gone = true; /* what is still sent to it is dropped */
	backpressure_forget(port);
	lane_enter(port->lane);
	stp_port_removed(port);
	TAILQ_FOREACH (o, &sw->observers, link)
		o->port_removed(port, reason, o->arg);
	lane_leave(port->lane);
	fdb_drop_port(segment->fdb, port->id);
	port_drop_queue(port);
	port->kind->close(port->priv);
	lane_remove_port(port->lane, port);
	declared_release(port);
	TAILQ_REMOVE(&segment->ports, port, in_segment);
	segment->n_ports--;
	sw->n_ports--;
	counters_add(&segment->gone, &port->counters);
	port_free(port);
}

void
switch_carrier_changed(struct port *port)
{
	if (port->no_carrier)
		fdb_flush_port(port->segment->fdb, port->id);
	switch_tell_of_port(SWITCH_PORT_CARRIER, port);
	stp_port_carrier(port);
}

void
switch_remove_gone_ports(struct lane *lane)
{
	struct port *port;

	while ((port = TAILQ_FIRST(&lane->gone)) != NULL) {
		char reason[PORT_REASON_SIZE];

		snprintf(reason, sizeof(reason), "%s", port->gone_reason);
		switch_remove_port(port, reason);
	}
}
