/* switch-tell: what observers hear of ports and segments that stay, wherever it
 * happens. */
#include "switch/switch.h"

#include <stdlib.h>

#include "lib/xalloc.h"

/* What a lane leaves to the control thread. */
struct told {
	struct news news; /* first */
	struct switch_event event;
	struct port_peer peer; /* .event.peer points here */
	struct fdb_entry station;
	port_id_t port;	  /* PORT_NONE: it is about the segment */
	uint32_t segment; /* only then */
};

static void
tell_one(const struct switch_observer *o, const struct switch_event *e)
{
	switch (e->type) {
	case SWITCH_PORT_MTU:
		if (o->port_mtu != NULL)
			o->port_mtu(e->port, e->old_mtu, o->arg);
		break;
	case SWITCH_PORT_CARRIER:
		if (o->port_carrier != NULL)
			o->port_carrier(e->port, o->arg);
		break;
	case SWITCH_PORT_STP:
		if (o->port_stp != NULL)
			o->port_stp(e->port, o->arg);
		break;
	case SWITCH_TOPOLOGY_CHANGED:
		if (o->topology_changed != NULL)
			o->topology_changed(e->port, o->arg);
		break;
	case SWITCH_CLIENT_ADDED:
		if (o->client_added != NULL)
			o->client_added(e->port, e->client, e->peer, o->arg);
		break;
	case SWITCH_CLIENT_REMOVED:
		if (o->client_removed != NULL)
			o->client_removed(e->port, e->client, o->arg);
		break;
	case SWITCH_LOOP_SUSPECTED:
		if (o->loop_suspected != NULL)
			o->loop_suspected(e->segment, e->station, o->arg);
		break;
	}
}

static void
tell_all(const struct vswitch *sw, const struct switch_event *e)
{
	const struct switch_observer *o;

	TAILQ_FOREACH (o, &sw->observers, link)
		tell_one(o, e);
}

/* Unless what it is about has gone meanwhile. */
static void
tell_later(struct lane *lane, struct news *news)
{
	struct told *t = (struct told *)news;

	if (t->port != PORT_NONE) {
		t->event.port = lane_port(lane, t->port);
		t->event.segment =
		    t->event.port != NULL ? t->event.port->segment : NULL;
	} else {
		t->event.segment = lane_segment(lane, t->segment);
	}
	if (t->event.segment != NULL)
		tell_all(lane->sw, &t->event);
	free(t);
}

static void
leave(struct lane *lane, const struct switch_event *e)
{
	struct told *t;

	if (!lane_has_room(lane))
		return;
	t = XNEW(struct told);
	t->news.tell = tell_later;
	t->event = *e;
	t->port = e->port != NULL ? e->port->id : PORT_NONE;
	t->segment = e->segment->id;
	if (e->peer != NULL) {
		t->peer = *e->peer;
		t->event.peer = &t->peer;
	}
	if (e->station != NULL) {
		t->station = *e->station;
		t->event.station = &t->station;
	}
	lane_post(lane, &t->news);
}

void
switch_tell(const struct switch_event *event)
{
	struct lane *lane = event->segment->lane;

	if (lane_is_away(lane))
		leave(lane, event);
	else
		tell_all(lane->sw, event);
}

void
switch_tell_of_port(enum switch_event_type type, struct port *port)
{
	const struct switch_event event = { .type = type,
					    .port = port,
					    .segment = port->segment };

	switch_tell(&event);
}
