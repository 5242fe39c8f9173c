#include "switch/declared.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/frame.h"
#include "switch/switch.h"

/* ---- the list ---- */

struct declared_port *
declared_find(const struct vswitch *sw, const char *name)
{
	struct declared_port *d;

	TAILQ_FOREACH (d, &sw->declared, link) {
		if (strcmp(d->name, name) == 0)
			return d;
	}
	return NULL;
}

static bool
same_match(const struct declared_match *a, const struct declared_match *b)
{
	return strcmp(a->socket, b->socket) == 0 &&
	       strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->description, b->description) == 0 &&
	       a->number == b->number && a->uid == b->uid &&
	       a->has_mac == b->has_mac &&
	       (!a->has_mac || mac_eq(&a->mac, &b->mac));
}

static int
check_new(const struct vswitch *sw, const struct declared_port *wanted,
	  struct err *err)
{
	const struct declared_port *d;
	size_t n = 0;

	if (!port_name_is_valid(wanted->name))
		return err_set(err, -EINVAL, "\"%s\" is no name for a port",
			       wanted->name);
	TAILQ_FOREACH (d, &sw->declared, link) {
		n++;
		if (strcmp(d->name, wanted->name) == 0)
			return err_set(err, -EEXIST,
				       "port %s is declared already", d->name);
		if (same_match(&d->match, &wanted->match))
			return err_set(err, -EEXIST,
				       "port %s is declared for the same "
				       "peers: what tells them apart?",
				       d->name);
	}
	if (n >= DECLARED_MAX)
		return err_set(err, -ENOSPC, "at most %d ports can be declared",
			       DECLARED_MAX);
	return 0;
}

/* A port does not change to another worker. */
static int
check_workers(const struct vswitch *sw, const struct declared_port *wanted,
	      struct err *err)
{
	const struct segment *to = switch_find_segment(sw, wanted->segment);
	const struct segment *from =
	    switch_find_segment(sw, wanted->match.socket);

	if (to == NULL || from == NULL || to->lane == from->lane)
		return 0;
	return err_set(err, -EXDEV,
		       "peers of segment %s, on worker %u, cannot become ports "
		       "of segment %s, on worker %u: put both on one",
		       from->name, from->lane->number, to->name,
		       to->lane->number);
}

/* A port of this name that is there already.  Return: 0 and *@port, NULL when
 * there is none that stays; -EEXIST. */
static int
take_over(struct vswitch *sw, const struct declared_port *wanted,
	  struct port **port, struct err *err)
{
	*port = switch_find_port(sw, wanted->name);
	if (*port == NULL)
		return 0;
	if (!(*port)->declared)
		return err_set(err, -EEXIST,
			       "there is a port %s already, which was not "
			       "declared",
			       wanted->name);
	if (strcmp((*port)->segment->name, wanted->segment) == 0 &&
	    (*port)->mtu == wanted->mtu && !(*port)->gone)
		return 0;
	switch_remove_port(*port, "it is declared otherwise now");
	*port = NULL;
	return 0;
}

struct declared_port *
declared_add(struct vswitch *sw, const struct declared_port *wanted,
	     struct err *err)
{
	struct declared_port *d;
	struct port *port;

	if (check_new(sw, wanted, err) < 0 ||
	    check_workers(sw, wanted, err) < 0 ||
	    take_over(sw, wanted, &port, err) < 0)
		return NULL;
	d = XNEW(struct declared_port);
	*d = *wanted;
	TAILQ_INIT(&d->settings);
	d->n_settings = 0;
	d->port = port != NULL ? port->id : PORT_NONE;
	TAILQ_INSERT_TAIL(&sw->declared, d, link);
	return d;
}

void
declared_remove(struct vswitch *sw, struct declared_port *d)
{
	assert(TAILQ_EMPTY(&d->settings));
	TAILQ_REMOVE(&sw->declared, d, link);
	free(d);
}

/* ---- matching ---- */

/* How many things @port is asked for and is; -1: it is not what @match wants.
 * The address is not looked at. */
static int
match_score(const struct declared_match *match, const struct port *port)
{
	const struct port_peer *peer = &port->peer;
	int score = 0;

	if (strcmp(match->socket, port->segment->name) != 0)
		return -1;
	if (match->kind[0] != '\0') {
		if (strcmp(match->kind, port->kind->name) != 0)
			return -1;
		score++;
	}
	if (match->description[0] != '\0') {
		if (fnmatch(match->description, peer->description, 0) != 0)
			return -1;
		score++;
	}
	if (match->number >= 0) {
		if (match->number != peer->number)
			return -1;
		score++;
	}
	if (match->uid >= 0) {
		/* without a pid nobody knows whose it is */
		if (peer->pid == 0 || match->uid != peer->uid)
			return -1;
		score++;
	}
	return score;
}

/* The absent one that says most of @port, the first of equal ones; or NULL.
 * @mac:   of its first frame; NULL: those that want one do not match
 * @score: out, without the address; -1 = none */
static struct declared_port *
find_match(const struct port *port, const struct mac *mac, int *score)
{
	struct declared_port *d, *best = NULL;

	*score = -1;
	TAILQ_FOREACH (d, &port->sw->declared, link) {
		bool by_mac = d->match.has_mac;
		int s =
		    d->port == PORT_NONE ? match_score(&d->match, port) : -1;

		if (s < 0 ||
		    (by_mac && (mac == NULL || !mac_eq(&d->match.mac, mac))))
			continue;
		/* an address is more than all the rest */
		if (best == NULL || by_mac > best->match.has_mac ||
		    (by_mac == best->match.has_mac && s > *score)) {
			best = d;
			*score = s;
		}
	}
	return best;
}

