#include "config.h"

#include "driver/live.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "driver/vm/image.h"
#include "driver/wire/network.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

struct live_node {
	struct live *live;
	size_t index;
	const struct plan_node *plan; /* borrowed */
	struct machine *machine;      /* owned */
	FILE *serial;		      /* owned; the serial log */
	struct start *starting;	      /* a start under way, or NULL */
};

struct live {
	struct live_spec spec; /* all borrowed */
	struct machine_host host;
	struct network *net;	 /* owned */
	struct live_node *nodes; /* plan->n_nodes, owned */
};

/* ---- the switch ---- */

static void
on_switch_line(const char *line, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "switch", "s:o", "text",
		      json_text(line, strlen(line)));
}

static void
on_switch_lost(const char *how, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "switch.lost", "s:o", "text",
		      json_text(how, strlen(how)));
}

static void
on_switch_restored(unsigned ms, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "switch.restored", "s:i", "ms", (int)ms);
}

static void
on_network_broken(const char *why, void *arg)
{
	struct live *live = arg;

	live->spec.on_broken(why, live->spec.arg);
}

static int
start_network(struct live *live, struct err *err)
{
	static const struct network_events events = {
		.line = on_switch_line,
		.lost = on_switch_lost,
		.restored = on_switch_restored,
		.broken = on_network_broken,
	};
	json_t *names = plan_names(live->spec.plan);
	const struct network_spec spec = {
		.base = live->spec.base,
		.clock = live->spec.clock,
		.run_dir = live->spec.run_dir,
		.results_dir = live->spec.results_dir,
		.vlans = live->spec.plan->vlans,
		.n_vlans = live->spec.plan->n_vlans,
		.names = names,
		.title = live->spec.title,
		.events = &events,
		.arg = live,
	};

	live->net = network_new(&spec, err);
	json_decref(names);
	return live->net != NULL ? 0 : -EIO;
}

/* ---- machines ---- */

static const char *
event_type(enum machine_event event)
{
	static const char *const types[] = {
		[MACHINE_STARTED] = "machine.started",
		[MACHINE_READY] = "machine.ready",
		[MACHINE_SERIAL_LINE] = "serial",
		[MACHINE_QEMU_LINE] = "qemu",
		[MACHINE_QMP] = "qmp",
		[MACHINE_PANICKED] = "machine.panicked",
		[MACHINE_DISK_ERROR] = "machine.disk-error",
		[MACHINE_SHELL_LOST] = "machine.shell-lost",
		[MACHINE_FORWARD] = "forward",
		[MACHINE_ENDED] = "machine.ended",
	};

	return types[event];
}

static void
unplug(struct live_node *node)
{
	for (size_t i = 0; i < node->plan->n_nics; i++)
		network_unplug(node->live->net, node->plan->nics[i].port);
}

static void
on_machine(struct machine *machine, enum machine_event event, const char *text,
	   const json_t *data, void *arg)
{
	struct live_node *node = arg;
	struct live *live = node->live;
	const char *shown = text != NULL ? text : "";

	(void)machine;
	if (event == MACHINE_SERIAL_PART) { /* it comes again as a line */
		live->spec.on_machine(node->index, event, text, live->spec.arg);
		return;
	}
	if (event == MACHINE_SERIAL_LINE && node->serial != NULL)
		fprintf(node->serial, "%s\n", shown);
	if (event == MACHINE_ENDED)
		unplug(node);
	event_log_add(live->spec.log, event_type(event), "s:s, s:o, s:O?",
		      "machine", node->plan->name, "text",
		      json_text(shown, strlen(shown)), "data", data);
	live->spec.on_machine(node->index, event, text, live->spec.arg);
}

