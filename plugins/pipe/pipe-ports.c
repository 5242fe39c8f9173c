#include "plugins/pipe/pipe-ports.h"

#include <errno.h>
#include <stdlib.h>

void
pipe_ports_init(struct pipe_ports *ports)
{
	for (size_t i = 0; i < PIPE_PORT_BUCKETS; i++)
		LIST_INIT(&ports->buckets[i]);
	TAILQ_INIT(&ports->untold);
}

static void
set_news(struct pipe_ports *ports, struct pipe_port *port, bool news)
{
	if (news && !port->news)
		TAILQ_INSERT_TAIL(&ports->untold, port, untold);
	else if (!news && port->news)
		TAILQ_REMOVE(&ports->untold, port, untold);
	port->news = news;
}

static void
free_port(struct pipe_ports *ports, struct pipe_port *port)
{
	set_news(ports, port, false);
	LIST_REMOVE(port, in_bucket);
	free(port);
}

void
pipe_ports_fini(struct pipe_ports *ports)
{
	for (size_t i = 0; i < PIPE_PORT_BUCKETS; i++) {
		struct pipe_port *port;

		while ((port = LIST_FIRST(&ports->buckets[i])) != NULL)
			free_port(ports, port);
	}
}

struct pipe_port *
pipe_ports_find(const struct pipe_ports *ports, uint32_t id)
{
	struct pipe_port *port;

	LIST_FOREACH (port, &ports->buckets[id % PIPE_PORT_BUCKETS],
		      in_bucket) {
		if (port->id == id)
			return port;
	}
	return NULL;
}

int
pipe_ports_add(struct pipe_ports *ports, uint32_t id)
{
	struct pipe_port *port = pipe_ports_find(ports, id);

	if (port == NULL) {
		port = calloc(1, sizeof(*port));
		if (port == NULL)
			return -ENOMEM;
		port->id = id;
		for (unsigned i = 0; i < VL_N_STAGES; i++)
			pipe_lane_init(&port->lanes[i], id, (enum vl_stage)i);
		LIST_INSERT_HEAD(&ports->buckets[id % PIPE_PORT_BUCKETS], port,
				 in_bucket);
	}
	set_news(ports, port, true);
	return 0;
}

/* A port that is gone stays until nobody has to know any more. */
static void
free_if_over(struct pipe_ports *ports, struct pipe_port *port)
{
	if (!port->gone || port->known)
		return;
	for (unsigned i = 0; i < VL_N_STAGES; i++) {
		if (!TAILQ_EMPTY(&port->lanes[i].waits))
			return;
	}
	free_port(ports, port);
}

void
pipe_ports_remove(struct pipe_ports *ports, uint32_t id)
{
	struct pipe_port *port = pipe_ports_find(ports, id);

	if (port == NULL)
		return;
	port->gone = true;
	set_news(ports, port, port->known);
	free_if_over(ports, port);
}

void
pipe_ports_told(struct pipe_ports *ports)
{
	struct pipe_port *port = TAILQ_FIRST(&ports->untold);

	set_news(ports, port, false);
	port->known = !port->gone;
	free_if_over(ports, port);
}

void
pipe_ports_emptied(struct pipe_ports *ports, uint32_t id)
{
	struct pipe_port *port = pipe_ports_find(ports, id);

	if (port != NULL)
		free_if_over(ports, port);
}

void
pipe_ports_restart(struct pipe_ports *ports)
{
	for (size_t i = 0; i < PIPE_PORT_BUCKETS; i++) {
		struct pipe_port *port, *next;

		for (port = LIST_FIRST(&ports->buckets[i]); port != NULL;
		     port = next) {
			next = LIST_NEXT(port, in_bucket);
			port->known = false;
			set_news(ports, port, !port->gone);
			free_if_over(ports, port);
		}
	}
}
