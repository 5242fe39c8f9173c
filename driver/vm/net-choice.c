#include "driver/vm/net-choice.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/plan.h"
#include "driver/loop.h"
#include "driver/vm/arch.h"
#include "driver/vm/qemu-args.h"
#include "driver/vm/snapshot-key.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum {
	PROBE_MS = 5000,
	SAID_SIZE = 1024, /* the list has a line for each kind of netdev */
};

/* One QEMU that is asked. */
struct asked {
	struct net_probe *probe; /* borrowed */
	struct process *process; /* owned; NULL: it is not needed, or no more */
	char path[PATH_MAX];
	char said[SAID_SIZE];
	size_t n_said;
	bool has_vhost;
};

struct net_probe {
	bool snapshots;
	bool done;
	unsigned n_running;
	struct event_base *base; /* borrowed */
	struct clock *clock;	 /* borrowed */
	struct asked asked[PLAN_N_ARCHS];
};

/* ---- who can have it ---- */

/* Machines of other types may have their memory from elsewhere. */
static bool
has_known_memory(const struct plan_node *node)
{
	const char *type = node->machine_type;

	if (node->arch == PLAN_ARCH_X86_64)
		return qemu_ram_id(node) != NULL;
	return type == NULL || strcmp(type, "virt") == 0 ||
	       strncmp(type, "virt-", 5) == 0;
}

/* Would it be vhost-user if QEMU has it? */
static bool
would_share(const struct net_probe *probe, const struct plan_node *node)
{
	return node->net == PLAN_NET_AUTO && node->n_nics > 0 &&
	       node->start_command == NULL &&
	       plan_vhost_refusal(node) == NULL && has_known_memory(node) &&
	       /* Its memory is in the cache, and stays as it is. */
	       !(probe->snapshots && snapshot_refusal(node) == NULL);
}

int
net_choose(const struct net_probe *probe, struct plan_node *node,
	   struct err *err)
{
	const struct asked *asked = &probe->asked[node->arch];

	if (node->net == PLAN_NET_VHOST && !asked->has_vhost)
		return err_set(err, -ENOTSUP,
			       "%s: net = \"vhost-user\": %s has no netdev "
			       "vhost-user, or no memory-backend-memfd; "
			       "\"dgram\" needs neither",
			       node->name, asked->path);
	if (would_share(probe, node) && asked->has_vhost)
		node->net = PLAN_NET_VHOST;
	else if (node->net == PLAN_NET_AUTO)
		node->net = PLAN_NET_DGRAM;
	return 0;
}

/* ---- QEMU is asked ---- */

static void
one_less(struct net_probe *probe)
{
	probe->n_running--;
	probe->done = probe->n_running == 0;
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct asked *asked = arg;
	size_t room = sizeof(asked->said) - 1 - asked->n_said;

	(void)p;
	(void)fd;
	if (size > room)
		size = room;
	memcpy(asked->said + asked->n_said, data, size);
	asked->n_said += size;
}

static void
on_exit_of_qemu(struct process *p, const struct process_status *status,
		void *arg)
{
	struct asked *asked = arg;

	(void)p;
	asked->has_vhost = !status->signaled && status->code == 0 &&
			   strstr(asked->said, "\nvhost-user\n") != NULL;
	one_less(asked->probe);
}

/* It has made the memory before it comes to the list. */
static void
ask(struct asked *asked)
{
	struct net_probe *probe = asked->probe;
	const char *argv[] = {
		asked->path,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-machine",
		"none",
		"-object",
		"memory-backend-memfd,id=m,size=1M,share=on",
		"-netdev",
		"help",
		NULL,
	};
	struct process_spec spec = PROCESS_SPEC_INIT;

	spec.argv = argv;
	spec.on_output = on_output;
	spec.on_exit = on_exit_of_qemu;
	spec.arg = asked;
	asked->process = process_spawn(probe->base, probe->clock, &spec, NULL);
	if (asked->process != NULL)
		probe->n_running++;
}

static bool
find_qemu(struct asked *asked, enum plan_arch arch, const char *qemu)
{
	if (arch != PLAN_ARCH_X86_64)
		return vm_arch_find_qemu(arch, asked->path, sizeof(asked->path),
					 NULL) == 0;
	snprintf(asked->path, sizeof(asked->path), "%s", qemu);
	return true;
}

struct net_probe *
net_probe_new(struct event_base *base, struct clock *clock, const char *qemu,
	      const struct plan *plan, bool snapshots)
{
	struct net_probe *probe = XNEW(struct net_probe);

	probe->snapshots = snapshots;
	probe->base = base;
	probe->clock = clock;
	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];
		struct asked *asked = &probe->asked[node->arch];

		if (node->net != PLAN_NET_VHOST && !would_share(probe, node))
			continue;
		if (asked->probe != NULL)
			continue; /* for another machine */
		asked->probe = probe;
		if (find_qemu(asked, node->arch, qemu))
			ask(asked);
	}
	probe->done = probe->n_running == 0;
	return probe;
}

void
net_probe_free(struct net_probe *probe)
{
	if (probe == NULL)
		return;
	for (size_t i = 0; i < PLAN_N_ARCHS; i++)
		process_free(probe->asked[i].process);
	free(probe);
}

void
net_probe_wait(struct net_probe *probe)
{
	if (loop_until(probe->base, probe->clock, &probe->done, PROBE_MS))
		return;
	/* Who has not answered has it not. */
	for (size_t i = 0; i < PLAN_N_ARCHS; i++) {
		process_free(probe->asked[i].process);
		probe->asked[i].process = NULL;
	}
	probe->done = true;
}
