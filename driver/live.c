#include "config.h"

#include "driver/live-internal.h"

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
#include "driver/vm/net-choice.h"
#include "driver/vm/snapshot.h"
#include "driver/wire/network.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

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

	live->has_lost_switch = true;
	event_log_add(live->spec.log, "switch.lost", "s:o", "text",
		      json_text(how, strlen(how)));
}

static void
on_switch_restored(unsigned ms, void *arg)
{
	struct live *live = arg;

	event_log_add(live->spec.log, "switch.restored", "s:i", "ms", (int)ms);
}

/* A guest takes frames, perhaps of another switch. */
static void
on_carrier(struct live *live, const char *port)
{
	for (size_t n = 0; n < live->spec.plan->n_nodes; n++) {
		const struct live_node *node = &live->nodes[n];

		if (node->plan->net != PLAN_NET_VHOST)
			continue;
		for (size_t i = 0; i < node->plan->n_nics; i++)
			if (strcmp(node->plan->nics[i].port, port) == 0)
				machine_rejoin(node->machine, i);
	}
}

static void
on_switch_event(const char *event, const json_t *data, void *arg)
{
	struct live *live = arg;

	if (live->has_lost_switch && strcmp(event, "port.carrier") == 0 &&
	    json_bool_or(data, "carrier", false))
		on_carrier(live, json_str_or(data, "name", ""));
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
	if (live_start_heard(node, event))
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
	node->plan = &node->wired;
	node->wired = live->spec.plan->nodes[i];
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

static int
wire_nodes(struct live *live, struct net_probe *probe, struct err *err)
{
	int ret = 0;

	net_probe_wait(probe);
	for (size_t i = 0; ret == 0 && i < live->spec.plan->n_nodes; i++)
		ret = net_choose(probe, &live->nodes[i].wired, err);
	return ret;
}

/* QEMU is asked what it has while the switch starts. */
static int
start(struct live *live, struct err *err)
{
	const struct live_spec *spec = &live->spec;
	struct net_probe *probe = net_probe_new(
	    spec->base, spec->clock, spec->qemu, spec->plan, spec->snapshots);
	int ret = start_network(live, err);

	if (ret == 0)
		ret = wire_nodes(live, probe, err);
	net_probe_free(probe);
	return ret;
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
	if (start(live, err) == 0)
		return live;
fail:
	live_free(live, NULL);
	return NULL;
}

/* ---- the rest ---- */

static void
node_fini(struct live_node *node)
{
	live_start_abandon(node);
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
		live_start_forget(&live->nodes[i]);
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
