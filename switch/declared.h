/*
 * declared: ports that will come.  By what their peers are known, and what they
 * are to be: so that whoever attaches is at its place, under its name and with
 * its settings, before its first frame is forwarded.
 *
 * A peer is known by what it says when it attaches and by what the kernel says
 * of it; or by the source address of its first frame.  Where a declared port is
 * awaited by address, newcomers that could be it, and of which no other
 * declaration says more, are in limbo until they send: nothing reaches them,
 * nobody sees them.
 */
#ifndef SWITCH_DECLARED_H
#define SWITCH_DECLARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/mac.h"
#include "switch/port.h"
#include "switch/segment.h"

struct err;
struct frame;
struct port_setting; /* of switch/port-settings */
struct vswitch;

enum { DECLARED_MAX = 4096, DECLARED_KIND_SIZE = 32 };

/* All that is given must be so. */
struct declared_match {
	char socket[SEGMENT_NAME_SIZE]; /* by whose sockets it comes */
	char kind[DECLARED_KIND_SIZE];	/* or "" */
	char description[128];		/* a pattern of fnmatch(3), or "" */
	int64_t number;			/* that it asks for, or -1 */
	int64_t uid;			/* or -1 */
	bool has_mac;
	struct mac mac; /* source of its first frame */
};

struct declared_port {
	char name[PORT_NAME_SIZE];
	char segment[SEGMENT_NAME_SIZE]; /* where it will be */
	struct declared_match match;
	uint32_t mtu;
	port_id_t port; /* PORT_NONE while it is absent */
	TAILQ_HEAD(port_setting_list, port_setting) settings;
	size_t n_settings;
	TAILQ_ENTRY(declared_port) link;
};

/**
 * declared_add() - @wanted: copied, but for .port and .settings
 *
 * A port that has its name by an earlier declaration keeps it; it is removed
 * when it is not on .segment, or has another MTU.
 * Return: borrowed; NULL with @err set: the name is taken, or the same peers
 *         are declared already.
 */
struct declared_port *declared_add(struct vswitch *sw,
				   const struct declared_port *wanted,
				   struct err *err);
/** declared_remove() - a port that is there stays, under its name */
void declared_remove(struct vswitch *sw, struct declared_port *d);
struct declared_port *declared_find(const struct vswitch *sw, const char *name);

/** declared_place() - a newcomer's port, not attached yet, becomes the declared
 * port that it is, or an ordinary one, or waits in limbo
 * Return: 0; -errno with @err set: it cannot be what it is declared to be. */
int declared_place(struct port *port, struct err *err);
/** declared_identify() - @port, in limbo, has sent @frames
 * Return: is it attached now?  If not, @frames are dropped, or on a lane with a
 * thread handed in by the control thread. */
bool declared_identify(struct port *port, struct frame **frames, size_t n);
/** declared_release() - @port goes; its declaration waits for the next */
void declared_release(struct port *port);
/** declared_leave_limbo() - @port, in limbo, goes; to be freed by the caller */
void declared_leave_limbo(struct port *port);

#endif /* SWITCH_DECLARED_H */
