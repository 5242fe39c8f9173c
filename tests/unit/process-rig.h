/* process-rig: one child of lib/process, and what is seen of it. */
#ifndef TESTS_PROCESS_RIG_H
#define TESTS_PROCESS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "lib/process.h"

enum { PROCESS_RIG_PATIENCE_S = 120, PROCESS_RIG_OUTPUT_MAX = 2 * 1024 * 1024 };

struct event;
struct event_base;

struct process_rig {
	struct event_base *base;
	struct event *tick;
	struct clock *real_clock, *stopped_clock;
	struct {
		struct process *process; /* NULL once on_exit has freed it */
		bool frees_itself;
		int n_exits;
		struct process_status status;
		size_t len[3]; /* of text, by descriptor */
		char *text[3]; /* 1 and 2: PROCESS_RIG_OUTPUT_MAX + 1 bytes */
	} child;
};

void process_rig_init(struct process_rig *rig);
void process_rig_fini(struct process_rig *rig);

/** process_rig_shell() - a spec for `sh -c @script` that reports to @rig; good
 * until the next one is asked for */
struct process_spec process_rig_shell(struct process_rig *rig,
				      const char *script);
void process_rig_spawn(struct process_rig *rig, const struct process_spec *spec,
		       struct clock *clock);
/** process_rig_run() - spawn with the real clock and wait for the exit */
void process_rig_run(struct process_rig *rig, const struct process_spec *spec);
void process_rig_assert_ended(const struct process_rig *rig, bool signaled,
			      int code);
/** process_rig_turn() - let the loop run, for some milliseconds at most */
void process_rig_turn(struct process_rig *rig);
/** process_rig_settle() - let the loop see everything that is there already */
void process_rig_settle(struct process_rig *rig);
/** process_rig_ends_within() - does @pidfd's process end?  The loop rests. */
bool process_rig_ends_within(int pidfd, int timeout_ms);
/** process_rig_printed_pidfd() - the pid that the child has written, as
 * something that stays its */
int process_rig_printed_pidfd(struct process_rig *rig);

#define PROCESS_RIG_RUN_UNTIL(rig, condition)                                  \
	do {                                                                   \
		time_t until_ = time(NULL) + PROCESS_RIG_PATIENCE_S;           \
                                                                               \
		while (!(condition)) {                                         \
			ck_assert_msg(time(NULL) < until_, "waited for %s",    \
				      #condition);                             \
			process_rig_turn(rig);                                 \
		}                                                              \
	} while (0)

#endif /* TESTS_PROCESS_RIG_H */
