/* machine-ways: the ways into a guest and out of it, and what a script that
 * starts it needs. */
#include "config.h"

#include "driver/vm/machine-internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/lab/plan.h"
#include "driver/vm/control-net.h"
#include "driver/vm/forwards.h"
#include "driver/vm/start-script.h"
#include "lib/err.h"
#include "lib/xalloc.h"

void
machine_qemu_line(const char *line, void *arg)
{
	machine_tell(arg, MACHINE_QEMU_LINE, line);
}

/* ---- eth0 ---- */

int
machine_open_eth0(struct machine *m, int fd, struct err *err)
{
	unsigned ports[PLAN_FORWARDS_MAX + 1];
	struct control_net_spec spec = {
		.base = m->host->base,
		.clock = m->host->clock,
		.run_dir = m->host->run_dir,
		.node = m->node->name,
		.ports = ports,
		.internet = m->node->internet,
		.host_loopback = m->node->host_loopback,
		.on_line = machine_qemu_line,
		.arg = m,
	};

	spec.n_ports = forwards_guests(m->forwards, ports);
	if (m->node->shell == PLAN_SHELL_TCP)
		ports[spec.n_ports++] = PLAN_SHELL_PORT;
	m->control = control_net_start(&spec, fd, err);
	return m->control != NULL ? 0 : -EIO;
}

/* ---- forwards ---- */

static void
on_forward_line(const char *line, void *arg)
{
	machine_tell(arg, MACHINE_FORWARD, line);
}

int
machine_open_forwards(struct machine *m, struct err *err)
{
	for (size_t i = 0; i < m->node->n_forwards; i++) {
		if (forwards_add(m->forwards, &m->node->forwards[i], err) !=
		    NULL)
			continue;
		err_prefix(err, "%s: forward_ports", m->node->name);
		return err != NULL ? err->code : -EIO;
	}
	return 0;
}

const struct plan_forward *
machine_forward(struct machine *m, const struct plan_forward *wanted,
		struct err *err)
{
	const struct plan_forward *place;

	if (m->node->start_command != NULL) {
		err_set(err, -ENOTSUP,
			"its start command makes its own eth0: a `hostfwd=` "
			"belongs there, or into QEMU_NET_OPTS");
		return NULL;
	}
	if (!m->node->has_eth0) {
		err_set(err, -ENODEV,
			"it has no eth0 to be reached by: give the node "
			"`forward_ports = {}`");
		return NULL;
	}
	place = forwards_add(m->forwards, wanted, err);
	if (place != NULL && m->control != NULL)
		control_net_add_port(m->control, place->guest);
	return place;
}

void
machine_ways_init(struct machine *m)
{
	m->forwards =
	    forwards_new(m->host->base, m->host->clock, m->host->run_dir,
			 m->node->name, on_forward_line, m);
}

/* ---- start_command ---- */

static void
on_shell(int fd, void *arg)
{
	machine_shell_there(arg, fd);
}

int
machine_open_script(struct machine *m, bool allow_reboot, struct err *err)
{
	const struct start_script_spec spec = {
		.base = m->host->base,
		.clock = m->host->clock,
		.run_dir = m->host->run_dir,
		.node = m->node,
		.allow_reboot = allow_reboot,
		.on_shell = on_shell,
		.on_line = machine_qemu_line,
		.arg = m,
	};

	m->script = start_script_new(&spec, err);
	return m->script != NULL ? start_script_qmp(m->script) : -EIO;
}

/* ---- carrier ---- */

/* QEMU knows a card by its own name and by that of what is behind it.  Ours
 * have ids; in scripts of NixOS the latter is vlanN, and a card without an id
 * is the k-th of its model. */
struct link_call {
	struct machine *machine; /* borrowed */
	size_t nic;
	bool up;
	int n_tries;
	qmp_done_fn *done;
	void *arg; /* borrowed */
};

static void try_link(struct link_call *call);

static void
on_link_set(const json_t *result, const struct err *err, void *arg)
{
	struct link_call *call = arg;
	struct err why = ERR_INIT;

	if (result == NULL && ++call->n_tries < 2) {
		try_link(call);
		return;
	}
	if (result == NULL) {
		const struct plan_nic *nic =
		    &call->machine->node->nics[call->nic];

		err_set(&why, err->code,
			"%s; name its network vlan%u in the start command, or "
			"cut it with `silent`",
			err->text, nic->vlan);
		err = &why;
	}
	if (call->done != NULL)
		call->done(result, err, call->arg);
	free(call);
}

static void
try_link(struct link_call *call)
{
	const struct plan_nic *nic = &call->machine->node->nics[call->nic];
	char name[48];

	if (call->n_tries == 0 && nic->netdev[0] != '\0')
		snprintf(name, sizeof(name), "%s", nic->netdev);
	else if (call->n_tries == 0)
		snprintf(name, sizeof(name), "vlan%u", nic->vlan);
	else /* behind eth0, which is the script's own */
		snprintf(name, sizeof(name), "virtio-net-pci.%zu",
			 call->nic + 1);
	machine_qmp(call->machine, "set_link",
		    json_pack("{s:s, s:b}", "name", name, "up", call->up),
		    on_link_set, call);
}

void
machine_set_link(struct machine *m, size_t nic, bool up, qmp_done_fn *done,
		 void *arg)
{
	char name[32];

	m->link_is_down[nic] = !up;
	if (m->script != NULL) {
		struct link_call *call = XNEW(struct link_call);

		*call = (struct link_call){ m, nic, up, 0, done, arg };
		try_link(call);
		return;
	}
	snprintf(name, sizeof(name), "n%zu-dev", nic + 1);
	machine_qmp(m, "set_link",
		    json_pack("{s:s, s:b}", "name", name, "up", up), done, arg);
}

void
machine_rejoin(struct machine *m, size_t nic)
{
	char name[32];

	if (m->link_is_down[nic]) {
		machine_set_link(m, nic, false, NULL, NULL);
		return;
	}
	/* More than once: the others are not back all at the same moment. */
	snprintf(name, sizeof(name), "n%zu-dev", nic + 1);
	machine_qmp(m, "announce-self",
		    json_pack("{s:i, s:i, s:i, s:i, s:[s], s:s}", "initial", 20,
			      "max", 100, "rounds", 4, "step", 40, "interfaces",
			      name, "id", name),
		    NULL, NULL);
}