static int
make_node(struct live *live, size_t i, struct err *err)
{
	struct live_node *node = &live->nodes[i];
	char path[PATH_MAX];

	node->live = live;
	node->index = i;
	node->plan = &live->spec.plan->nodes[i];
	if (snprintf(path, sizeof(path), "%s/%s.serial.log",
		     live->spec.results_dir,
		     node->plan->name) >= (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: too long",
			       live->spec.results_dir);
	node->serial = fopen(path, "we");
	if (node->serial == NULL)
		return err_errno(err, "cannot write %s", path);
	setvbuf(node->serial, NULL, _IOLBF, 4096);
	node->machine = machine_new(&live->host, node->plan,
				    &live->spec.images[i], on_machine, node);
	return machine_open_forwards(node->machine, err);
}

struct live *
live_new(const struct live_spec *spec, struct err *err)
{
	struct live *live = XNEW(struct live);
	const struct plan *plan = spec->plan;

	live->spec = *spec;
	live->host = (struct machine_host){
		.base = spec->base,
		.clock = spec->clock,
		.qemu = spec->qemu,
		.accel = spec->accel,
		.run_dir = spec->run_dir,
	};
	live->nodes = xcalloc(plan->n_nodes + 1, sizeof(*live->nodes));
	for (size_t i = 0; i < plan->n_nodes; i++)
		if (make_node(live, i, err) < 0)
			goto fail;
	if (start_network(live, err) == 0)
		return live;
fail:
	live_free(live, NULL);
	return NULL;
}

/* ---- starting a machine: plug its interfaces in, then QEMU ---- */

struct start {
	struct live_node *node; /* borrowed */
	bool abandoned;		/* the machine is gone meanwhile */
	bool allow_reboot;
	int guest_fds[PLAN_NICS_MAX]; /* owned */
	size_t n_fds;
	size_t n_replies_due;
	struct err err;		  /* the first failure */
	struct starter *starters; /* owned */
};

/* Somebody who wants the machine started. */
struct starter {
	struct starter *next;
	live_started_fn *done;
	void *arg; /* borrowed */
};

static void
start_free(struct start *start)
{
	for (size_t i = 0; i < start->n_fds; i++)
		close(start->guest_fds[i]);
	while (start->starters != NULL) {
		struct starter *starter = start->starters;

		start->starters = starter->next;
		free(starter);
	}
	free(start);
}

static void
finish_start(struct start *start)
{
	struct live_node *node = start->node;

	node->starting = NULL;
	if (!start->abandoned) {
		if (start->err.code == 0)
			machine_start(node->machine, start->guest_fds,
				      start->allow_reboot, &start->err);
		for (struct starter *s = start->starters; s != NULL;
		     s = s->next)
			s->done(start->err.code != 0 ? &start->err : NULL,
				s->arg);
	}
	start_free(start);
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

static void
plug_in(struct live *live, struct start *start, const struct plan_nic *nic)
{
	struct err err = ERR_INIT;
	int fd = network_plug(live->net, nic->port,
			      vlan_index(live->spec.plan, nic->vlan),
			      on_port_added, start, &err);

	if (fd < 0)
		on_port_added(NULL, &err, start);
	else
		start->guest_fds[start->n_fds++] = fd;
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

void
live_start(struct live *live, size_t i, bool allow_reboot,
	   live_started_fn *done, void *arg)
{
	struct live_node *node = &live->nodes[i];
	struct start *start;

	if (node->starting != NULL) {
		add_starter(node->starting, done, arg);
		return;
	}
	if (machine_state(node->machine) != MACHINE_OFF) {
		done(NULL, arg); /* as wanted already */
		return;
	}
	start = XNEW(struct start);
	start->node = node;
	start->allow_reboot = allow_reboot;
	add_starter(start, done, arg);
	node->starting = start;
	/* One more than there are, so that the last reply cannot come before
	 * the last request. */
	start->n_replies_due = node->plan->n_nics + 1;
	for (size_t n = 0; n < node->plan->n_nics; n++)
		plug_in(live, start, &node->plan->nics[n]);
	on_port_added(json_null(), NULL, start);
}

/* ---- the rest ---- */

static void
node_fini(struct live_node *node)
{
	if (node->starting != NULL)
		node->starting->abandoned = true;
	machine_free(node->machine);
	if (node->serial != NULL)
		fclose(node->serial);
}

int
live_free(struct live *live, struct err *err)
{
	int ret;

	if (live == NULL)
		return 0;
	/* Machines first: their last frames are captured. */
	for (size_t i = 0; i < live->spec.plan->n_nodes; i++)
		node_fini(&live->nodes[i]);
	ret = network_free(live->net, err);
	/* What still waited for a reply of the switch never gets one. */
	for (size_t i = 0; i < live->spec.plan->n_nodes; i++)
		if (live->nodes[i].starting != NULL)
			start_free(live->nodes[i].starting);
	free(live->nodes);
	free(live);
	return ret;
}

struct machine *
live_machine(struct live *live, size_t node)
{
	return live->nodes[node].machine;
}

struct network *
live_network(struct live *live)
{
	return live->net;
}

const char *
live_run_dir(const struct live *live)
{
	return live->spec.run_dir;
}
