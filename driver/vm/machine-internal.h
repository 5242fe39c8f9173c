/* machine-internal: what the files of a machine share. */
#ifndef DRIVER_VM_MACHINE_INTERNAL_H
#define DRIVER_VM_MACHINE_INTERNAL_H

#include <sys/queue.h>

#include "driver/lab/plan.h"
#include "driver/vm/machine.h"

struct console_log;
struct machine_restore;
struct machine_saving;
struct control_net;
struct disk_set;
struct evbuffer;
struct event;
struct forwards;
struct process;
struct qmp_record;
struct start_script;
struct timer;
struct vsock_dial;

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
	bool was_up; /* since it was started */
	bool fell;   /* see machine_fell() */
	bool died;   /* see machine_died() */
	unsigned n_losses;
	struct disk_set *disks; /* owned; NULL: not started yet, or none */
	struct process *qemu;	/* owned, as all that follows */
	struct qmp *qmp;
	struct guest_shell *shell; /* while QEMU runs */
	uint32_t vsock_cid;	   /* of this QEMU, with a shell over vsock */
	struct vsock_dial *dial;   /* owned; to the shell, under way, or NULL */
	int shell_fd; /* kept to talk to the next shell after a reset; -1 */
	struct start_script *script; /* of a start_command; or NULL */
	struct control_net *control; /* behind eth0; or NULL */
	struct forwards *forwards;   /* from the first to the last moment */
	bool link_is_down[PLAN_NICS_MAX]; /* of this QEMU: machine_set_link() */
	uint64_t answer_ms; /* how long the next TCP connection may be silent */
	int serial_fd;	    /* -1: none */
	struct event *serial_event;
	struct evbuffer *typed; /* for the serial port, not written yet */
	struct event *typed_event;
	machine_tap_fn *tap; /* or NULL */
	void *tap_arg;
	struct qmp_record *qmp_events;
	struct console_log *console;
	struct console_log *qemu_said; /* its stderr */
	struct timer *panic_timer, *lost_timer, *retry_timer;
	char panic[256];      /* its first line; "": none */
	char lost[256];	      /* why the shell was lost */
	char end_reason[64];  /* from QMP: "guest-shutdown"; "": none */
	char untold_end[128]; /* how QEMU ended, not told yet; "": nothing */
	char *ended;	      /* how QEMU ended last, its last words; or NULL */
	TAILQ_HEAD(, machine_command) commands;
	struct machine_restore *restore; /* under way; owned; or NULL */
	char *restore_error;		 /* of the last one; owned; or NULL */
	struct machine_saving *saving;	 /* under way; owned; or NULL */
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
/** machine_restore_begin() - QEMU waits for the state in @fd, which it has
 * inherited */
void machine_restore_begin(struct machine *m,
			   const struct machine_origin *origin, int fd);
/** machine_restore_on_shell() - the shell answers, or is lost because of
 * @reason; Return: whether that was all about a restore under way */
bool machine_restore_on_shell(struct machine *m, const char *reason);
/** machine_migration_event() - what QMP says of a save or a restore */
void machine_migration_event(struct machine *m, const json_t *data);
/** machine_wire_event() - the switch has connected to a netdev that listens */
void machine_wire_event(struct machine *m, const json_t *data);
/** machine_migration_end() - QEMU is no more: nothing is saved or restored.
 * @why: for who waits; NULL: nobody is told */
void machine_migration_end(struct machine *m, const char *why);

enum { MACHINE_END_MS = 1000 }; /* for QEMU to end when it is told to */

/** machine_panicked() - @text: its first line, or NULL: only QEMU has noticed */
void machine_panicked(struct machine *m, const char *text);

/** machine_qmp_begin() - with a QEMU that starts; @fd: taken */
void machine_qmp_begin(struct machine *m, int fd);

/** machine_accel() - what its guest runs on */
enum accel machine_accel(const struct machine *m);

/** machine_qemu_line() - a line for MACHINE_QEMU_LINE; @arg: the machine */
void machine_qemu_line(const char *line, void *arg);

/* Ways in and out: machine-ways.c. */
void machine_ways_init(struct machine *m);
/** machine_open_eth0() - @fd: the host's end, taken */
int machine_open_eth0(struct machine *m, int fd, struct err *err);
/** machine_open_script() - what a start_command needs
 * Return: our end of QMP, returned owned; -errno. */
int machine_open_script(struct machine *m, bool allow_reboot, struct err *err);

/* The timers of the shell; the others need them. */
void machine_shell_init(struct machine *m);
void machine_shell_fini(struct machine *m);
/** machine_shell_begin() - wait for the shell of a guest that boots; commands
 * that an earlier one was given wait for machine_fail_commands() */
void machine_shell_begin(struct machine *m);
/** machine_shell_await() - there will be a shell: machine_shell_resume() */
void machine_shell_await(struct machine *m);
/** machine_shell_resume() - go on with the shell of a saved guest */
void machine_shell_resume(struct machine *m, const struct shell_memory *memory,
			  bool is_copy);
/** machine_shell_end() - no shell any more; commands likewise */
void machine_shell_end(struct machine *m);
/** machine_shell_there() - its connection is there now: @fd, taken */
void machine_shell_there(struct machine *m, int fd);

/** machine_fail_commands() - end every command at once, with this error */
void machine_fail_commands(struct machine *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* DRIVER_VM_MACHINE_INTERNAL_H */
