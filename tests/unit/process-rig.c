#include "config.h"

#include "tests/unit/process-rig.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct process_rig *rig = arg;

	ck_assert_ptr_eq(p, rig->child.process);
	ck_assert(fd == 1 || fd == 2);
	ck_assert_uint_gt(size, 0);
	ck_assert_uint_le(rig->child.len[fd] + size, PROCESS_RIG_OUTPUT_MAX);
	memcpy(rig->child.text[fd] + rig->child.len[fd], data, size);
	rig->child.len[fd] += size;
	rig->child.text[fd][rig->child.len[fd]] = '\0';
}

static void
on_exit_status(struct process *p, const struct process_status *status,
	       void *arg)
{
	struct process_rig *rig = arg;

	ck_assert_ptr_eq(p, rig->child.process);
	ck_assert(!process_running(p));
	rig->child.n_exits++;
	rig->child.status = *status;
	if (rig->child.frees_itself) {
		process_free(p);
		rig->child.process = NULL;
	}
}

void
process_rig_init(struct process_rig *rig)
{
	/* wakes the loop up, so that it sees when a condition holds */
	static const struct timeval interval = { .tv_usec = 5000 };

	rig->base = event_base_new();
	ck_assert_ptr_nonnull(rig->base);
	rig->tick = event_new(rig->base, -1, EV_PERSIST, on_tick, NULL);
	event_add(rig->tick, &interval);
	rig->real_clock = clock_real_new(rig->base);
	rig->stopped_clock = clock_virtual_new(NS_PER_S);
	for (int fd = 1; fd <= 2; fd++) {
		rig->child.text[fd] = malloc(PROCESS_RIG_OUTPUT_MAX + 1);
		rig->child.text[fd][0] = '\0';
	}
}

void
process_rig_fini(struct process_rig *rig)
{
	process_free(rig->child.process);
	for (int fd = 1; fd <= 2; fd++)
		free(rig->child.text[fd]);
	clock_free(rig->stopped_clock);
	clock_free(rig->real_clock);
	event_free(rig->tick);
	event_base_free(rig->base);
}

struct process_spec
process_rig_shell(struct process_rig *rig, const char *script)
{
	static const char *argv[] = { "sh", "-c", NULL, NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;

	argv[2] = script;
	spec.argv = argv;
	spec.on_output = on_output;
	spec.on_exit = on_exit_status;
	spec.arg = rig;
	return spec;
}

void
process_rig_spawn(struct process_rig *rig, const struct process_spec *spec,
		  struct clock *clock)
{
	struct err err = ERR_INIT;

	rig->child.process = process_spawn(rig->base, clock, spec, &err);
	ck_assert_msg(rig->child.process != NULL, "%s", err.text);
}

void
process_rig_turn(struct process_rig *rig)
{
	event_base_loop(rig->base, EVLOOP_ONCE);
}

void
process_rig_settle(struct process_rig *rig)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(rig->base, EVLOOP_NONBLOCK);
}

void
process_rig_run(struct process_rig *rig, const struct process_spec *spec)
{
	process_rig_spawn(rig, spec, rig->real_clock);
	PROCESS_RIG_RUN_UNTIL(rig, rig->child.n_exits > 0);
}

void
process_rig_assert_ended(const struct process_rig *rig, bool signaled, int code)
{
	ck_assert_int_eq(rig->child.n_exits, 1);
	ck_assert_int_eq(rig->child.status.signaled, signaled);
	ck_assert_int_eq(rig->child.status.code, code);
}

bool
process_rig_ends_within(int pidfd, int timeout_ms)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

int
process_rig_printed_pidfd(struct process_rig *rig)
{
	int pidfd;

	PROCESS_RIG_RUN_UNTIL(rig, strchr(rig->child.text[1], '\n') != NULL);
	pidfd = pidfd_open(atoi(rig->child.text[1]), 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert(!process_rig_ends_within(pidfd, 0));
	return pidfd;
}
