/*
 * shell-rig: a guest-shell with a real shell of this machine at its far end,
 * for tests.  One a process.
 */
#ifndef TESTS_UNIT_SHELL_RIG_H
#define TESTS_UNIT_SHELL_RIG_H

#include "driver/vm/guest-shell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/shells.h"

/* What has become of one command. */
struct outcome {
	bool done;
	int status;
	bool timed_out;
	char *error;
	char *out; /* NUL-terminated for convenience */
	size_t out_size;
	char *err;
	size_t err_size;
};

struct shell_rig {
	struct event_base *base;
	struct event *tick;
	struct clock *clock;
	struct guest_shell *shell;
	struct far_shell far;
	bool is_ready;
	char lost[512]; /* why the shell was lost; "": it was not */
};

extern struct shell_rig rig;

/** rig_begin() - @row of shell_kinds; the test passes at once when the machine
 * lacks that shell */
void rig_begin(int row);
/** rig_begin_without() - see far_shell_start() */
void rig_begin_without(int row, const char *without, unsigned delay_ms);
void rig_end(void);

/** rig_start() - run @text; the outcome, once it is known, to @o, which must
 * be zero */
struct shell_command *rig_start(const char *text, struct outcome *o);
/** rig_on_done() - fills in the outcome that @arg is */
void rig_on_done(const struct shell_result *result, void *arg);
/** rig_run() - @spec's on_done and arg are set */
void rig_run(struct shell_spec *spec, struct outcome *o);
void rig_run_text(const char *text, struct outcome *o);
/** rig_expect() - run @text and assert what it prints on stdout */
void rig_expect(const char *text, int status, const char *out);
void outcome_clear(struct outcome *o);

/** rig_spin_until() - run the loop until *@flag, or fail */
void rig_spin_until(const bool *flag);
void rig_spin_until_lost(void);
void rig_spin_ms(unsigned ms);
/** rig_kill_far_side() - SIGKILL to the shell and all that came of it */
void rig_kill_far_side(void);
bool process_is_alive(const char *pid_text);
/** expect_dead() - in a moment, when init has reaped it */
void expect_dead(const char *pid_text);

#define EACH_SHELL(test)                                                       \
	{                                                                      \
		test, n_shell_kinds                                            \
	}

#endif /* TESTS_UNIT_SHELL_RIG_H */
