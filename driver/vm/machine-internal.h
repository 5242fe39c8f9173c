/* machine-internal: what the files of a machine share. */
#ifndef DRIVER_VM_MACHINE_INTERNAL_H
#define DRIVER_VM_MACHINE_INTERNAL_H

#include <sys/queue.h>

#include "driver/vm/machine.h"

struct console_log;
struct control_net;
struct disk_set;
struct evbuffer;
struct event;
struct forwards;
struct process;
struct qmp_record;
struct timer;

struct machine_command {
	TAILQ_ENTRY(machine_command) entry;
	struct machine *machine;
	struct shell_command *inner; /* NULL: not with the shell (any more) */
	bool failing;		     /* fail_commands() has come to it */
	shell_output_fn *on_output;
	void (*on_fed)(void *arg);
	shell_done_fn *on_done;
	void *arg; /* borrowed */
};

struct machine {
	const struct machine_host *host; /* borrowed */
	const struct plan_node *node;	 /* borrowed */
	const struct vm_image *image;	 /* borrowed */
	machine_event_fn *on_event;
	void *arg; /* borrowed */
	enum machine_state state;
	bool end_expected;
	bool reboot_expected;
	unsigned n_losses;
	struct disk_set *disks; /* owned; NULL: not started yet, or none */
	struct process *qemu;	/* owned, as all that follows */
	struct qmp *qmp;
	struct guest_shell *shell; /* while QEMU runs */
	int shell_fd; /* kept to talk to the next shell after a reset; -1 */
	struct control_net *control; /* behind eth0; or NULL */
	struct forwards *forwards;   /* from the first to the last moment */
	uint64_t answer_ms; /* how long the next TCP connection may be silent */
	int serial_fd;	    /* -1: none */
	struct event *serial_event;
	struct evbuffer *typed; /* for the serial port, not written yet */
	struct event *typed_event;
	struct qmp_record *qmp_events;
	struct console_log *console;
	struct console_log *qemu_said; /* its stderr */
	struct timer *panic_timer, *lost_timer, *retry_timer;
	char panic[256];     /* its first line; "": none */
	char lost[256];	     /* why the shell was lost */
	char end_reason[64]; /* from QMP: "guest-shutdown"; "": none */
	char *ended;	     /* how QEMU ended last, its last words; or NULL */
	TAILQ_HEAD(, machine_command) commands;
};

void machine_tell(struct machine *m, enum machine_event event,
		  const char *text);

/** machine_serial_end() - what was typed and not read is lost */
void machine_serial_end(struct machine *m);

/** qmp_record_new() - the last MACHINE_QMP_EVENTS_KEPT events */
struct qmp_record *qmp_record_new(void);
/** qmp_record_clear() - the machine is started anew */
void qmp_record_clear(struct qmp_record *record);
void qmp_record_add(struct qmp_record *record, uint64_t at_ns, const char *name,
		    const json_t *data);
void qmp_record_free(struct qmp_record *record);

/* The timers of the shell; the others need them. */
void machine_shell_init(struct machine *m);
void machine_shell_fini(struct machine *m);
/** machine_shell_begin() - wait for the shell of a guest that boots; commands
 * that an earlier one was given wait for machine_fail_commands() */
void machine_shell_begin(struct machine *m);
/** machine_shell_end() - no shell any more; commands likewise */
void machine_shell_end(struct machine *m);

/** machine_fail_commands() - end every command at once, with this error */
void machine_fail_commands(struct machine *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* DRIVER_VM_MACHINE_INTERNAL_H */
