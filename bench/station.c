#include "config.h"

#include "bench/station.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t
shared_size(size_t n)
{
	return sizeof(struct station_shared) +
	       n * sizeof(struct station_counters);
}

struct station_shared *
station_shared_new(size_t n)
{
	void *memory = mmap(NULL, shared_size(n), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED ? memory : NULL;
}

void
station_shared_free(struct station_shared *shared, size_t n)
{
	munmap(shared, shared_size(n));
}

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		perror("load: sched_setaffinity");
		_exit(1);
	}
}

pid_t
station_start(station_fn *fn, struct station_shared *shared,
	      struct station_counters *counters, void *arg, int cpu)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* Pacing asks for moments, not for moments and 50 us. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (cpu >= 0)
		pin(cpu);
	fn(shared, counters, arg);
	_exit(atomic_load(&counters->error) == 0 ? 0 : 1);
}

bool
station_ended(pid_t *pid)
{
	if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) == *pid)
		*pid = 0;
	return *pid == 0;
}

void
station_kill(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	*pid = 0;
}
