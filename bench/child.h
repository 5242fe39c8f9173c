/* child: programs that the comparison starts, one step after the other. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/process.h"

struct err;
struct event;

/* Turns the loop while somebody waits. */
struct runner {
	struct event_base *base;
	struct clock *clock;
	struct event *signals[2];
	int signal; /* that asked us to stop; 0 = none */
};

struct child {
	struct runner *runner; /* borrowed */
	struct process *process;
	char *output, *errors; /* what it has said, NUL-terminated, owned */
	size_t output_len, errors_len;
	bool ended;
	struct process_status status;
};

void runner_init(struct runner *runner);
void runner_fini(struct runner *runner);
/** runner_wait() - Return: 0; -EINTR when we have been told to stop */
int runner_wait(struct runner *runner, unsigned ms);

/**
 * child_start() - @argv in a process group of its own
 * @stdin_fd: borrowed; -1 = /dev/null
 *
 * Return: 0; -errno with @err set, and nothing to clean up.
 */
int child_start(struct child *child, struct runner *runner,
		const char *const *argv, int stdin_fd, struct err *err);
/** child_wait() - until it has ended
 *
 * Return: 0; -ETIMEDOUT; -EINTR when we have been told to stop.
 */
int child_wait(struct child *child, unsigned timeout_ms);
/** child_stop() - SIGTERM, some time, SIGKILL; when already ended: nothing */
void child_stop(struct child *child);
/** child_free() - it is killed if it still runs; twice is once */
void child_free(struct child *child);

#endif /* BENCH_CHILD_H */
