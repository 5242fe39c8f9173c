/*
 * machine: one guest under control: its QEMU process, QMP, shell, serial
 * console.  Everything is asynchronous; what happens is told by events.
 *
 * QEMU gets all its sockets as inherited descriptors, so nothing of a machine
 * has a name in the file system that another program could open.
 */
#ifndef DRIVER_VM_MACHINE_H
#define DRIVER_VM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "driver/vm/accel.h"
#include "driver/vm/guest-shell.h"
#include "driver/vm/qmp.h"

struct clock;
struct err;
struct event_base;
struct machine;
struct plan_forward;
struct plan_node;
struct qemu_nic;
struct qemu_ram;
struct vm_image;

enum machine_state {
	MACHINE_OFF,	  /* never started, or ended */
	MACHINE_BOOTING,  /* QEMU runs, the shell has not answered */
	MACHINE_UP,	  /* the shell answers */
	MACHINE_STOPPING, /* asked to end */
};

enum machine_event {
	MACHINE_STARTED, /* text: QEMU's pid */
	MACHINE_LOADED,	 /* its saved state, and it stands still: origin.held */
	MACHINE_READY,	 /* the shell answers */
	MACHINE_SERIAL_LINE, /* text: one line of the serial console */
	MACHINE_SERIAL_PART, /* text: a line that has begun and not ended: a
			      * prompt; again whenever it grows */
	MACHINE_QEMU_LINE,   /* text: one line of QEMU's own stderr */
	MACHINE_QMP,	     /* text: event name; data: its data */
	MACHINE_PANICKED,    /* text: the panic's first line */
	MACHINE_DISK_ERROR,  /* text: which disk of the node's, and why */
	MACHINE_SHELL_LOST,  /* text: why; while nobody asked for it */
	MACHINE_FORWARD,     /* text: a way in is open, or refused somebody */
	MACHINE_ENDED,	     /* text: how QEMU ended; state is OFF again */
};

/* @text and @data are borrowed and may be NULL.  Must not free the machine. */
typedef void machine_event_fn(struct machine *machine, enum machine_event event,
			      const char *text, const json_t *data, void *arg);

/* What all machines of a run share; borrowed for the life of each. */
struct machine_host {
	struct event_base *base;
	struct clock *clock;
	const char *qemu;    /* program, of machines of x86_64 */
	enum accel accel;    /* KVM or TCG, not AUTO; likewise */
	const char *run_dir; /* private, for files QEMU needs; absolute */
	unsigned rng_seed;   /* reserved for reproducible guests */
};

/** machine_new() - @node, @image borrowed; nothing is started */
struct machine *machine_new(const struct machine_host *host,
			    const struct plan_node *node,
			    const struct vm_image *image,
			    machine_event_fn *on_event, void *arg);

/** machine_open_forwards() - listen at the places that the node's forward_ports
 * names; before the first start.  Return: 0; -errno with @err set. */
int machine_open_forwards(struct machine *machine, struct err *err);
/**
 * machine_forward() - one more, now
 * @wanted: copied; see forwards_add()
 *
 * Return: with port and path filled in, borrowed for the life of the machine;
 *         NULL with @err set.
 */
const struct plan_forward *machine_forward(struct machine *machine,
					   const struct plan_forward *wanted,
					   struct err *err);

/* What a machine begins with, when that is not nothing; see machine_save(). */
struct machine_origin {
	const struct qemu_ram *ram; /* NULL: the memory is QEMU's own */
	/* A saved state to go on from, from where the descriptor stands; -1: it
	 * boots.  All that follows belongs to it. */
	int state_fd;
	bool without_ram; /* it was saved so: the memory is in .ram */
	const struct shell_memory *shell;
	bool is_copy; /* of another machine: it must become one of its own */
	bool held;    /* it stands still then until machine_go_on() */
	const char *console; /* what it had shown then; or NULL */
};

/**
 * machine_start() - start QEMU
 * @nics: what is behind each of the node's, by its .net; borrowed
 * @allow_reboot: a reset starts the guest again instead of ending QEMU
 *
 * Return: 0; -EALREADY when it runs; -errno with @err set.
 */
int machine_start(struct machine *machine, const struct qemu_nic *nics,
		  bool allow_reboot, struct err *err);

/**
 * machine_start_from() - the same, from something
 * @origin: borrowed for the call; NULL: nothing
 *
 * MACHINE_READY comes when the guest knows that time has passed, and that it is
 * another one (snapshot-text.h).  When it cannot go on from the saved state QEMU
 * is ended; machine_restore_error() tells why.
 */
int machine_start_from(struct machine *machine, const struct qemu_nic *nics,
		       bool allow_reboot, const struct machine_origin *origin,
		       struct err *err);
/** machine_restore_error() - why the saved state it was last started from could
 * not be taken up; NULL: it could, or there was none; borrowed until the next
 * event */
const char *machine_restore_error(const struct machine *machine);

/* @shell: borrowed; NULL on failure with @err telling why. */
typedef void machine_saved_fn(const struct shell_memory *shell,
			      const struct err *err, void *arg);
/**
 * machine_save() - write the state of a machine that is up to a file; its guest
 * stands still then, until it is continued ("cont" of QMP)
 * @fd: borrowed
 * @without_ram: memory that is in a shared file (machine_origin.ram) is whole
 *               there when this is done
 *
 * Fails with -EBUSY while a command runs in the guest.  @done also runs when
 * the machine ends, and never when it is freed.
 */
void machine_save(struct machine *machine, int fd, bool without_ram,
		  machine_saved_fn *done, void *arg);

