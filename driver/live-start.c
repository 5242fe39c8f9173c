/*
 * live-start: a machine is started: first a state to go on from, then its
 * interfaces are plugged in, then QEMU.
 */
#include "driver/live-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "driver/vm/image.h"
#include "driver/vm/qemu-args.h"
#include "driver/vm/snapshot.h"
#include "driver/wire/network.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

struct start {
	struct live_node *node; /* borrowed */
	bool abandoned;		/* the machine is gone meanwhile */
	bool allow_reboot;
	struct qemu_nic nics[PLAN_NICS_MAX]; /* .fd owned */
	size_t n_nics;
	size_t n_replies_due;
	struct err err;		  /* the first failure */
	struct starter *starters; /* owned */
	struct snapshot snapshot; /* owned */
	bool is_copy;		  /* it is of .snapshot, not of .saved */
	struct machine_origin saved;
	bool restoring; /* QEMU runs, and goes on from a state */
};

/* Somebody who wants the machine started. */
struct starter {
	struct starter *next;
	live_started_fn *done;
	void *arg; /* borrowed */
};

static void
close_nics(struct start *start)
{
	for (size_t i = 0; i < start->n_nics; i++)
		if (start->nics[i].fd >= 0)
			close(start->nics[i].fd);
	start->n_nics = 0;
}

static void
start_free(struct start *start)
{
	close_nics(start);
	snapshot_fini(&start->snapshot);
	while (start->starters != NULL) {
		struct starter *starter = start->starters;

		start->starters = starter->next;
		free(starter);
	}
	free(start);
}

static void
end_start(struct start *start)
{
	struct live_node *node = start->node;

	node->starting = NULL;
	if (!start->abandoned)
		for (struct starter *s = start->starters; s != NULL;
		     s = s->next)
			s->done(start->err.code != 0 ? &start->err : NULL,
				s->arg);
	start_free(start);
}

static void
start_qemu(struct start *start)
{
	const struct qemu_ram ram = { .fd = start->snapshot.ram_fd };
	struct machine_origin origin = start->saved;

	if (start->is_copy)
		origin = (struct machine_origin){
			.ram = &ram,
			.state_fd = start->snapshot.state_fd,
			.without_ram = true,
			.shell = &start->snapshot.shell,
			.is_copy = true,
			.console = start->snapshot.console,
		};
	start->restoring = origin.state_fd >= 0;
	if (machine_start_from(start->node->machine, start->nics,
			       start->allow_reboot, &origin, &start->err) < 0)
		start->restoring = false;
}

static void
finish_start(struct start *start)
{
	if (!start->abandoned && start->err.code == 0)
		start_qemu(start);
	/* Else live_start_heard() goes on. */
	if (start->abandoned || !start->restoring)
		end_start(start);
}

static void
on_port_added(const json_t *result, const struct err *err, void *arg)
{
	struct start *start = arg;

	if (result == NULL && start->err.code == 0)
		start->err = *err;
	if (--start->n_replies_due == 0)
		finish_start(start);
}

static size_t
vlan_index(const struct plan *plan, unsigned vlan)
{
	size_t i = 0;

	while (plan->vlans[i] != vlan)
		i++;
	return i;
}

/* Return: 0; -errno with @err set: there will be no answer. */
static int
plug_in(struct live *live, struct start *start, const struct plan_nic *nic,
	struct err *err)
{
	const struct plan_node *plan = start->node->plan;
	struct qemu_nic *end = &start->nics[start->n_nics];
	size_t vlan = vlan_index(live->spec.plan, nic->vlan);
	enum plan_net net =
	    plan->start_command != NULL ? PLAN_NET_VDE : plan->net;
	int ret;

	*end = (struct qemu_nic){ .fd = -1 };
	switch (net) {
	case PLAN_NET_VDE:
		ret = network_declare(live->net, nic->port, vlan, &nic->mac,
				      on_port_added, start, err);
		break;
	case PLAN_NET_VHOST:
		end->path = network_plug_vhost(live->net, nic->port, vlan,
					       on_port_added, start, err);
		ret = end->path != NULL ? 0 : -EIO;
		break;
	case PLAN_NET_STREAM:
		ret = end->fd = network_plug_listener(
		    live->net, nic->port, vlan, on_port_added, start, err);
		break;
	default:
		ret = end->fd = network_plug(live->net, nic->port, vlan,
					     on_port_added, start, err);
	}
	if (ret < 0)
		return ret;
	start->n_nics++;
	return 0;
}

