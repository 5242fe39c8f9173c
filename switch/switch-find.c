/* switch-find: looking segments, ports and kinds up, by number and by name. */
#include "switch/switch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/nearest.h"
#include "lib/xalloc.h"
#include "switch/lanes.h"

/* @names: those that there are, NULL-ended */
static void
fail_unknown(const char *what, const char *name, const char *const *names,
	     struct err *err)
{
	const char *meant = nearest_word(name, names);

	if (meant != NULL)
		err_set(err, -ENOENT, "there is no %s %s (did you mean %s?)",
			what, name, meant);
	else
		err_set(err, -ENOENT, "there is no %s %s", what, name);
}

/* ---- segments ---- */

struct segment *
switch_find_segment(const struct vswitch *sw, const char *name)
{
	struct segment *segment;

	TAILQ_FOREACH (segment, &sw->segments, link) {
		if (strcmp(segment->name, name) == 0)
			return segment;
	}
	return NULL;
}

struct segment *
switch_segment(const struct vswitch *sw, uint32_t id)
{
	struct segment *segment;

	TAILQ_FOREACH (segment, &sw->segments, link) {
		if (segment->id == id)
			return segment;
	}
	return NULL;
}

struct segment *
switch_need_segment(const struct vswitch *sw, const char *name, struct err *err)
{
	struct segment *found = switch_find_segment(sw, name);
	const struct segment *segment;
	const char **names;
	size_t n = 0;

	if (found != NULL)
		return found;
	names = xcalloc(sw->n_segments + 1, sizeof(*names));
	TAILQ_FOREACH (segment, &sw->segments, link)
		names[n++] = segment->name;
	fail_unknown("segment", name, names, err);
	free(names);
	return NULL;
}

/* ---- ports ---- */

struct port *
switch_port(const struct vswitch *sw, port_id_t id)
{
	struct port *port = lane_port(sw->lane, id);

	for (unsigned i = 1; port == NULL && i <= sw->config.n_workers; i++)
		port = lane_port(lanes_nth(sw->lanes, i), id);
	return port;
}

struct port *
switch_find_port(const struct vswitch *sw, const char *name)
{
	const struct segment *segment;
	struct port *port;

	TAILQ_FOREACH (segment, &sw->segments, link) {
		TAILQ_FOREACH (port, &segment->ports, in_segment) {
			if (strcmp(port->name, name) == 0)
				return port;
		}
	}
	return NULL;
}

struct port *
switch_need_port(const struct vswitch *sw, const char *name, struct err *err)
{
	struct port *found = switch_find_port(sw, name);
	const struct segment *segment;
	const struct port *port;
	const char **names;
	size_t n = 0;

	if (found != NULL)
		return found;
	names = xcalloc(sw->n_ports + 1, sizeof(*names));
	TAILQ_FOREACH (segment, &sw->segments, link) {
		TAILQ_FOREACH (port, &segment->ports, in_segment)
			names[n++] = port->name;
	}
	fail_unknown("port", name, names, err);
	free(names);
	return NULL;
}

static size_t
count_kinds(const struct vswitch *sw)
{
	size_t n = 0;

	while (sw->config.kinds != NULL && sw->config.kinds[n] != NULL)
		n++;
	return n;
}

void
switch_add_kind(struct vswitch *sw, const struct port_kind *kind)
{
	size_t n = count_kinds(sw);

	sw->kinds = xrealloc(sw->kinds, n + 2, sizeof(struct port_kind *));
	sw->kinds[n] = kind;
	sw->kinds[n + 1] = NULL;
	sw->config.kinds = sw->kinds;
	sw->kinds_generation++;
}

void
switch_remove_kind(struct vswitch *sw, const struct port_kind *kind)
{
	size_t n = 0;

	for (size_t i = 0; sw->kinds[i] != NULL; i++) {
		if (sw->kinds[i] != kind)
			sw->kinds[n++] = sw->kinds[i];
	}
	sw->kinds[n] = NULL;
	sw->kinds_generation++;
}

const struct port_kind *
switch_find_kind(const struct vswitch *sw, const char *name)
{
	const struct port_kind *const *kind = sw->config.kinds;

	while (*kind != NULL && strcmp((*kind)->name, name) != 0)
		kind++;
	return *kind;
}
