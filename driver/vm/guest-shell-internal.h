/* guest-shell-internal: what the files of guest-shell share. */
#ifndef DRIVER_VM_GUEST_SHELL_INTERNAL_H
#define DRIVER_VM_GUEST_SHELL_INTERNAL_H

#include <sys/queue.h>

#include "driver/vm/guest-shell.h"
#include "driver/vm/shell-feed.h"
#include "driver/vm/shell-output.h"
#include "driver/vm/shell-slots.h"

struct event;
struct event_base;
struct shell_frame;
struct shell_link;
struct shell_link_events;
struct timer;

/* What one stream of a command has brought so far. */
struct output {
	struct shell_command *command;
	int fd; /* 1 or 2 */
	struct shell_stream stream;
	struct shell_bytes kept;
};

enum command_state {
	COMMAND_QUEUED,	 /* the guest knows nothing of it */
	COMMAND_SENDING, /* its text and input are on their way */
	COMMAND_RUNNING, /* handed to the guest */
	COMMAND_DONE,	 /* on_done is outstanding */
};

TAILQ_HEAD(command_list, shell_command);

struct shell_command {
	TAILQ_ENTRY(shell_command) link; /* in the list of its state */
	struct guest_shell *shell;
	enum command_state state;
	uint32_t id;
	unsigned slot;
	struct shell_spec spec; /* text and input are copies, owned */
	size_t text_size;
	size_t text_sent, input_sent;
	struct output outputs[2]; /* stdout, stderr */
	struct shell_feed feed;	  /* stdin, if it is fed */
	/* Those that the guest has not delivered yet, the first one first. */
	int signals[SHELL_SIGNALS_MAX];
	size_t n_signals;
	struct timer *signal_timer; /* owned; NULL: none was sent */
	bool has_status;
	bool killing, answered; /* the guest has answered a kill */
	bool forgotten;
	struct shell_result result;
	char *error;	     /* owned, for result */
	struct timer *timer; /* time-out, then the next try to kill */
	uint64_t kill_deadline_ns;
};

struct guest_shell {
	struct event_base *base; /* borrowed */
	struct clock *clock;	 /* borrowed */
	struct shell_link *link; /* owned; NULL: none (yet, or any more) */
	struct event *reaper;	 /* owned; runs on_done */
	struct timer *balance;	 /* owned; a grace ends */
	shell_state_fn *state;
	void *arg;
	bool has_base64; /* the guest */
	uint32_t last_id;
	unsigned n_workers; /* started, or about to */
	struct shell_slots slots;
	/* queued: the first may be COMMAND_SENDING */
	struct command_list queued, running, done;
	uint64_t kill_wait_ms;
	char *lost; /* why nothing can be run; NULL: it can, or will */
};

/* guest-shell.c */
/** guest_shell_set_balance() - wake guest_shell_balance() at the next grace's
 * end */
void guest_shell_set_balance(struct guest_shell *shell);

/* what its link tells it */
extern const struct shell_link_events guest_shell_link_events;

/* guest-shell-send.c */
/** guest_shell_send() - give the guest what waits, as much as the link takes */
void guest_shell_send(struct guest_shell *shell);
/** guest_shell_balance() - the timer's: commands that are done, and whose
 * output a child keeps, need another worker */
void guest_shell_balance(void *arg);

/* shell-feed.c */
/** shell_feed_wanted() - the guest can take more of @command's stdin */
void shell_feed_wanted(struct shell_command *command);
/** shell_feed_end() - @command takes no more */
void shell_feed_end(struct shell_command *command);

/* shell-signal.c */
/** shell_signals_answered() - the guest has tried the first signal due
 * @n: how many process groups got it; 0: the command has not begun */
void shell_signals_answered(struct shell_command *command, uint32_t n);

#endif /* DRIVER_VM_GUEST_SHELL_INTERNAL_H */
