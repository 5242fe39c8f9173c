/* machine-qmp: what a machine's QEMU is told, and tells, over QMP. */
#include "driver/vm/machine-internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/vm/disk-set.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/process.h"
#include "lib/xalloc.h"

/* The guest begins anew, wanted or not. */
static void
on_reset(struct machine *m)
{
	bool wanted = m->reboot_expected;

	if (!wanted)
		m->n_losses++;
	m->state = MACHINE_BOOTING;
	machine_shell_begin(m);
	machine_fail_commands(m, "the guest was reset");
	if (!wanted)
		machine_tell(m, MACHINE_SHELL_LOST, "the guest was reset");
}

/* The guest hears of it, too; but the host, or an image of the test's, is at
 * fault, and nothing that the guest does now says anything.  Devices that a
 * test has made itself are its own concern. */
static void
on_disk_error(struct machine *m, const json_t *data)
{
	const char *disk = disk_set_name_of(json_str_or(data, "node-name", ""));
	const char *reason = json_str_or(data, "reason", strerror(EIO));
	/* QEMU says `nospace' of some drives only. */
	bool full = strcmp(reason, strerror(ENOSPC)) == 0 ||
		    json_is_true(json_object_get(data, "nospace"));
	char *text;

	if (disk == NULL)
		return;
	text = xasprintf("disk '%s': the host cannot %s it: %s%s%s%s", disk,
			 json_str_or(data, "operation", "use"), reason,
			 full ? "; what guests write is kept in " : "",
			 full ? disk_set_directory() : "",
			 full ? ", TMPDIR can name another directory" : "");
	machine_tell(m, MACHINE_DISK_ERROR, text);
	free(text);
}

static void
on_qmp_event(const char *event, const json_t *data, void *arg)
{
	struct machine *m = arg;
	const char *reason = json_string_value(json_object_get(data, "reason"));

	qmp_record_add(m->qmp_events, clock_now_ns(m->host->clock), event,
		       data);
	m->on_event(m, MACHINE_QMP, event, data, m->arg);
	if (strcmp(event, "GUEST_PANICKED") == 0)
		machine_panicked(m, NULL);
	else if (strcmp(event, "MIGRATION") == 0)
		machine_migration_event(m, data);
	else if (strcmp(event, "NETDEV_STREAM_CONNECTED") == 0)
		machine_wire_event(m, data);
	else if (strcmp(event, "RESET") == 0 &&
		 json_is_true(json_object_get(data, "guest")))
		on_reset(m);
	else if (strcmp(event, "SHUTDOWN") == 0 && reason != NULL)
		snprintf(m->end_reason, sizeof(m->end_reason), "%s", reason);
	else if (strcmp(event, "BLOCK_IO_ERROR") == 0)
		on_disk_error(m, data);
}

static void
on_qmp_closed(const char *reason, void *arg)
{
	struct machine *m = arg;

	qmp_free(m->qmp);
	m->qmp = NULL;
	if (m->state == MACHINE_OFF)
		return;
	/* QEMU is ending, or is no QEMU: in either case it ends now. */
	if (strstr(reason, "closed") == NULL)
		machine_tell(m, MACHINE_QEMU_LINE, reason);
	process_stop(m->qemu, MACHINE_END_MS);
}

void
machine_qmp_begin(struct machine *m, int fd)
{
	m->qmp = qmp_new(m->host->base, fd, on_qmp_event, on_qmp_closed, m);
}

void
machine_qmp(struct machine *m, const char *command, json_t *arguments,
	    qmp_done_fn *done, void *arg)
{
	struct err err = ERR_INIT;

	if (m->qmp != NULL) {
		qmp_command(m->qmp, command, arguments, done, arg);
		return;
	}
	json_decref(arguments);
	err_set(&err, -ENOTCONN, "the machine is off");
	if (done != NULL)
		done(NULL, &err, arg);
}
