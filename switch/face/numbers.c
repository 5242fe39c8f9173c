#include "config.h"

#include "switch/face/numbers.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/face/debug.h"
#include "switch/face/face.h"
#include "switch/face/tree.h"
#include "switch/fdb.h"
#include "switch/segment.h"
#include "switch/switch.h"

enum { GROUPS_MAX = 1024 }; /* of a client that are looked at */

struct numbers {
	struct face *face; /* borrowed */
	uint32_t n;
	struct numbered **ports; /* n, NULL for those not made */
	struct port_numbering numbering;
	struct switch_observer observer;
};

/* ---- the table ---- */

uint32_t
numbers_count(const struct numbers *numbers)
{
	return numbers->n;
}

struct numbered *
numbers_get(const struct numbers *numbers, uint32_t number)
{
	return number < numbers->n ? numbers->ports[number] : NULL;
}

static struct numbered *
make(struct numbers *numbers, uint32_t number)
{
	struct numbered *np = XNEW(struct numbered);

	assert(number < numbers->n && numbers->ports[number] == NULL);
	np->number = number;
	np->user = NUMBERED_ANYBODY;
	np->group = NUMBERED_ANYBODY;
	vid_rules_init(&np->vids, 0);
	numbers->ports[number] = np;
	face_debug(numbers->face, DEBUG_PORT_NEW, "%02" PRIu32, number);
	return np;
}

int64_t
numbers_make(struct numbers *numbers, uint32_t number)
{
	if (number >= numbers->n)
		return -EINVAL;
	if (number == 0) {
		for (number = 1; numbers_get(numbers, number) != NULL;)
			number++;
		if (number >= numbers->n)
			return -ENOSPC;
	}
	if (numbers->ports[number] != NULL)
		return -EEXIST;
	make(numbers, number)->reserved = true;
	return number;
}

struct numbered *
numbers_need(struct numbers *numbers, uint32_t number)
{
	struct numbered *np = numbers_get(numbers, number);

	if (np == NULL && number != 0 && number < numbers->n) {
		np = make(numbers, number);
		np->reserved = true;
	}
	return np;
}

int
numbers_remove(struct numbers *numbers, uint32_t number)
{
	struct numbered *np = numbers_get(numbers, number);

	if (np == NULL)
		return -ENXIO;
	if (np->port != NULL)
		return -EADDRINUSE;
	numbers->ports[number] = NULL;
	free(np);
	return 0;
}

int
numbers_resize(struct numbers *numbers, uint32_t n)
{
	assert(n >= 1 && n <= FACE_PORTS_MAX);
	for (uint32_t i = n; i < numbers->n; i++) {
		if (numbers->ports[i] != NULL)
			return -EADDRINUSE;
	}
	numbers->ports = xrealloc(numbers->ports, n, sizeof(struct numbered *));
	for (uint32_t i = numbers->n; i < n; i++)
		numbers->ports[i] = NULL;
	numbers->n = n;
	return 0;
}

/* ---- who may have which ---- */

