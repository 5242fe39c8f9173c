/* plug: one of the guests' interfaces, plugged into the run's switch, and what
 * is between the two. */
#ifndef DRIVER_WIRE_PLUG_H
#define DRIVER_WIRE_PLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <jansson.h>

#include "lib/mac.h"

enum plug_kind {
	PLUG_DGRAM,  /* a pair of sockets */
	PLUG_STREAM, /* the switch connects */
	PLUG_VHOST,  /* likewise; frames go through the guest's memory */
	PLUG_VDE,    /* the guest does */
};

struct plug {
	TAILQ_ENTRY(plug) entry;
	char *port;  /* owned */
	size_t vlan; /* which segment */
	enum plug_kind kind;
	int fd;		/* the switch's end; owned; -1 */
	char *path;	/* where the guest's end listens; owned; NULL */
	struct mac mac; /* of a VDE client */
	bool adding;	/* the switch has not answered yet */
};

TAILQ_HEAD(plug_list, plug);

/** plug_new() - @fd, @path: taken; returned owned by the list, at its end */
struct plug *plug_new(struct plug_list *list, enum plug_kind kind,
		      const char *port, size_t vlan, int fd, char *path);
/** plug_free() - also the socket at its path, which may be gone already */
void plug_free(struct plug_list *list, struct plug *plug);
/** plug_find() - Return: borrowed; NULL. */
struct plug *plug_find(const struct plug_list *list, const char *port);
/** plug_params() - what makes its port on @segment; returned owned */
json_t *plug_params(const struct plug *plug, const char *segment);

#endif /* DRIVER_WIRE_PLUG_H */