/* The same of those awaited by address that @port could be; -1 = none. */
static int
awaited_score(const struct port *port)
{
	const struct declared_port *d;
	int best = -1;

	TAILQ_FOREACH (d, &port->sw->declared, link) {
		int s = d->port == PORT_NONE && d->match.has_mac
			    ? match_score(&d->match, port)
			    : -1;

		if (s > best)
			best = s;
	}
	return best;
}

/* ---- newcomers ---- */

/* @port becomes @d's. */
static int
become(struct port *port, struct declared_port *d, struct err *err)
{
	struct segment *segment = switch_find_segment(port->sw, d->segment);

	if (segment == NULL)
		return err_set(err, -ENOENT,
			       "it is port %s by declaration, on segment %s, "
			       "which is not there",
			       d->name, d->segment);
	/* All that it has is on the loop of where it attached. */
	if (segment->lane != port->lane)
		return err_set(err, -EXDEV,
			       "it is port %s by declaration, on segment %s, "
			       "which is on worker %u, and peers of %s are on "
			       "worker %u: put both segments on one",
			       d->name, d->segment, segment->lane->number,
			       port->segment->name, port->lane->number);
	hook_site_fini(&port->site);
	hook_site_init(&port->site, segment->id, port->id);
	snprintf(port->name, sizeof(port->name), "%s", d->name);
	port->segment = segment;
	port->mtu = d->mtu;
	port->declared = true;
	d->port = port->id;
	return 0;
}

int
declared_place(struct port *port, struct err *err)
{
	struct vswitch *sw = port->sw;
	int score, awaited = awaited_score(port), ret;
	struct declared_port *d = find_match(port, NULL, &score);

	/* What it says of itself may be more than what is awaited. */
	if (awaited >= 0 && awaited >= score) {
		port->limbo = true;
		TAILQ_INSERT_TAIL(&sw->limbo, port, in_segment);
		sw->n_limbo++;
		log_debug("port %s of segment %s waits for its first frame",
			  port->name, port->segment->name);
		return 0;
	}
	ret = d != NULL ? become(port, d, err) : 0;
	if (ret == 0)
		switch_attach_port(port);
	return ret;
}

void
declared_leave_limbo(struct port *port)
{
	struct vswitch *sw = port->sw;

	assert(port->limbo);
	port->limbo = false;
	TAILQ_REMOVE(&sw->limbo, port, in_segment);
	sw->n_limbo--;
}

static void
drop_all(struct port *port, enum drop_reason reason, struct frame **frames,
	 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		port_rx_drop(port, reason, 1, frames[i]->len);
		frame_unref(frames[i]);
	}
}

/* Frames of a port in limbo, which the control thread looks at. */
struct first_frames {
	struct news news; /* first */
	port_id_t port;
	size_t n;
	struct frame *frames[FRAME_BATCH];
};

/* Return: NULL when the port is gone. */
static struct port *
find_sender(struct lane *lane, port_id_t id)
{
	struct port *port;

	TAILQ_FOREACH (port, &lane->sw->limbo, in_segment) {
		if (port->id == id)
			return port;
	}
	return lane_port(lane, id); /* it has been recognized meanwhile */
}

static void
hand_in(struct lane *lane, struct news *news)
{
	struct first_frames *first = (struct first_frames *)news;
	struct port *port = find_sender(lane, first->port);

	if (port != NULL)
		port_input(port, first->frames, first->n);
	for (size_t i = 0; port == NULL && i < first->n; i++)
		frame_unref(first->frames[i]);
	free(first);
}

/* All that these may change is the control thread's. */
static void
leave_to_control(struct port *port, struct frame **frames, size_t n)
{
	struct first_frames *first;

	if (!lane_has_room(port->lane)) {
		drop_all(port, DROP_QUEUE_FULL, frames, n);
		return;
	}
	first = XNEW(struct first_frames);
	first->news.tell = hand_in;
	first->port = port->id;
	for (; first->n < n; first->n++) {
		frame_gather(frames[first->n]);
		first->frames[first->n] = frames[first->n];
	}
	lane_post(port->lane, &first->news);
}

bool
declared_identify(struct port *port, struct frame **frames, size_t n)
{
	struct err err = ERR_INIT;
	struct declared_port *d;
	struct mac mac;
	size_t i = 0;
	int score;

	if (lane_is_away(port->lane)) {
		leave_to_control(port, frames, n);
		return false;
	}
	while (i < n && frames[i]->len < FRAME_LEN_MIN)
		i++;
	if (i == n || port->gone) {
		drop_all(port, port->gone ? DROP_PORT_GONE : DROP_RUNT, frames,
			 n);
		return false;
	}
	mac = mac_from_bytes(frames[i]->data + MAC_LEN);
	d = find_match(port, &mac, &score);
	if (d != NULL && become(port, d, &err) < 0) {
		drop_all(port, DROP_PORT_GONE, frames, n);
		port_gone(port, "%s", err.text);
		return false;
	}
	declared_leave_limbo(port);
	if (d == NULL)
		switch_name_port(port);
	switch_attach_port(port);
	return true;
}

void
declared_release(struct port *port)
{
	struct declared_port *d;

	TAILQ_FOREACH (d, &port->sw->declared, link) {
		if (d->port == port->id)
			d->port = PORT_NONE;
	}
}
