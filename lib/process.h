/*
 * process: child processes under supervision.
 *
 * Each child runs in its own process group, dies when this process dies
 * (PR_SET_PDEATHSIG; strictly, when the thread that spawned it ends), starts
 * with default signal dispositions and an empty mask, inherits only the
 * descriptors it is given, and is signalled through its pidfd, so that a
 * recycled pid is never hit.  Nobody else's children are ever waited for.
 */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct clock;
struct err;
struct event_base;
struct process;

/* How a child ended. */
struct process_status {
	bool signaled;
	int code; /* exit status, or the signal's number when signaled */
};

/* Bytes from the child's stdout (@fd 1) or stderr (2), as they come.
 * process_stop() is allowed here, process_free() is not. */
typedef void process_output_fn(struct process *p, int fd, const void *data,
			       size_t size, void *arg);
/* Runs once, from the loop, when the child has been reaped *and* its captured
 * output has ended, in whichever order; a descendant that keeps the output
 * open is waited for PROCESS_EOF_GRACE_MS at most.  process_free() is allowed
 * here. */
typedef void process_exit_fn(struct process *p,
			     const struct process_status *status, void *arg);

enum { PROCESS_EOF_GRACE_MS = 500 };

struct process_spec {
	const char *name; /* for messages; argv[0] when NULL */
	/* NULL-ended; argv[0] is looked up in our PATH, or is a path, which
	 * starts from our directory when it is relative. */
	const char *const *argv;
	const char *const *env; /* "K=V" added to ours, NULL-ended; or NULL */
	const char *cwd;	/* or NULL */
	/* Descriptors above 2 that the child gets beside 0-2: keep_fds[i] keeps
	 * its number in the child.  Borrowed: the caller closes its own
	 * afterwards. */
	const int *keep_fds;
	size_t n_keep_fds;
	int fd3;	  /* borrowed; becomes descriptor 3, which is then none
			     of keep_fds; -1 = none */
	int stdin_fd;	  /* borrowed; -1 = /dev/null */
	int stdout_fd;	  /* borrowed; -1 = captured when on_output, else
			    /dev/null */
	int stderr_fd;	  /* likewise; -2 = our own stderr */
	int death_signal; /* sent to the child when we die; 0 = SIGKILL */
	/* What the child leaves of its group when it ends is killed, also when
	 * it ends by itself. */
	bool kills_group;
	process_output_fn *on_output; /* or NULL */
	process_exit_fn *on_exit;     /* or NULL */
	void *arg;		      /* borrowed */
};

/* A spec to start from: all descriptors -1, everything else zero. */
#define PROCESS_SPEC_INIT                                                      \
	{                                                                      \
		.fd3 = -1, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1    \
	}

/**
 * process_spawn() - start a child
 * @spec: borrowed for the call
 *
 * Waits until the child runs the program, so that exec's own failure is
 * reported here and not as an exit status.
 *
 * Return: a process the caller owns; NULL with @err set, -ENOENT when the
 *         program (or its interpreter, or @cwd) does not exist.
 */
struct process *process_spawn(struct event_base *base, struct clock *clock,
			      const struct process_spec *spec, struct err *err);

pid_t process_pid(const struct process *p);
const char *process_name(const struct process *p);
/** process_running() - false once the child has been reaped */
bool process_running(const struct process *p);
/** process_signal() - to the child alone; -ESRCH when it has been reaped */
int process_signal(struct process *p, int signo);
/**
 * process_stop() - SIGTERM now, SIGKILL to the whole group @grace_ms later;
 * on_exit follows
 *
 * When the child ends in time, what is left of its group is killed then.
 * Again with a smaller @grace_ms shortens it.
 */
void process_stop(struct process *p, uint32_t grace_ms);
/** process_wait() - wait here until it has ended, for at most @timeout_ms of
 * real time; on_exit follows from the loop.  Return: has it ended? */
bool process_wait(const struct process *p, uint32_t timeout_ms);
/** process_free() - a child still running is killed, with its group, and
 * reaped (blocking, but SIGKILL is not refused); on_exit does not run; NULL is
 * a no-op */
void process_free(struct process *p);

/** process_status_text() - "exit status 1", "killed by signal 9 (Killed)" */
const char *process_status_text(const struct process_status *status, char *text,
				size_t size);

#endif /* LIB_PROCESS_H */
