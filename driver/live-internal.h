/* live-internal: what the parts of a plan brought to life share. */
#ifndef DRIVER_LIVE_INTERNAL_H
#define DRIVER_LIVE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "driver/lab/plan.h"
#include "driver/live.h"

struct live_node {
	struct live *live;
	size_t index;
	const struct plan_node *plan; /* .wired */
	struct plan_node wired;	      /* the plan's, but .net is chosen */
	struct machine *machine;      /* owned */
	FILE *serial;		      /* owned; the serial log */
	struct start *starting;	      /* a start under way, or NULL */
};

struct live {
	struct live_spec spec; /* all borrowed */
	struct machine_host host;
	struct network *net;	     /* owned */
	bool has_lost_switch;	     /* ever */
	struct snapshots *snapshots; /* owned; NULL: every machine boots */
	struct live_node *nodes;     /* plan->n_nodes, owned */
};

/* ---- live-start.c ---- */

/** live_start_heard() - a machine does something while it goes on from a saved
 * state; Return: true when nobody else need hear of it */
bool live_start_heard(struct live_node *node, enum machine_event event);
/** live_start_abandon() - the machine is about to go */
void live_start_abandon(struct live_node *node);
/** live_start_forget() - there is no network any more, so no answer either */
void live_start_forget(struct live_node *node);

#endif /* DRIVER_LIVE_INTERNAL_H */
