/*
 * supervisor: programs that we run beside us and talk to.
 *
 * Each gets one end of a pair of SOCK_SEQPACKET sockets as descriptor 3
 * (VDELAB_FD=3 in its environment), nothing on its standard input, and "/" as
 * its directory.  What it prints goes into the log, behind its name.  It is
 * started again when it ends: at once, then after 0.1 s, 0.2 s, 0.4 s, ... 10 s;
 * one that ran for 10 s begins at the first again.  What it leaves of its
 * process group is killed when it ends.
 *
 * Built on lib/process: the rest of what holds for children is said there.
 */
#ifndef LIB_SUPERVISOR_H
#define LIB_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct clock;
struct err;
struct event_base;
struct program;	   /* one of them */
struct supervisor; /* all of them */

enum {
	PROGRAM_FD = 3,
	PROGRAM_GRACE_MS = 1000, /* from SIGTERM to SIGKILL */
	PROGRAM_DELAY_MIN_MS = 100,
	PROGRAM_DELAY_MAX_MS = 10000,
	PROGRAM_STABLE_MS = 10000, /* who ran for so long begins anew */
};

/* When is a program that has ended started again? */
enum program_restart {
	PROGRAM_ALWAYS,
	PROGRAM_ON_FAILURE, /* unless its exit status was 0 */
	PROGRAM_NEVER,
};

/* Both run from the loop, never inside the functions below.  program_stop() is
 * allowed in both. */
struct program_ops {
	/* It runs.  @fd, non-blocking, is our end: borrowed until .ended has
	 * returned. */
	void (*started)(void *arg, int fd);
	/* It has ended: @reason, for people.  What it sent can still be read
	 * from the descriptor.  @for_good: it will not be started again. */
	void (*ended)(void *arg, const char *reason, bool for_good);
};

struct program_spec {
	const char *name; /* in the log; copied */
	/* NULL-ended, copied; argv[0] is looked up in our PATH, or is an
	 * absolute path. */
	const char *const *argv;
	const char *const *env; /* "K=V" added to ours, copied; or NULL */
	enum program_restart restart;
	/* With this exit status it ends for good, whatever .restart says: it
	 * cannot do what it was asked for.  0: there is none. */
	int final_status;
	const struct program_ops *ops; /* borrowed */
	void *arg;		       /* borrowed */
};

/** supervisor_new() - @base, @clock: borrowed */
struct supervisor *supervisor_new(struct event_base *base, struct clock *clock);
/** supervisor_free() - waits for programs that were told to end, until they
 * are killed; those that were not are told now; NULL is a no-op */
void supervisor_free(struct supervisor *s);

/**
 * program_start() - run @spec->argv from now on
 *
 * Waits until the program runs, so that a first failure to execute it is
 * reported here; later ones are ends.
 * Return: borrowed until program_stop(); NULL with @err set, -EINVAL without
 *         argv[0] or for a relative path, -ENOENT, -EACCES, ...
 */
struct program *program_start(struct supervisor *s,
			      const struct program_spec *spec, struct err *err);
/** program_restart() - end it, because of @reason, copied, and start it again
 * whatever its spec says; .ended runs, later.  Nothing happens while it does
 * not run. */
void program_restart(struct program *program, const char *reason);
/** program_stop() - end it, for good; neither callback runs any more, and our
 * end of the sockets is closed; NULL is a no-op */
void program_stop(struct program *program);

/** program_pid() - 0 while it does not run */
pid_t program_pid(const struct program *program);
/** program_n_restarts() - how often it was started again */
uint64_t program_n_restarts(const struct program *program);
/** program_last_end() - why it ended the last time; NULL: it never did.
 * Borrowed until it ends again. */
const char *program_last_end(const struct program *program);

#endif /* LIB_SUPERVISOR_H */
