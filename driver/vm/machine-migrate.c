/*
 * machine-migrate: the state of a machine saved, and taken up again, by QEMU's
 * migration.
 *
 * A restore: QEMU waits ("-incoming defer"), is told where the state is, loads
 * it, and continues once its wires are there; then the shell is taken up where
 * it was, and hears what the guest must know.  Only then is the machine up.
 * Whatever fails on the way ends QEMU.
 */
#include "driver/vm/machine-internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/vm/snapshot-text.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum {
	LOAD_MAX_MS = 120 * 1000, /* for QEMU to load a state */
	SAVE_MAX_MS = 300 * 1000, /* for QEMU to write one */
	WIRES_MAX_MS = 2 * 1000,  /* for the switch to connect to QEMU */
	TELL_MAX_MS = 60 * 1000,  /* for the guest to hear of it */
	FINISH_MS = 10,		  /* for QEMU to be done when it says so */
};

struct machine_restore {
	struct machine *machine;       /* borrowed */
	struct timer *deadline;	       /* owned */
	struct shell_memory shell;     /* owned */
	struct shell_command *command; /* tells the guest; or NULL */
	bool is_copy;
	bool held; /* machine_go_on() is to come */
	bool loaded;
	bool goes_on; /* as soon as all of .wires are there */
	/* Interfaces whose netdev waits for the switch to connect: bit 0 is of
	 * "n1". */
	unsigned wires;
	struct timer *wires_deadline; /* owned */
};

struct machine_saving {
	struct machine *machine; /* borrowed */
	struct timer *deadline;	 /* owned */
	struct timer *finish;	 /* owned */
	struct shell_memory shell;
	machine_saved_fn *done;
	void *arg; /* borrowed */
};

static void
set_capabilities(struct machine *m, bool without_ram, qmp_done_fn *done)
{
	machine_qmp(m, "migrate-set-capabilities",
		    json_pack("{s:[{s:s, s:b}, {s:s, s:b}]}", "capabilities",
			      "capability", "events", "state", true,
			      "capability", "x-ignore-shared", "state",
			      without_ram),
		    done, m);
}

/* ---- restore ---- */

static void
restore_free(struct machine_restore *restore)
{
	timer_free(restore->deadline);
	timer_free(restore->wires_deadline);
	shell_memory_fini(&restore->shell);
	free(restore);
}

