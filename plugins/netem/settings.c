/* What is set of which port and segment.  Ports are known by name: what is set
 * of one stays when it goes, and holds when it comes again. */
#include "plugins/netem/netem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TABLE_SIZE_MAX = 256 * 1024 }; /* of a file, bytes */

/* ---- tables ---- */

/* Return: the text, returned owned; NULL with errno set. */
static char *
read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0) {
		errno = !S_ISREG(st.st_mode)	      ? EINVAL
			: st.st_size > TABLE_SIZE_MAX ? EFBIG
						      : 0;
		if (errno == 0)
			text = malloc((size_t)st.st_size + 1);
	}
	if (text != NULL)
		n = read(fd, text, (size_t)st.st_size);
	if (text != NULL && n < 0) {
		free(text);
		text = NULL;
	}
	*size = n > 0 ? (size_t)n : 0;
	close(fd);
	return text;
}

static struct distribution *
read_table(const char *path, char *error, size_t error_size)
{
	size_t size;
	char *text = read_file(path, &size);
	struct distribution *table;
	char why[128];

	if (text == NULL) {
		snprintf(error, error_size, "cannot read %s: %s", path,
			 strerror(errno));
		return NULL;
	}
	table = distribution_parse(text, size, why, sizeof(why));
	if (table == NULL)
		snprintf(error, error_size, "%s: %s", path, why);
	free(text);
	return table;
}

/* The table of @spread, as one reference; NULL is one, too, that of the uniform
 * distribution.  Return: 0; a negative errno with @error set. */
static int
get_table(struct netem *n, const struct spec_spread *spread,
	  struct distribution **table, char *error, size_t error_size)
{
	*table = NULL;
	if (spread->kind == DISTRIBUTION_UNIFORM)
		return 0;
	if (spread->kind == DISTRIBUTION_TABLE) {
		*table = read_table(spread->file, error, error_size);
		return *table != NULL ? 0 : -EINVAL;
	}
	if (n->tables[spread->kind] == NULL)
		n->tables[spread->kind] = distribution_make(spread->kind);
	*table = distribution_ref(n->tables[spread->kind]);
	if (*table != NULL)
		return 0;
	snprintf(error, error_size, "out of memory");
	return -ENOMEM;
}

int
setup_init(struct netem *n, struct setup *setup, const struct spec *spec,
	   char *error, size_t error_size)
{
	int ret;

	*setup = (struct setup){ .spec = *spec };
	ret = get_table(n, &spec->spread, &setup->delays, error, error_size);
	if (ret == 0)
		ret = get_table(n, &spec->slot.spread, &setup->slots, error,
				error_size);
	if (ret < 0)
		setup_fini(setup);
	return ret;
}

void
setup_fini(struct setup *setup)
{
	distribution_unref(setup->delays);
	distribution_unref(setup->slots);
	setup->delays = setup->slots = NULL;
}

static void
setup_copy(struct setup *to, const struct setup *from)
{
	*to = *from;
	distribution_ref(to->delays);
	distribution_ref(to->slots);
}

/* ---- stations ---- */

