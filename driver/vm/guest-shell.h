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
 * Bytes between frames (kernel messages, an echo, another program on the
 * console) are skipped; bytes inside a frame are detected and end the
 * connection with a reason.
 */
#ifndef DRIVER_VM_GUEST_SHELL_H
#define DRIVER_VM_GUEST_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct event_base;
struct guest_shell;
struct shell_command;

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

/* Bytes as they come; @fd: 1 or 2. */
typedef void shell_output_fn(int fd, const void *data, size_t size, void *arg);
/* Once, from the loop.  The command is freed after it returns. */
typedef void shell_done_fn(const struct shell_result *result, void *arg);

struct shell_spec {
	const char *text;  /* shell text of any length, without NUL; borrowed */
	const void *input; /* stdin of the command; NULL: /dev/null; borrowed */
	size_t input_size;
	uint64_t timeout_ms; /* 0 = none */
	bool discard;	     /* collect nothing; on_output still sees it */
	shell_output_fn *on_output; /* or NULL */
	shell_done_fn *on_done;
	void *arg;
};

/* @reason is NULL when the shell has become ready, else why it never will or
 * is no more.  guest_shell_free() is allowed inside when @reason is set. */
typedef void shell_state_fn(const char *reason, void *arg);

/** guest_shell_new() - over @fd, connected; taken.  Commands may be queued at
 * once; they start when the guest answers. */
struct guest_shell *guest_shell_new(struct event_base *base,
				    struct clock *clock, int fd,
				    shell_state_fn *state, void *arg);
bool guest_shell_ready(const struct guest_shell *shell);
/** guest_shell_run() - Return: borrowed until on_done */
struct shell_command *guest_shell_run(struct guest_shell *shell,
				      const struct shell_spec *spec);
/** guest_shell_kill() - end the command's whole session with SIGKILL; on_done
 * follows */
void guest_shell_kill(struct shell_command *command);
/** guest_shell_forget() - nobody waits any more: its session is killed and
 * on_done never runs */
void guest_shell_forget(struct shell_command *command);
/** guest_shell_free() - on_done does not run for commands under way */
void guest_shell_free(struct guest_shell *shell);

#endif /* DRIVER_VM_GUEST_SHELL_H */
