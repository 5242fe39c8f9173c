#include "bench/gate.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/now.h"
#include "bench/procfs.h"

enum { LOOK_MS = 200, PATIENCE_MS = 20000 };

void
gate_watch_start(struct gate_watch *watch)
{
	pid_t self = getpid();

	*watch = (struct gate_watch){
		.at_ns = now_ns(),
		.foreign_ms = procfs_foreign_ms(&self, 1),
		.steal_ms = procfs_steal_ms(),
	};
}

double
gate_watch_percent(const struct gate_watch *watch, const pid_t *own,
		   size_t n_own, double *steal)
{
	double ms = (double)(now_ns() - watch->at_ns) / (double)NS_PER_MS;
	int64_t foreign_ms = procfs_foreign_ms(own, n_own) - watch->foreign_ms;
	int64_t steal_ms = procfs_steal_ms() - watch->steal_ms;

	*steal = 100.0 * (double)steal_ms / ms;
	return 100.0 * (double)foreign_ms / ms;
}

int
gate_wait(const struct gate *gate)
{
	pid_t self = getpid();
	struct gate_watch watch;
	double steal;

	if (gate->is_open)
		return 0;
	for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += LOOK_MS) {
		gate_watch_start(&watch);
		if (runner_wait(gate->runner, LOOK_MS) < 0)
			return -EINTR;
		if (gate_watch_percent(&watch, &self, 1, &steal) + steal <=
		    GATE_START_PERCENT)
			return 0;
	}
	return 0;
}