static struct station *
find_station(const struct netem *n, const char *name)
{
	struct station *s;

	TAILQ_FOREACH (s, &n->stations, link) {
		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

static struct station *
get_station(struct netem *n, const char *name)
{
	struct station *s = find_station(n, name);

	if (s != NULL)
		return s;
	s = calloc(1, sizeof(*s));
	if (s != NULL)
		s->name = strdup(name);
	if (s == NULL || s->name == NULL) {
		free(s);
		return NULL;
	}
	s->port = VL_PORT_NONE;
	TAILQ_INSERT_TAIL(&n->stations, s, link);
	return s;
}

static void
free_side(struct station *s, enum direction d)
{
	if (s->sides[d] == NULL)
		return;
	setup_fini(&s->sides[d]->setup);
	free(s->sides[d]);
	s->sides[d] = NULL;
}

static void
free_station(struct netem *n, struct station *s)
{
	TAILQ_REMOVE(&n->stations, s, link);
	for (enum direction d = IN; d < N_DIRECTIONS; d++)
		free_side(s, d);
	free(s->name);
	free(s);
}

uint32_t
side_n_held(const struct side *side)
{
	return side->lane.n_held + side->n_urgent;
}

/* Forget what nobody needs any more. */
static void
tidy_station(struct netem *n, struct station *s)
{
	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		const struct side *side = s->sides[d];

		if (side != NULL && !side->on && side_n_held(side) == 0)
			free_side(s, d);
	}
	if (s->port == VL_PORT_NONE && s->sides[IN] == NULL &&
	    s->sides[OUT] == NULL)
		free_station(n, s);
}

void
settings_settle(struct netem *n, struct side *side)
{
	if (!side->on && side_n_held(side) == 0)
		tidy_station(n, side->station);
}

/* Nobody pays for hooks while nothing is set. */
static void
update_hooks(struct netem *n)
{
	bool any[N_DIRECTIONS] = { false };

	for (size_t i = 0; i < n->n_present; i++) {
		const struct station *s = n->present[i].station;

		for (enum direction d = IN; d < N_DIRECTIONS; d++)
			any[d] |= s->sides[d] != NULL && s->sides[d]->on;
	}
	vl_hook_enable(n->inst, VL_STAGE_INGRESS, any[IN]);
	vl_hook_enable(n->inst, VL_STAGE_EGRESS, any[OUT]);
}

/* @setup: taken, also on failure.  Return: 0; -ENOMEM. */
static int
apply(struct station *s, enum direction d, struct setup *setup, bool own,
      bool fresh)
{
	const char *name = direction_name(d);
	struct side *side = s->sides[d];

	if (side == NULL) {
		side = calloc(1, sizeof(*side));
		if (side == NULL) {
			setup_fini(setup);
			return -ENOMEM;
		}
		side->station = s;
		side->direction = d;
		lane_init(&side->lane, &side->setup.spec, s->name, name);
		s->sides[d] = side;
		fresh = true;
	}
	setup_fini(&side->setup);
	side->setup = *setup;
	side->lane.table = setup->slots;
	side->on = true;
	side->own = own;
	if (fresh) {
		uint64_t seed = setup->spec.seed;

		impair_init(&side->impair, seed, s->name, name);
		slots_init(&side->lane.slots, seed, s->name, name);
		memset(side->tallies, 0, sizeof(side->tallies));
	}
	return 0;
}

/* ---- segments ---- */

static struct group *
find_group(const struct netem *n, const char *segment)
{
	struct group *g;

	TAILQ_FOREACH (g, &n->groups, link) {
		if (strcmp(g->segment, segment) == 0)
			return g;
	}
	return NULL;
}

static struct group *
get_group(struct netem *n, const char *segment)
{
	struct group *g = find_group(n, segment);

	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g != NULL)
		g->segment = strdup(segment);
	if (g == NULL || g->segment == NULL) {
		free(g);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&n->groups, g, link);
	return g;
}

static void
free_group(struct netem *n, struct group *g)
{
	TAILQ_REMOVE(&n->groups, g, link);
	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		if (g->setups[d] == NULL)
			continue;
		setup_fini(g->setups[d]);
		free(g->setups[d]);
	}
	free(g->segment);
	free(g);
}

static const char *
segment_of(const struct netem *n, const struct station *s)
{
	return vl_segment_name(n->inst, vl_port_segment(n->inst, s->port));
}

/* A port without settings of its own gets those of its segment. */
static int
inherit(struct netem *n, struct station *s, enum direction d, bool fresh)
{
	const char *segment = segment_of(n, s);
	struct side *side = s->sides[d];
	const struct setup *from;
	struct setup setup;

	if (side != NULL && side->on && side->own)
		return 0;
	from = segment != NULL ? settings_find_segment(n, segment, d) : NULL;
	if (from != NULL) {
		setup_copy(&setup, from);
		return apply(s, d, &setup, false, fresh);
	}
	if (side != NULL)
		side->on = false;
	return 0;
}

/* ---- ports come and go ---- */

