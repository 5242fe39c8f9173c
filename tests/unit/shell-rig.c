#include "config.h"

#include "tests/unit/shell-rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <event2/event.h>

#include "lib/clock.h"
#include "lib/xalloc.h"

enum { TICK_US = 5000, SPIN_MAX_MS = 120000 };

struct shell_rig rig;

/* Makes the loop turn, so that those who spin see the time. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
on_state(const char *reason, void *arg)
{
	(void)arg;
	rig.is_ready = reason == NULL;
	if (reason != NULL)
		snprintf(rig.lost, sizeof(rig.lost), "%s", reason);
}

void
rig_begin_without(int row, const char *without, unsigned delay_ms)
{
	rig.base = event_base_new();
	rig.clock = clock_real_new(rig.base);
	rig.tick = event_new(rig.base, -1, EV_PERSIST, on_tick, NULL);
	ck_assert_int_eq(
	    event_add(rig.tick, &(struct timeval){ .tv_usec = TICK_US }), 0);
	if (!far_shell_start(&rig.far, &shell_kinds[row], without, delay_ms))
		exit(EXIT_SUCCESS);
	rig.shell =
	    guest_shell_new(rig.base, rig.clock, rig.far.fd, on_state, NULL);
}

void
rig_begin(int row)
{
	rig_begin_without(row, NULL, 0);
}

void
rig_end(void)
{
	guest_shell_free(rig.shell);
	far_shell_end(&rig.far);
	event_free(rig.tick);
	clock_free(rig.clock);
	event_base_free(rig.base);
}

static char *
copy(const void *data, size_t size)
{
	char *text = malloc(size + 1);

	ck_assert_ptr_nonnull(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

void
rig_on_done(const struct shell_result *result, void *arg)
{
	struct outcome *o = arg;

	ck_assert(!o->done);
	*o = (struct outcome){
		.done = true,
		.status = result->status,
		.timed_out = result->timed_out,
		.error = xstrdup(result->error != NULL ? result->error : ""),
		.out = copy(result->out, result->out_size),
		.out_size = result->out_size,
		.err = copy(result->err, result->err_size),
		.err_size = result->err_size,
	};
}

void
outcome_clear(struct outcome *o)
{
	free(o->error);
	free(o->out);
	free(o->err);
	*o = (struct outcome){ .done = false };
}

struct shell_command *
rig_start(const char *text, struct outcome *o)
{
	struct shell_spec spec = { .text = text,
				   .on_done = rig_on_done,
				   .arg = o };

	return guest_shell_run(rig.shell, &spec);
}

void
rig_spin_until(const bool *flag)
{
	uint64_t deadline_ms = clock_now_ms(rig.clock) + SPIN_MAX_MS;

	while (!*flag) {
		ck_assert_uint_lt(clock_now_ms(rig.clock), deadline_ms);
		event_base_loop(rig.base, EVLOOP_ONCE);
	}
}

void
rig_spin_until_lost(void)
{
	uint64_t deadline_ms = clock_now_ms(rig.clock) + SPIN_MAX_MS;

	while (rig.lost[0] == '\0') {
		ck_assert_uint_lt(clock_now_ms(rig.clock), deadline_ms);
		event_base_loop(rig.base, EVLOOP_ONCE);
	}
}

void
rig_spin_ms(unsigned ms)
{
	uint64_t deadline_ms = clock_now_ms(rig.clock) + ms;

	while (clock_now_ms(rig.clock) < deadline_ms)
		event_base_loop(rig.base, EVLOOP_ONCE);
}

void
rig_run(struct shell_spec *spec, struct outcome *o)
{
	*o = (struct outcome){ .done = false };
	spec->on_done = rig_on_done;
	spec->arg = o;
	guest_shell_run(rig.shell, spec);
	rig_spin_until(&o->done);
}

void
rig_run_text(const char *text, struct outcome *o)
{
	struct shell_spec spec = { .text = text };

	rig_run(&spec, o);
}

void
rig_expect(const char *text, int status, const char *out)
{
	struct outcome o;

	rig_run_text(text, &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_str_eq(o.out, out);
	ck_assert_int_eq(o.status, status);
	outcome_clear(&o);
}

bool
process_is_alive(const char *pid_text)
{
	pid_t pid = (pid_t)atoi(pid_text);

	ck_assert_int_gt(pid, 1);
	return kill(pid, 0) == 0;
}

void
expect_dead(const char *pid_text)
{
	for (int i = 0; i < 250 && process_is_alive(pid_text); i++)
		rig_spin_ms(20);
	ck_assert(!process_is_alive(pid_text));
}

void
rig_kill_far_side(void)
{
	pid_t left;

	while ((left = far_shell_find(&rig.far)) > 0)
		kill(left, SIGKILL);
}