static void restore_fails(struct machine *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* QEMU ends; machine_migration_end() does the rest. */
static void
restore_fails(struct machine *m, const char *fmt, ...)
{
	va_list ap;

	if (m->restore_error != NULL)
		return;
	va_start(ap, fmt);
	m->restore_error = xvasprintf(fmt, ap);
	va_end(ap);
	m->end_expected = true;
	machine_kill(m);
}

static void
on_load_deadline(void *arg)
{
	restore_fails(arg, "QEMU does not load the saved state");
}

static void
on_told(const struct shell_result *result, void *arg)
{
	struct machine_restore *restore = arg;
	struct machine *m = restore->machine;

	restore->command = NULL;
	if (result->error != NULL || result->status != 0) {
		restore_fails(
		    m, "the guest cannot be told that it goes on: %s%.*s",
		    result->error != NULL ? result->error : "",
		    (int)result->err_size, (const char *)result->err);
		return;
	}
	m->restore = NULL;
	restore_free(restore);
	m->state = MACHINE_UP;
	m->was_up = true;
	machine_tell(m, MACHINE_READY, NULL);
}

static void
tell_guest(struct machine_restore *restore)
{
	char *text = snapshot_text_after(restore->is_copy);
	const struct shell_spec spec = {
		.text = text,
		.timeout_ms = TELL_MAX_MS,
		.on_done = on_told,
		.arg = restore,
	};

	restore->command = guest_shell_run(restore->machine->shell, &spec);
	free(text);
}

static void
on_asked(const json_t *result, const struct err *err, void *arg)
{
	struct machine *m = arg;

	/* When QEMU ends, its last words tell more. */
	if (result == NULL && m->restore != NULL && err->code != -ECONNRESET)
		restore_fails(m, "%s", err->text);
}

/* It runs: its shell reads again. */
static void
on_continued(const json_t *result, const struct err *err, void *arg)
{
	struct machine *m = arg;
	struct machine_restore *restore = m->restore;

	if (restore == NULL)
		return;
	if (result == NULL) {
		on_asked(NULL, err, m);
		return;
	}
	timer_cancel(restore->deadline);
	tell_guest(restore);
	machine_shell_resume(m, &restore->shell, restore->is_copy);
}

static void
go_on_now(void *arg)
{
	struct machine *m = arg;

	timer_cancel(m->restore->wires_deadline);
	m->restore->goes_on = false;
	m->restore->wires = 0;
	machine_qmp(m, "cont", NULL, on_continued, m);
}

/* QEMU 7.2 falls over the first frame of a guest that goes on before a netdev
 * that listens does, which it begins in a thread of its own.  Nobody may connect,
 * for the switch is gone; or it was told before QMP was ours.  QEMU listens at
 * least when the time is over. */
static void
go_on_with_wires(struct machine *m)
{
	struct machine_restore *restore = m->restore;

	restore->goes_on = true;
	if (restore->wires == 0)
		go_on_now(m);
	else
		timer_set_in(restore->wires_deadline, WIRES_MAX_MS * NS_PER_MS);
}

void
machine_wire_event(struct machine *m, const json_t *data)
{
	const char *id = json_str_or(data, "netdev-id", "");
	struct machine_restore *restore = m->restore;
	unsigned number;

	if (restore == NULL || sscanf(id, "n%u", &number) != 1 || number < 1 ||
	    number > PLAN_NICS_MAX)
		return;
	restore->wires &= ~(1U << (number - 1));
	if (restore->goes_on && restore->wires == 0)
		go_on_now(m);
}

void
machine_restore_begin(struct machine *m, const struct machine_origin *origin,
		      int fd)
{
	struct machine_restore *restore = XNEW(struct machine_restore);
	char uri[32];

	restore->machine = m;
	restore->is_copy = origin->is_copy;
	restore->held = origin->held;
	restore->shell = *origin->shell;
	shell_slots_copy(&restore->shell.slots, &origin->shell->slots);
	restore->deadline = timer_new(m->host->clock, on_load_deadline, m);
	timer_set_in(restore->deadline, LOAD_MAX_MS * NS_PER_MS);
	restore->wires_deadline = timer_new(m->host->clock, go_on_now, m);
	if (m->node->net == PLAN_NET_STREAM)
		restore->wires = (1U << m->node->n_nics) - 1;
	m->restore = restore;
	machine_shell_await(m);
	set_capabilities(m, origin->without_ram, on_asked);
	snprintf(uri, sizeof(uri), "fd:%d", fd);
	machine_qmp(m, "migrate-incoming", json_pack("{s:s}", "uri", uri),
		    on_asked, m);
}

bool
machine_restore_on_shell(struct machine *m, const char *reason)
{
	if (m->restore == NULL)
		return false;
	if (reason != NULL)
		restore_fails(m, "its shell was lost: %s", reason);
	return true;
}

static void
on_restore_event(struct machine *m, const char *status)
{
	/* When that has failed QEMU says why, and ends. */
	if (strcmp(status, "completed") != 0 || m->restore->loaded)
		return;
	m->restore->loaded = true;
	if (m->restore->held)
		machine_tell(m, MACHINE_LOADED, NULL);
	else
		go_on_with_wires(m);
}

/* ---- save ---- */

static void
saving_end(struct machine *m, const struct err *err)
{
	struct machine_saving *saving = m->saving;

	m->saving = NULL;
	timer_free(saving->deadline);
	timer_free(saving->finish);
	saving->done(err == NULL ? &saving->shell : NULL, err, saving->arg);
	shell_memory_fini(&saving->shell);
	free(saving);
}

static void
saving_fails(struct machine *m, const char *why)
{
	struct err err = ERR_INIT;

	err_set(&err, -EIO, "its state cannot be saved: %s", why);
	saving_end(m, &err);
}

static void
on_save_deadline(void *arg)
{
	struct machine *m = arg;

	machine_qmp(m, "migrate_cancel", NULL, NULL, NULL);
	saving_fails(m, "QEMU takes too long");
}

static void
on_save_asked(const json_t *result, const struct err *err, void *arg)
{
	struct machine *m = arg;

	if (result == NULL && m->saving != NULL && err->code != -ECONNRESET)
		saving_fails(m, err->text);
}

static void
on_status(const json_t *result, const struct err *err, void *arg)
{
	struct machine *m = arg;

	if (result == NULL)
		on_save_asked(NULL, err, m);
	else if (m->saving == NULL)
		return;
	else if (strcmp(json_str_or(result, "status", ""), "postmigrate") == 0)
		saving_end(m, NULL);
	else
		timer_set_in(m->saving->finish, FINISH_MS * NS_PER_MS);
}

/* "completed" is told a moment before it is: a "cont" right then is refused, and
 * the guest would stand still for good. */
static void
await_finish(void *arg)
{
	struct machine *m = arg;

	machine_qmp(m, "query-status", NULL, on_status, m);
}

void
machine_save(struct machine *m, int fd, bool without_ram,
	     machine_saved_fn *done, void *arg)
{
	struct shell_memory memory;
	struct machine_saving *saving;
	struct err err = ERR_INIT;
	int ret = m->state == MACHINE_UP && m->saving == NULL
		      ? guest_shell_remember(m->shell, &memory)
		      : -ENOTCONN;

	if (ret < 0) {
		err_set(&err, ret, "its state cannot be saved: %s",
			ret == -EBUSY ? "a command runs in it"
				      : "its shell does not answer");
		done(NULL, &err, arg);
		return;
	}
	saving = XNEW(struct machine_saving);
	saving->machine = m;
	saving->shell = memory;
	saving->done = done;
	saving->arg = arg;
	saving->finish = timer_new(m->host->clock, await_finish, m);
	saving->deadline = timer_new(m->host->clock, on_save_deadline, m);
	timer_set_in(saving->deadline, SAVE_MAX_MS * NS_PER_MS);
	m->saving = saving;
	machine_qmp(m, "stop", NULL, on_save_asked, m);
	set_capabilities(m, without_ram, on_save_asked);
	/* As fast as it goes; nobody else uses this wire. */
	machine_qmp(m, "migrate-set-parameters",
		    json_pack("{s:I}", "max-bandwidth", (json_int_t)1 << 40),
		    on_save_asked, m);
	if (m->qmp != NULL)
		qmp_command_fd(m->qmp, "getfd",
			       json_pack("{s:s}", "fdname", "state"), fd,
			       on_save_asked, m);
	machine_qmp(m, "migrate", json_pack("{s:s}", "uri", "fd:state"),
		    on_save_asked, m);
}

/* ---- both ---- */

int
machine_rest(const struct machine *m, bool with_left)
{
	struct shell_memory memory;
	int ret;

	if (m->state != MACHINE_UP || m->shell == NULL)
		return -ENOTCONN;
	if (!TAILQ_EMPTY(&m->commands))
		return -EBUSY;
	ret = guest_shell_remember(m->shell, &memory);
	if (ret == 0 && !with_left && shell_slots_needed(&memory.slots) > 0)
		ret = -EBUSY;
	shell_memory_fini(&memory);
	return ret == -EBUSY ? -EAGAIN : ret;
}

void
machine_go_on(struct machine *m)
{
	if (m->restore != NULL && m->restore->loaded)
		go_on_with_wires(m);
	else
		machine_qmp(m, "cont", NULL, NULL, NULL);
}

void
machine_migration_event(struct machine *m, const json_t *data)
{
	const char *status = json_str_or(data, "status", "");

	if (m->restore != NULL)
		on_restore_event(m, status);
	else if (m->saving != NULL && strcmp(status, "completed") == 0)
		await_finish(m);
	else if (m->saving != NULL && strcmp(status, "failed") == 0)
		saving_fails(m, "QEMU could not write it; is the disk full?");
}

void
machine_migration_end(struct machine *m, const char *why)
{
	struct machine_restore *restore = m->restore;

	m->restore = NULL;
	if (restore != NULL) {
		if (restore->command != NULL)
			guest_shell_forget(restore->command);
		/* Else it was killed by who does not want it any more. */
		if (m->restore_error == NULL && why != NULL &&
		    m->state != MACHINE_STOPPING)
			m->restore_error = xstrdup(why);
		restore_free(restore);
	}
	if (m->saving == NULL)
		return;
	if (why != NULL) {
		saving_fails(m, why);
		return;
	}
	timer_free(m->saving->deadline);
	timer_free(m->saving->finish);
	shell_memory_fini(&m->saving->shell);
	free(m->saving);
	m->saving = NULL;
}