/* Where @port is in .present, or would be. */
static size_t
find_place(const struct netem *n, uint32_t port)
{
	size_t low = 0, high = n->n_present;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (n->present[mid].port < port)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Return: NULL when it is not in scope. */
static struct station *
find_present(const struct netem *n, uint32_t port)
{
	size_t i = find_place(n, port);

	return i < n->n_present && n->present[i].port == port
		   ? n->present[i].station
		   : NULL;
}

/* Return: 0; -ENOMEM. */
static int
make_present(struct netem *n, struct station *s, uint32_t port)
{
	size_t i = find_place(n, port);

	if (n->n_present == n->present_size) {
		size_t size = n->present_size > 0 ? 2 * n->present_size : 16;
		struct present *present =
		    reallocarray(n->present, size, sizeof(*present));

		if (present == NULL)
			return -ENOMEM;
		n->present = present;
		n->present_size = size;
	}
	memmove(&n->present[i + 1], &n->present[i],
		(n->n_present - i) * sizeof(n->present[0]));
	n->present[i] = (struct present){ port, s };
	n->n_present++;
	s->port = port;
	return 0;
}

static void
add_port(struct netem *n, uint32_t port)
{
	const char *name = vl_port_name(n->inst, port);
	struct station *s = get_station(n, name);
	int ret = s != NULL ? make_present(n, s, port) : -ENOMEM;

	for (enum direction d = IN; ret == 0 && d < N_DIRECTIONS; d++)
		ret = inherit(n, s, d, true);
	if (ret < 0)
		vl_log(n->inst, "no memory: port %s is left alone", name);
}

static void
remove_port(struct netem *n, uint32_t port)
{
	struct station *s = find_present(n, port);
	size_t i = find_place(n, port);

	if (s == NULL)
		return;
	n->n_present--;
	memmove(&n->present[i], &n->present[i + 1],
		(n->n_present - i) * sizeof(n->present[0]));
	s->port = VL_PORT_NONE;
	for (enum direction d = IN; d < N_DIRECTIONS; d++) {
		if (s->sides[d] != NULL && !s->sides[d]->own)
			s->sides[d]->on = false;
	}
	tidy_station(n, s);
}

void
settings_on_port(void *priv, enum vl_port_event event, uint32_t port)
{
	struct netem *n = priv;

	if (event != VL_PORT_ADDED)
		remove_port(n, port);
	if (event != VL_PORT_REMOVED)
		add_port(n, port);
	update_hooks(n);
}

struct side *
settings_find(const struct netem *n, uint32_t port, enum direction direction)
{
	const struct station *s = find_present(n, port);
	struct side *side = s != NULL ? s->sides[direction] : NULL;

	return side != NULL && side->on ? side : NULL;
}

/* ---- what methods ask and do ---- */

int
settings_knows(struct netem *n, const char *name, char *error,
	       size_t error_size)
{
	const struct station *s = find_station(n, name);

	if (s != NULL || vl_port_is_declared(n->inst, name))
		return 0;
	if (vl_port_find(n->inst, name) != VL_PORT_NONE)
		snprintf(error, error_size,
			 "port %s is none of those that %s was loaded for",
			 name, vl_name(n->inst));
	else
		snprintf(error, error_size,
			 "no port is called \"%s\" here; port.show lists them",
			 name);
	return -ENOENT;
}

const struct setup *
settings_find_port(const struct netem *n, const char *name,
		   enum direction direction)
{
	const struct station *s = find_station(n, name);
	const struct side *side = s != NULL ? s->sides[direction] : NULL;

	return side != NULL && side->on && side->own ? &side->setup : NULL;
}

const struct setup *
settings_find_segment(const struct netem *n, const char *segment,
		      enum direction direction)
{
	const struct group *g = find_group(n, segment);

	return g != NULL ? g->setups[direction] : NULL;
}

int
settings_set_port(struct netem *n, const char *name, enum direction direction,
		  struct setup *setup, bool fresh)
{
	struct station *s =
	    setup != NULL ? get_station(n, name) : find_station(n, name);
	int ret = 0;

	if (s == NULL && setup != NULL)
		setup_fini(setup);
	if (s == NULL)
		return setup != NULL ? -ENOMEM : 0;
	if (setup != NULL) {
		ret = apply(s, direction, setup, true, fresh);
	} else if (s->sides[direction] != NULL) {
		s->sides[direction]->on = false;
		if (s->port != VL_PORT_NONE)
			ret = inherit(n, s, direction, true);
	}
	tidy_station(n, s);
	update_hooks(n);
	return ret;
}

/* @setup: as settings_set_segment() */
static int
set_group(struct netem *n, const char *segment, enum direction d,
	  struct setup *setup)
{
	struct group *g =
	    setup != NULL ? get_group(n, segment) : find_group(n, segment);

	if (g == NULL && setup == NULL)
		return 0;
	if (g != NULL && g->setups[d] == NULL && setup != NULL)
		g->setups[d] = calloc(1, sizeof(*setup));
	if (setup != NULL && (g == NULL || g->setups[d] == NULL)) {
		setup_fini(setup);
		return -ENOMEM;
	}
	if (g->setups[d] != NULL)
		setup_fini(g->setups[d]);
	if (setup != NULL) {
		*g->setups[d] = *setup;
	} else {
		free(g->setups[d]);
		g->setups[d] = NULL;
	}
	if (g->setups[IN] == NULL && g->setups[OUT] == NULL)
		free_group(n, g);
	return 0;
}

int
settings_set_segment(struct netem *n, const char *segment,
		     enum direction direction, struct setup *setup, bool fresh)
{
	int ret = set_group(n, segment, direction, setup);

	for (size_t i = 0; ret == 0 && i < n->n_present; i++) {
		struct station *s = n->present[i].station;

		const char *of = segment_of(n, s);

		if (of == NULL || strcmp(of, segment) != 0)
			continue;
		ret = inherit(n, s, direction, fresh);
		tidy_station(n, s);
	}
	update_hooks(n);
	return ret;
}

void
settings_free(struct netem *n)
{
	struct station *s;
	struct group *g;

	while ((s = TAILQ_FIRST(&n->stations)) != NULL)
		free_station(n, s);
	while ((g = TAILQ_FIRST(&n->groups)) != NULL)
		free_group(n, g);
	free(n->present);
}