/**
 * machine_rest() - can it be saved?
 * @with_left: also when a child that a command has left keeps its output
 *
 * Return: 0; -EBUSY: a command runs; -EAGAIN: its shell is not idle yet;
 *         -ENOTCONN: it is not up.
 */
int machine_rest(const struct machine *machine, bool with_left);
/** machine_go_on() - one that stands still, saved or loaded, goes on; does not
 * wait */
void machine_go_on(struct machine *machine);

enum machine_state machine_state(const struct machine *machine);
const struct plan_node *machine_node(const struct machine *machine);

/* A command of a machine that has not ended. */
struct machine_command;

/** machine_run() - see guest_shell_run(); waits for the shell when the guest
 * is booting.  on_done also runs, with .error telling which, as soon as the
 * guest panics, QEMU ends or the shell is lost.
 * Return: borrowed until on_done; NULL when that has run already. */
struct machine_command *machine_run(struct machine *machine,
				    const struct shell_spec *spec);
/* See guest_shell_kill() and the others; what is gone with its machine takes
 * no more, and on_done is about to say so. */
void machine_command_kill(struct machine_command *command);
int machine_command_signal(struct machine_command *command, int signo);
int machine_command_write(struct machine_command *command, const void *data,
			  size_t size);
void machine_command_close_input(struct machine_command *command);
size_t machine_command_unread(const struct machine_command *command);
/** machine_command_forget() - nobody waits any more: its session is killed and
 * on_done never runs; NULL is a no-op */
void machine_command_forget(struct machine_command *command);

/** machine_qmp() - a QMP command; fails with -ENOTCONN when QEMU is not up */
void machine_qmp(struct machine *machine, const char *command,
		 json_t *arguments, qmp_done_fn *done, void *arg);
/** machine_set_link() - carrier of the nic'th interface, as the guest sees it; of
 * PLAN_NICS_MAX */
void machine_set_link(struct machine *machine, size_t nic, bool up,
		      qmp_done_fn *done, void *arg);

/**
 * machine_rejoin() - QEMU has another switch behind that interface, and has raised
 * its carrier, as it does with vhost-user
 *
 * Where machine_set_link() had taken it away, it is taken away again.  Else the
 * guest says who it is: guests that have seen the carrier go have forgotten
 * their neighbours, and may have asked for them when nobody could hear, and ask
 * again after a second.
 */
void machine_rejoin(struct machine *machine, size_t nic);

/** machine_settle() - before it is started: tell its last end now, if only those
 * who waited for commands have heard of it yet */
void machine_settle(struct machine *machine);

/** machine_expect_end() - the next end of QEMU, or loss of the shell, is
 * wanted and no failure (shutdown, reboot, crash) */
void machine_expect_end(struct machine *machine);
/** machine_n_losses() - how often it panicked, ended, was reset or lost its shell
 * while nobody had asked for it; counted before a command hears of it */
unsigned machine_n_losses(const struct machine *machine);
/** machine_expect_reboot() - the shell may be lost; it is awaited again */
void machine_expect_reboot(struct machine *machine);
/** machine_kill() - end QEMU at once; MACHINE_ENDED follows */
void machine_kill(struct machine *machine);
/** machine_console() - the serial console since the start, borrowed until the
 * next event; @size: out */
const char *machine_console(const struct machine *machine, size_t *size);
/** machine_console_part() - the line of the console that has not ended, or "";
 * borrowed likewise */
const char *machine_console_part(const struct machine *machine);
/**
 * machine_type_console() - what a terminal at its serial port would send
 *
 * Taken at once, and read by the guest when it likes.
 * Return: 0; -ENOTCONN when it is off, -ENOBUFS when the guest has left more
 * than MACHINE_TYPED_MAX bytes unread, with @err set.
 */
int machine_type_console(struct machine *machine, const void *data, size_t size,
			 struct err *err);
enum { MACHINE_TYPED_MAX = 1024 * 1024 };

/* Bytes of the serial console as they come; @size 0: the machine is off, and
 * this is the last call. */
typedef void machine_tap_fn(const void *data, size_t size, void *arg);
/** machine_tap_console() - one at a time; NULL: no more
 * Return: 0; -ENOTCONN when it is off, -EBUSY when somebody has it. */
int machine_tap_console(struct machine *machine, machine_tap_fn *tap,
			void *arg);

/* An event of QMP that a machine has seen since it was started. */
struct machine_qmp_event {
	uint64_t number;    /* 1, 2, ...; goes on when it is started anew */
	uint64_t at_ns;	    /* by the host's clock */
	const char *name;   /* "STOP" */
	const json_t *data; /* or NULL */
};

enum { MACHINE_QMP_EVENTS_KEPT = 1000 };
/** machine_qmp_event() - the oldest that is kept and has a number of at least
 * @from; borrowed until the next one.  Return: is there one? */
bool machine_qmp_event(const struct machine *machine, uint64_t from,
		       struct machine_qmp_event *event);

/** machine_has_panicked() - its guest has, and was not started anew since */
bool machine_has_panicked(const struct machine *machine);
/** machine_fell() - it is off, and neither we nor the guest wanted that: QEMU
 * was killed, say */
bool machine_fell(const struct machine *machine);
/** machine_died() - it fell, and neither did its guest power it off, reset it or
 * panic: QEMU was killed by somebody else, or failed after the shell had
 * answered; one that cannot start is told to who starts it */
bool machine_died(const struct machine *machine);
/** machine_ended() - how QEMU ended last, with its last words, for messages; ""
 * when it has not; borrowed until the next event */
const char *machine_ended(const struct machine *machine);
/** machine_free() - kills QEMU and waits for it; no event follows */
void machine_free(struct machine *machine);

#endif /* DRIVER_VM_MACHINE_H */
