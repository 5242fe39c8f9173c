#include "driver/host-check.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include "driver/batch/host.h"
#include "driver/lab/plan.h"
#include "driver/vm/arch.h"
#include "driver/vm/vsock.h"
#include "lib/err.h"
#include "lib/log.h"

static int
check_node(const struct plan_node *node, const struct host_room *room,
	   struct err *err)
{
	char path[PATH_MAX];
	int ret;

	if (node->memory_mib > room->memory_mib)
		return err_set(err, -ENOMEM,
			       "%s has memory = %u, and this host has %" PRIu64
			       " MiB free: give the machine less, or the host "
			       "(or its control group) more",
			       node->name, node->memory_mib, room->memory_mib);
	ret = node->shell == PLAN_SHELL_VSOCK ? vsock_check(err) : 0;
	/* That of x86_64 has been looked for already. */
	if (ret == 0 && node->arch != PLAN_ARCH_X86_64)
		ret = vm_arch_find_qemu(node->arch, path, sizeof(path), err);
	if (ret < 0)
		err_prefix(err, "%s", node->name);
	return ret;
}

int
host_check(const struct plan *plan, const struct host_room *room,
	   struct err *err)
{
	uint64_t sum_mib = 0;

	for (size_t i = 0; i < plan->n_nodes; i++) {
		int ret = check_node(&plan->nodes[i], room, err);

		if (ret < 0)
			return ret;
		sum_mib += plan->nodes[i].memory_mib;
	}
	if (sum_mib > room->memory_mib)
		log_warn("%s: its machines have %" PRIu64 " MiB of memory, and "
			 "this host has %" PRIu64 " MiB free",
			 plan->name, sum_mib, room->memory_mib);
	return 0;
}

bool
host_emulates(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_nodes; i++)
		if (vm_arch_accel(plan->nodes[i].arch, ACCEL_KVM) != ACCEL_KVM)
			return true;
	return false;
}
