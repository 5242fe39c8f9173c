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
#include "driver/vm/kernel-trouble.h"
#include "driver/vm/qemu-args.h"
#include "driver/vm/snapshot.h"
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
	struct network *net;	     /* owned */
	struct snapshots *snapshots; /* owned; NULL: every machine boots */
	struct live_node *nodes;     /* plan->n_nodes, owned */
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
on_switch_event(const char *event, const json_t *data, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "switch.event", "s:s, s:O*", "text",
		      event, "data", data);
}

/* "netem.set port=a.eth1 delay=1ms". */
static json_t *
wire_text(const char *method, const json_t *params)
{
	char *text = xstrdup(method);
	const char *key;
	json_t *value, *result;

	json_object_foreach((json_t *)params, key, value)
	{
		char *shorter = text;
		char *number = json_dumps(value, JSON_ENCODE_ANY);

		text = xasprintf(
		    "%s %s=%s", shorter, key,
		    json_is_string(value) ? json_string_value(value) : number);
		free(number);
		free(shorter);
	}
	result = json_text(text, strlen(text));
	free(text);
	return result;
}

static void
on_wire_set(const char *method, const json_t *params, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "wire", "s:s, s:O, s:o", "method", method,
		      "params", params, "text", wire_text(method, params));
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
		.event = on_switch_event,
		.set = on_wire_set,
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
		[MACHINE_LOADED] = "machine.loaded",
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

/* What its kernel complains of, so that nobody has to find it among the lines
 * of the console. */
static void
log_trouble(struct live_node *node, const char *line)
{
	const char *trouble = kernel_trouble_in(line);

	if (trouble != NULL)
		event_log_add(node->live->spec.log, "machine.trouble",
			      "s:s, s:o", "machine", node->plan->name, "text",
			      json_text(trouble, strlen(trouble)));
}

static void
unplug(struct live_node *node)
{
	for (size_t i = 0; i < node->plan->n_nics; i++)
		network_unplug(node->live->net, node->plan->nics[i].port);
}

static bool start_heard(struct live_node *node, enum machine_event event);

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
	event_log_add(live->spec.log, event_type(event), "s:s, s:o, s:O*",
		      "machine", node->plan->name, "text",
		      json_text(shown, strlen(shown)), "data", data);
	if (event == MACHINE_SERIAL_LINE)
		log_trouble(node, shown);
	if (start_heard(node, event))
		return;
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

static void
on_snapshot_line(const char *text, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "snapshot", "s:o", "text",
		      json_text(text, strlen(text)));
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
	if (spec->snapshots)
		live->snapshots =
		    snapshots_new(&live->host, on_snapshot_line, live);
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

/* ---- starting a machine: a state to go on from, then its interfaces are
 * plugged in, then QEMU ---- */

struct start {
	struct live_node *node; /* borrowed */
	bool abandoned;		/* the machine is gone meanwhile */
	bool allow_reboot;
	int guest_fds[PLAN_NICS_MAX]; /* owned; -1: a VDE client has none */
	size_t n_fds;
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
close_guest_fds(struct start *start)
{
	for (size_t i = 0; i < start->n_fds; i++)
		if (start->guest_fds[i] >= 0)
			close(start->guest_fds[i]);
	start->n_fds = 0;
}

static void
start_free(struct start *start)
{
	close_guest_fds(start);
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
	if (machine_start_from(start->node->machine, start->guest_fds,
			       start->allow_reboot, &origin, &start->err) < 0)
		start->restoring = false;
}

static void
finish_start(struct start *start)
{
	if (!start->abandoned && start->err.code == 0)
		start_qemu(start);
	/* Else start_heard() goes on. */
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

static void
plug_in(struct live *live, struct start *start, const struct plan_nic *nic)
{
	const struct plan_node *plan = start->node->plan;
	size_t vlan = vlan_index(live->spec.plan, nic->vlan);
	struct err err = ERR_INIT;
	int fd = -1, ret;

	if (plan->start_command != NULL || plan->net == PLAN_NET_VDE)
		ret = network_declare(live->net, nic->port, vlan, &nic->mac,
				      on_port_added, start, &err);
	else if (plan->net == PLAN_NET_STREAM)
		ret = fd = network_plug_listener(live->net, nic->port, vlan,
						 on_port_added, start, &err);
	else
		ret = fd = network_plug(live->net, nic->port, vlan,
					on_port_added, start, &err);
	if (ret < 0)
		on_port_added(NULL, &err, start);
	else
		start->guest_fds[start->n_fds++] = fd;
}

static void
plug_all_in(struct start *start)
{
	const struct plan_node *plan = start->node->plan;

	close_guest_fds(start);
	/* One more than there are, so that the last reply cannot come before
	 * the last request. */
	start->n_replies_due = plan->n_nics + 1;
	for (size_t n = 0; n < plan->n_nics; n++)
		plug_in(start->node->live, start, &plan->nics[n]);
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

/* A machine does something while it goes on from a saved state.  Return: true
 * when nobody else need hear of it. */
static bool
start_heard(struct live_node *node, enum machine_event event)
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
	snapshots_free(live->snapshots);
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
