/*
 * guest-shell: commands in a guest, over nothing but a POSIX shell at the
 * other end of a byte stream (virtio console, TCP port 514).
 *
 * On connecting, a few shell functions are sent.  From then on each command
 * runs in a session of its own, in the background of that shell, so several
 * may run at once and any can be killed.  What comes back is framed with a
 * random nonce that no output can forge: stdout and stderr apart and as they
 * come, binary-safe, without limit of size, then the exit status.  Output of
 * a child that outlives its command is not waited for.
 *
 * A command's text is a script file that the guest's `sh` reads, so it may be
 * of any length and mean what it would mean in a file: no errexit, no pipefail.
 * Signals, environment and working directory are those of the shell found in
 * the guest.  The guest needs, beside `sh`: mkdir, mkfifo, chmod, mv, rm, cat,
 * dd and base64 or od; stty when the stream is a terminal there; setsid lest a
 * process that has lost its parent survives a kill.
 *
 * Bytes between frames (kernel messages, an echo, another program on the
 * console) are skipped; bytes inside a frame are detected and end the
 * connection with a reason.
 */
#ifndef DRIVER_VM_GUEST_SHELL_H
#define DRIVER_VM_GUEST_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/vm/shell-proto.h"
#include "driver/vm/shell-slots.h"

struct clock;
struct event_base;
struct guest_shell;
struct shell_command;

enum {
	SHELL_STATUS_TIMED_OUT = 124,
	SHELL_STATUS_KILLED = 137,
	/* How long the guest may take to kill a command. */
	SHELL_KILL_WAIT_MS = 5000,
	/* Signals of one command that may be on their way. */
	SHELL_SIGNALS_MAX = 8,
};

struct shell_result {
	int status;	/* exit status, 128 + N for signal N; -1: see .error */
	bool timed_out; /* its session has been killed; status is 124 */
	const char *error; /* the shell was lost first; or NULL */
	/* Borrowed for the call.  Not NUL-terminated. */
	const void *out;
	size_t out_size;
	const void *err;
	size_t err_size;
};

/* Bytes as they come; @fd: 1 or 2.  Must not free the shell. */
typedef void shell_output_fn(int fd, const void *data, size_t size, void *arg);
/* Once, from the loop.  The command is freed after it returns.
 * guest_shell_free() is allowed inside. */
typedef void shell_done_fn(const struct shell_result *result, void *arg);

struct shell_spec {
	const char *text;  /* shell text of any length, without NUL; borrowed */
	const void *input; /* stdin of the command; NULL: /dev/null; borrowed */
	size_t input_size;
	/* 0 = none.  Counts from the moment at which the command is handed to
	 * the guest: waiting for the guest to boot is not part of it. */
	uint64_t timeout_ms;
	/* @input is only the first of the command's stdin, which then stays open
	 * for guest_shell_write() until guest_shell_close_input(). */
	bool fed;
	bool discard; /* collect nothing; on_output still sees it */
	shell_output_fn *on_output; /* or NULL */
	/* Everything written so far has gone into the command's stdin; or NULL.
	 * May write more. */
	void (*on_fed)(void *arg);
	shell_done_fn *on_done;
	void *arg;
};

/* @reason is NULL when the shell has become ready, else why it never will or
 * is no more.  guest_shell_free() is allowed inside when @reason is set, and
 * guest_shell_attach(): commands that the guest has not been given wait on
 * then, else they fail. */
typedef void shell_state_fn(const char *reason, void *arg);

/** guest_shell_new() - over @fd, connected; taken; -1: none yet.  Commands may
 * be queued at once; they start when the guest answers. */
struct guest_shell *guest_shell_new(struct event_base *base,
				    struct clock *clock, int fd,
				    shell_state_fn *state, void *arg);
/** guest_shell_attach() - begin anew over @fd, taken; -1: none yet, another
 * call will follow.  Commands that the guest has been given fail with @reason
 */
void guest_shell_attach(struct guest_shell *shell, int fd, const char *reason);
/* What must be known of a shell to go on with it when its guest has been saved
 * and comes back. */
struct shell_memory {
	char nonce[SHELL_NONCE_LEN + 1];
	bool has_base64;
	uint32_t last_id;
	unsigned n_workers;
	struct shell_slots slots; /* of workers that children keep */
};

/**
 * guest_shell_remember() - what a shell must be known by, at rest
 *
 * Return: 0 with @memory filled, to be freed by shell_memory_fini(); -EBUSY
 *         while a command runs, a worker is not idle again, or the guest has
 *         not taken all that was sent; -ENOTCONN.
 */
int guest_shell_remember(const struct guest_shell *shell,
			 struct shell_memory *memory);
/** guest_shell_resume() - guest_shell_attach() for a guest that was saved when
 * @memory, borrowed for the call, was true
 * @anew: it is a copy, one of many; @memory must have just one worker then */
void guest_shell_resume(struct guest_shell *shell, int fd,
			const struct shell_memory *memory, bool anew);
void shell_memory_fini(struct shell_memory *memory);
/** guest_shell_lose() - give the connection up; all commands, and those to
 * come until guest_shell_attach(), fail with @reason.  The state function is
 * not called. */
void guest_shell_lose(struct guest_shell *shell, const char *reason);
bool guest_shell_ready(const struct guest_shell *shell);
/** guest_shell_seen() - what the guest sent last before it was ready, for
 * messages; borrowed until the next event */
const char *guest_shell_seen(struct guest_shell *shell);
/** guest_shell_set_kill_wait() - instead of SHELL_KILL_WAIT_MS */
void guest_shell_set_kill_wait(struct guest_shell *shell, uint64_t wait_ms);
/** guest_shell_run() - Return: borrowed until on_done */
struct shell_command *guest_shell_run(struct guest_shell *shell,
				      const struct shell_spec *spec);
/** guest_shell_kill() - end the command's whole session with SIGKILL; on_done
 * follows */
void guest_shell_kill(struct shell_command *command);
/** guest_shell_signal() - send @signo to the command's process group, as soon as
 * it has one; no-op when it is done.  Return: 0; -EBUSY when SHELL_SIGNALS_MAX
 * have not arrived yet */
int guest_shell_signal(struct shell_command *command, int signo);
/** guest_shell_write() - more for the stdin of a command that is fed; copied.
 * Return: 0; -EPIPE when it is not, or takes no more; -ENOMEM */
int guest_shell_write(struct shell_command *command, const void *data,
		      size_t size);
/** guest_shell_close_input() - the end of it, behind what was written */
void guest_shell_close_input(struct shell_command *command);
/** guest_shell_unread() - bytes written that the command has not taken, about;
 * 0: it has taken all, or never will */
size_t guest_shell_unread(const struct shell_command *command);
/** guest_shell_forget() - nobody waits any more: its session is killed and
 * on_done never runs */
void guest_shell_forget(struct shell_command *command);
/** guest_shell_free() - on_done does not run for commands under way */
void guest_shell_free(struct guest_shell *shell);

#endif /* DRIVER_VM_GUEST_SHELL_H */