static void
plug_all_in(struct start *start)
{
	const struct plan_node *plan = start->node->plan;

	close_nics(start);
	/* One more than there are, so that the last reply cannot come before
	 * the last request. */
	start->n_replies_due = plan->n_nics + 1;
	for (size_t n = 0; n < plan->n_nics; n++) {
		struct err err = ERR_INIT;

		if (plug_in(start->node->live, start, &plan->nics[n], &err) < 0)
			on_port_added(NULL, &err, start);
	}
	on_port_added(json_null(), NULL, start);
}

/* Why it has to boot, or what it goes on from. */
static void
log_start(struct live_node *node, const char *text)
{
	event_log_add(node->live->spec.log, "machine.snapshot", "s:s, s:o",
		      "machine", node->plan->name, "text",
		      json_text(text, strlen(text)));
}

static void
on_snapshot(struct snapshot *snapshot, const char *why, void *arg)
{
	struct start *start = arg;
	char *text;

	if (snapshot != NULL) {
		start->snapshot = *snapshot;
		start->is_copy = true;
		log_start(start->node, "goes on from a saved state");
	} else {
		text = xasprintf("boots: %s", why);
		log_start(start->node, text);
		free(text);
	}
	plug_all_in(start);
}

/* The state was no good: such machines boot. */
static void
start_again(struct start *start, const char *error)
{
	struct live_node *node = start->node;
	struct live *live = node->live;
	char *text = xasprintf("boots after all: its saved state was no good: "
			       "%s",
			       error);

	log_start(node, text);
	free(text);
	snapshots_reject(live->snapshots, node->plan,
			 &live->spec.images[node->index], error);
	snapshot_fini(&start->snapshot);
	start->is_copy = start->restoring = false;
	plug_all_in(start);
}

bool
live_start_heard(struct live_node *node, enum machine_event event)
{
	struct start *start = node->starting;
	const char *error = machine_restore_error(node->machine);

	if (start == NULL || !start->restoring)
		return false;
	if (event == MACHINE_ENDED && error != NULL && start->is_copy) {
		start_again(start, error);
		return true;
	}
	if (event == MACHINE_ENDED && error != NULL)
		err_set(&start->err, -EIO, "%s", error);
	if (event == MACHINE_READY || event == MACHINE_LOADED ||
	    event == MACHINE_ENDED)
		end_start(start);
	return event == MACHINE_LOADED;
}

void
live_start_abandon(struct live_node *node)
{
	if (node->starting != NULL)
		node->starting->abandoned = true;
}

void
live_start_forget(struct live_node *node)
{
	if (node->starting != NULL)
		start_free(node->starting);
}

static void
add_starter(struct start *start, live_started_fn *done, void *arg)
{
	struct starter **link = &start->starters;

	while (*link != NULL)
		link = &(*link)->next;
	*link = XNEW(struct starter);
	**link = (struct starter){ .done = done, .arg = arg };
}

static struct start *
start_new(struct live_node *node, bool allow_reboot, live_started_fn *done,
	  void *arg)
{
	struct start *start = XNEW(struct start);

	start->node = node;
	start->allow_reboot = allow_reboot;
	start->snapshot = (struct snapshot){ .ram_fd = -1, .state_fd = -1 };
	start->saved = (struct machine_origin){ .state_fd = -1 };
	add_starter(start, done, arg);
	node->starting = start;
	return start;
}

void
live_start(struct live *live, size_t i, bool allow_reboot,
	   live_started_fn *done, void *arg)
{
	struct live_node *node = &live->nodes[i];
	struct start *start;

	machine_settle(node->machine); /* which unplugs it */
	if (node->starting != NULL) {
		add_starter(node->starting, done, arg);
		return;
	}
	if (machine_state(node->machine) != MACHINE_OFF) {
		done(NULL, arg); /* as wanted already */
		return;
	}
	start = start_new(node, allow_reboot, done, arg);
	if (live->snapshots == NULL)
		plug_all_in(start);
	else
		snapshots_get(live->snapshots, node->plan,
			      &live->spec.images[i], on_snapshot, start);
}

void
live_start_from(struct live *live, size_t i, bool allow_reboot,
		const struct machine_origin *origin, live_started_fn *done,
		void *arg)
{
	struct live_node *node = &live->nodes[i];
	struct err err = ERR_INIT;
	struct start *start;

	if (node->starting != NULL ||
	    machine_state(node->machine) != MACHINE_OFF) {
		err_set(&err, -EBUSY, "it runs");
		done(&err, arg);
		return;
	}
	start = start_new(node, allow_reboot, done, arg);
	start->saved = *origin;
	plug_all_in(start);
}