static bool
is_in_group(const struct port_peer *peer, int ctl_fd, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (peer->gid == group)
		return true;
	if (getsockopt(ctl_fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

static bool
is_allowed(const struct numbered *np, const struct port_peer *peer, int ctl_fd)
{
	if (np->user == NUMBERED_ANYBODY && np->group == NUMBERED_ANYBODY)
		return true;
	if (peer->uid == 0)
		return true;
	if (np->user != NUMBERED_ANYBODY && np->user == peer->uid)
		return true;
	return np->group != NUMBERED_ANYBODY &&
	       is_in_group(peer, ctl_fd, np->group);
}

/* Is it for somebody who does not care which he gets?  @peer: NULL for what
 * the switch itself attaches. */
static bool
is_free(const struct numbers *numbers, uint32_t number,
	const struct port_peer *peer, int ctl_fd)
{
	const struct numbered *np = numbers->ports[number];

	if (np == NULL)
		return true;
	return np->port == NULL && !np->reserved &&
	       (peer == NULL || is_allowed(np, peer, ctl_fd));
}

/* Return: 0 when there is none. */
static uint32_t
find_free(const struct numbers *numbers, const struct port_peer *peer,
	  int ctl_fd)
{
	for (uint32_t i = 1; i < numbers->n; i++) {
		if (is_free(numbers, i, peer, ctl_fd))
			return i;
	}
	return 0;
}

static int
assign(void *arg, const struct port_peer *peer, int ctl_fd, uint32_t wanted,
       uint32_t *number, struct err *err)
{
	struct numbers *numbers = arg;
	const struct numbered *np;

	*number = wanted != 0 ? wanted : find_free(numbers, peer, ctl_fd);
	if (*number == 0)
		return err_set(err, -ENOSPC,
			       "none of the ports 1 to %" PRIu32 " is free "
			       "(port/setnumports makes more)",
			       numbers->n - 1);
	if (*number >= numbers->n)
		return err_set(err, -ERANGE,
			       "there is no port %" PRIu32 ", the last is "
			       "%" PRIu32 " (port/setnumports makes more)",
			       *number, numbers->n - 1);
	np = numbers->ports[*number];
	if (np == NULL)
		make(numbers, *number);
	else if (np->port != NULL && np->port->kind->drop_client == NULL)
		return err_set(err, -EADDRINUSE,
			       "port %" PRIu32 " is %s, which nobody can share",
			       *number, np->port->name);
	else if (np->port == NULL && !is_allowed(np, peer, ctl_fd))
		return err_set(err, -EPERM,
			       "port %" PRIu32 " is not for user %u (see "
			       "port/setuser and port/setgroup)",
			       *number, (unsigned)peer->uid);
	return 0;
}

/* ---- VLANs ---- */

static void
apply_vids(struct numbered *np)
{
	if (np->port != NULL)
		*port_own_vid_rules(np->port) = np->vids;
}

/* What was learned by other rules is forgotten. */
static void
forget_addresses(struct numbered *np)
{
	if (np->port != NULL)
		fdb_flush_port(np->port->segment->fdb, np->port->id);
}

void
numbered_set_untagged(struct numbered *np, uint16_t vid)
{
	if (np->vids.pvid != VID_NONE)
		vid_rules_del(&np->vids, np->vids.pvid, np->vids.pvid);
	if (vid != VID_NONE)
		vid_rules_add(&np->vids, vid, vid, true, true);
	apply_vids(np);
	forget_addresses(np);
}

void
numbered_set_tagged(struct numbered *np, uint16_t vid, bool member)
{
	assert(vid != np->vids.pvid);
	if (member)
		vid_rules_add(&np->vids, vid, vid, false, false);
	else
		vid_rules_del(&np->vids, vid, vid);
	apply_vids(np);
	if (!member)
		forget_addresses(np);
}

/* ---- who comes and goes ---- */

/* The number that assign() gave to it, 0 for a port that did not ask: what else
 * has a number, has it elsewhere. */
static uint32_t
number_asked(const struct port *port)
{
	uint32_t number;
	json_t *obj;

	if (port->kind->drop_client == NULL || port->kind->describe == NULL)
		return 0;
	obj = json_object();
	port->kind->describe(port->priv, obj);
	number = (uint32_t)json_int_or(obj, "number", 0);
	json_decref(obj);
	return number;
}

static struct numbered *
find_port(const struct numbers *numbers, const struct port *port)
{
	for (uint32_t i = 0; i < numbers->n; i++) {
		struct numbered *np = numbers->ports[i];

		if (np != NULL && np->port == port)
			return np;
	}
	return NULL;
}

uint32_t
numbers_of(const struct numbers *numbers, port_id_t id)
{
	const struct port *port = switch_port(numbers->face->sw, id);
	const struct numbered *np =
	    port != NULL ? find_port(numbers, port) : NULL;

	return np != NULL ? np->number : 0;
}

static void
debug_client(struct numbers *numbers, const struct numbered *np, unsigned id,
	     const char *description)
{
	face_debug(numbers->face, DEBUG_CLIENT_NEW, "Port %02" PRIu32 " FD %2u",
		   np->number, id);
	face_debug(numbers->face, DEBUG_PORT_DESCRIPTION,
		   "Port %02" PRIu32 " FD %2u -> \"%s\"", np->number, id,
		   description);
}

static void
on_client_added(struct port *port, unsigned id, const struct port_peer *peer,
		void *arg)
{
	struct numbers *numbers = arg;
	const struct numbered *np = find_port(numbers, port);

	if (np != NULL)
		debug_client(numbers, np, id, peer->description);
}

static void
debug_client_gone(struct numbers *numbers, const struct numbered *np,
		  unsigned id)
{
	face_debug(numbers->face, DEBUG_CLIENT_GONE,
		   "Port %02" PRIu32 " FD %2u", np->number, id);
}

static void
on_client_removed(struct port *port, unsigned id, void *arg)
{
	struct numbers *numbers = arg;
	const struct numbered *np = find_port(numbers, port);

	if (np != NULL)
		debug_client_gone(numbers, np, id);
}

static void
on_port_added(struct port *port, void *arg)
{
	struct numbers *numbers = arg;
	uint32_t number = number_asked(port);
	struct numbered *np;

	/* It may have been in limbo while the last ones were removed. */
	if (number == 0 || number >= numbers->n)
		number = find_free(numbers, NULL, -1);
	if (number == 0) {
		port_gone(port, "no number of 1 to %" PRIu32 " is free",
			  numbers->n - 1);
		return;
	}
	np = numbers->ports[number];
	if (np == NULL)
		np = make(numbers, number);
	np->port = port;
	apply_vids(np);
	tree_configure_port(numbers->face, np);
	if (port->kind->drop_client == NULL)
		debug_client(numbers, np, port->id, port->name);
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	struct numbers *numbers = arg;
	struct numbered *np = find_port(numbers, port);

	(void)reason;
	if (np == NULL)
		return;
	if (port->kind->drop_client == NULL)
		debug_client_gone(numbers, np, port->id);
	face_debug(numbers->face, DEBUG_PORT_GONE, "%02" PRIu32, np->number);
	/* While its number is known: somebody may be told. */
	fdb_flush_port(port->segment->fdb, port->id);
	np->offset = numbered_read_traffic(np);
	np->port = NULL;
	np->last_state = RSTP_DISCARDING;
	np->last_role = RSTP_ROLE_DISABLED;
}

static void
on_port_stp(struct port *port, void *arg)
{
	struct numbers *numbers = arg;
	struct numbered *np = find_port(numbers, port);

	if (np != NULL)
		tree_port_changed(numbers->face, np);
}

/* ---- traffic ---- */

struct numbered_traffic
numbered_read_traffic(const struct numbered *np)
{
	struct numbered_traffic t = np->offset;

	if (np->port != NULL) {
		struct port_counters c = port_read_counters(np->port);

		t.rx_frames += c.rx_frames;
		t.rx_bytes += c.rx_bytes;
		t.tx_frames += c.tx_frames;
		t.tx_bytes += c.tx_bytes;
	}
	return t;
}

void
numbered_reset_traffic(struct numbered *np)
{
	struct numbered_traffic t = numbered_read_traffic(np);

	np->offset.rx_frames -= t.rx_frames;
	np->offset.rx_bytes -= t.rx_bytes;
	np->offset.tx_frames -= t.tx_frames;
	np->offset.tx_bytes -= t.tx_bytes;
}

/* ---- life ---- */

struct numbers *
numbers_new(struct face *face, uint32_t n)
{
	struct numbers *numbers = XNEW(struct numbers);

	assert(TAILQ_EMPTY(&face->segment->ports));
	numbers->face = face;
	(void)numbers_resize(numbers, n);
	numbers->numbering =
	    (struct port_numbering){ .assign = assign, .arg = numbers };
	face->segment->numbering = &numbers->numbering;
	numbers->observer = (struct switch_observer){
		.port_added = on_port_added,
		.port_removed = on_port_removed,
		.port_stp = on_port_stp,
		.client_added = on_client_added,
		.client_removed = on_client_removed,
		.arg = numbers,
	};
	switch_observer_add(face->sw, &numbers->observer);
	return numbers;
}

void
numbers_free(struct numbers *numbers)
{
	if (numbers == NULL)
		return;
	switch_observer_remove(numbers->face->sw, &numbers->observer);
	numbers->face->segment->numbering = NULL;
	for (uint32_t i = 0; i < numbers->n; i++)
		free(numbers->ports[i]);
	free(numbers->ports);
	free(numbers);
}
