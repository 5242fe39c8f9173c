/* machine-shell: the shell of a machine, through boots, losses and resets. */
#include "config.h"

#include "driver/vm/machine-internal.h"

#include <stdio.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/vm/control-net.h"
#include "driver/vm/vsock.h"
#include "lib/clock.h"

enum {
	LOST_SETTLE_MS = 1000, /* QEMU's end explains a lost shell better */
	RETRY_MS = 250,
	/* A connection that is made while the guest boots may be lost without
	 * a word: then another is tried, with more patience each time. */
	TCP_ANSWER_MS = 2000,
	TCP_ANSWER_MAX_MS = 20000,
};

static void on_shell_state(const char *reason, void *arg);

/* Does the guest listen for us, some time? */
static bool
is_dialled(const struct machine *m)
{
	return m->node->shell == PLAN_SHELL_TCP ||
	       m->node->shell == PLAN_SHELL_VSOCK;
}

/* Commands that the guest was given hear of it by machine_fail_commands(). */
static void
shell_detach(struct machine *m)
{
	struct machine_command *c;

	guest_shell_free(m->shell);
	m->shell = NULL;
	TAILQ_FOREACH (c, &m->commands, entry)
		c->inner = NULL;
}

/* A shell that nobody answers yet. */
static void
shell_renew(struct machine *m)
{
	uint64_t factor =
	    machine_accel(m) == ACCEL_TCG ? ACCEL_TCG_TIMEOUT_FACTOR : 1;

	shell_detach(m);
	m->shell = guest_shell_new(m->host->base, m->host->clock, -1,
				   on_shell_state, m);
	guest_shell_set_kill_wait(m->shell, SHELL_KILL_WAIT_MS * factor);
}

static void
attach_to(struct machine *m, int fd)
{
	if (fd < 0) {
		timer_set_in(m->retry_timer, RETRY_MS * NS_PER_MS);
		return;
	}
	guest_shell_attach(m->shell, fd, "another connection was made");
	if (!is_dialled(m))
		return;
	timer_set_in(m->retry_timer, m->answer_ms * NS_PER_MS);
	m->answer_ms *= 2;
	if (m->answer_ms > TCP_ANSWER_MAX_MS)
		m->answer_ms = TCP_ANSWER_MAX_MS;
}

static void
hang_up(struct machine *m)
{
	vsock_dial_free(m->dial);
	m->dial = NULL;
}

static void
on_dialled(int fd, void *arg)
{
	struct machine *m = arg;

	hang_up(m);
	attach_to(m, fd);
}

static void
shell_attach(struct machine *m)
{
	hang_up(m);
	if (m->node->shell == PLAN_SHELL_VSOCK)
		m->dial =
		    vsock_dial(m->host->base, m->vsock_cid, on_dialled, m);
	else if (m->node->shell == PLAN_SHELL_TCP)
		attach_to(m, control_net_connect(m->control));
	else if (m->shell_fd >= 0)
		attach_to(m, dup(m->shell_fd));
	/* else machine_shell_there() is to come */
}

static void
on_retry(void *arg)
{
	struct machine *m = arg;

	if (guest_shell_ready(m->shell))
		return;
	if (guest_shell_seen(m->shell)[0] != '\0')
		timer_set_in(m->retry_timer, m->answer_ms * NS_PER_MS);
	else
		shell_attach(m);
}

/* Nothing else has explained it meanwhile. */
static void
on_lost_settled(void *arg)
{
	struct machine *m = arg;
	bool was_up = m->state == MACHINE_UP;
	bool wanted = m->end_expected || m->reboot_expected;

	m->state = MACHINE_BOOTING;
	if (!wanted)
		m->n_losses++;
	machine_fail_commands(m, "its shell was lost: %s", m->lost);
	if (!wanted)
		machine_tell(m, MACHINE_SHELL_LOST, m->lost);
	/* A shell that never worked will not work now. */
	if (was_up || is_dialled(m))
		timer_set_in(m->retry_timer, RETRY_MS * NS_PER_MS);
	else
		guest_shell_lose(m->shell, m->lost);
}

static void
on_shell_state(const char *reason, void *arg)
{
	struct machine *m = arg;

	if (machine_restore_on_shell(m, reason))
		return;
	if (reason == NULL) {
		timer_cancel(m->retry_timer);
		m->state = MACHINE_UP;
		m->was_up = true;
		m->reboot_expected = false;
		machine_tell(m, MACHINE_READY, NULL);
		return;
	}
	if (m->state == MACHINE_BOOTING && is_dialled(m)) {
		/* The guest does not listen yet: what waits goes on waiting. */
		guest_shell_attach(m->shell, -1, reason);
		timer_set_in(m->retry_timer, RETRY_MS * NS_PER_MS);
		return;
	}
	shell_renew(m);
	snprintf(m->lost, sizeof(m->lost), "%s", reason);
	timer_set_in(m->lost_timer, LOST_SETTLE_MS * NS_PER_MS);
}

void
machine_shell_await(struct machine *m)
{
	hang_up(m);
	timer_cancel(m->lost_timer);
	timer_cancel(m->retry_timer);
	m->answer_ms = TCP_ANSWER_MS;
	shell_renew(m);
}

void
machine_shell_begin(struct machine *m)
{
	machine_shell_await(m);
	shell_attach(m);
}

void
machine_shell_resume(struct machine *m, const struct shell_memory *memory,
		     bool is_copy)
{
	int fd = dup(m->shell_fd);

	if (fd >= 0)
		guest_shell_resume(m->shell, fd, memory, is_copy);
	else
		guest_shell_lose(m->shell, "no descriptor for its shell");
}

void
machine_shell_there(struct machine *m, int fd)
{
	if (m->shell_fd >= 0)
		close(m->shell_fd);
	m->shell_fd = fd;
	timer_cancel(m->retry_timer);
	shell_attach(m);
}

void
machine_shell_end(struct machine *m)
{
	hang_up(m);
	timer_cancel(m->lost_timer);
	timer_cancel(m->retry_timer);
	shell_detach(m);
}

void
machine_shell_init(struct machine *m)
{
	m->lost_timer = timer_new(m->host->clock, on_lost_settled, m);
	m->retry_timer = timer_new(m->host->clock, on_retry, m);
}

void
machine_shell_fini(struct machine *m)
{
	timer_free(m->lost_timer);
	timer_free(m->retry_timer);
}
