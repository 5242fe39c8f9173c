#include "config.h"

#include "driver/vm/machine-internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/vm/arch.h"
#include "driver/vm/console-log.h"
#include "driver/vm/control-net.h"
#include "driver/vm/disk-set.h"
#include "driver/vm/forwards.h"
#include "driver/vm/image.h"
#include "driver/vm/qemu-args.h"
#include "driver/vm/start-script.h"
#include "driver/vm/vsock.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum {
	CONSOLE_LINES_TOLD = 15, /* with a panic or an unwanted end */
	QEMU_LINES_TOLD = 5,
	PANIC_SETTLE_MS = 300, /* for the rest of its lines to arrive */
	READ_SIZE = 16 * 1024,
};

void
machine_tell(struct machine *m, enum machine_event event, const char *text)
{
	m->on_event(m, event, text, NULL, m->arg);
}

/* ---- panic ---- */

static void
on_panic_settled(void *arg)
{
	struct machine *m = arg;

	m->n_losses++;
	machine_fail_commands(m,
			      "the guest panicked: %s; the last lines of its "
			      "console:\n%s",
			      m->panic,
			      console_log_tail(m->console, CONSOLE_LINES_TOLD));
	machine_tell(m, MACHINE_PANICKED, m->panic);
}

/* From the console or from QMP, whichever is first; the better text wins. */
void
machine_panicked(struct machine *m, const char *text)
{
	if (m->panic[0] == '\0')
		timer_set_in(m->panic_timer, PANIC_SETTLE_MS * NS_PER_MS);
	if (text != NULL)
		snprintf(m->panic, sizeof(m->panic), "%s", text);
	else if (m->panic[0] == '\0')
		snprintf(m->panic, sizeof(m->panic), "QEMU saw it panic");
}

/* ---- serial console, and QEMU's own words ---- */

static void
on_serial_line(const char *line, void *arg)
{
	struct machine *m = arg;
	const char *panic = strstr(line, "Kernel panic - not syncing");

	machine_tell(m, MACHINE_SERIAL_LINE, line);
	/* It is said once more behind the trace. */
	if (panic != NULL && strstr(line, "---[ end") == NULL)
		machine_panicked(m, panic);
}

/* Return: false at the end, or when there is no more for now. */
static bool
read_serial(struct machine *m)
{
	char buf[READ_SIZE];
	ssize_t n = recv(m->serial_fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0) {
		const char *part;

		console_log_add(m->console, buf, (size_t)n);
		if (m->tap != NULL)
			m->tap(buf, (size_t)n, m->tap_arg);
		part = console_log_unfinished(m->console);
		if (*part != '\0')
			machine_tell(m, MACHINE_SERIAL_PART, part);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		event_del(m->serial_event);
	return n > 0;
}

static void
on_serial(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_serial(arg);
}

static void
on_qemu_output(struct process *p, int fd, const void *data, size_t size,
	       void *arg)
{
	struct machine *m = arg;

	(void)p;
	(void)fd;
	console_log_add(m->qemu_said, data, size);
}

/* ---- QEMU's end ---- */

/* Return: was it the doing of the guest, or of who told QEMU? */
static bool
describe_end(const struct machine *m, const struct process_status *status,
	     char *text, size_t size)
{
	static const struct {
		const char *reason;
		const char *text;
	} reasons[] = {
		{ "guest-shutdown", "the guest powered off" },
		{ "guest-reset", "the guest reset itself" },
		{ "guest-panic", "the guest panicked" },
		{ "host-qmp-quit", "QEMU was told to quit" },
	};
	char how[64];

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(m->end_reason, reasons[i].reason) == 0) {
			snprintf(text, size, "%s", reasons[i].text);
			return true;
		}
	}
	process_status_text(status, how, sizeof(how));
	snprintf(text, size, "QEMU ended: %s", how);
	return false;
}

static void
release(struct machine *m)
{
	m->state = MACHINE_OFF;
	machine_migration_end(m, NULL);
	timer_cancel(m->panic_timer);
	machine_shell_end(m);
	qmp_free(m->qmp);
	m->qmp = NULL;
	if (m->shell_fd >= 0)
		close(m->shell_fd);
	m->shell_fd = -1;
	control_net_free(m->control);
	m->control = NULL;
	machine_serial_end(m);
	start_script_free(m->script);
	m->script = NULL;
	if (m->serial_event != NULL)
		event_free(m->serial_event);
	m->serial_event = NULL;
	if (m->serial_fd >= 0)
		close(m->serial_fd);
	m->serial_fd = -1;
	process_free(m->qemu);
	m->qemu = NULL;
}

void
machine_settle(struct machine *m)
{
	char how[sizeof(m->untold_end)];

	if (m->untold_end[0] == '\0')
		return;
	memcpy(how, m->untold_end, sizeof(how));
	m->untold_end[0] = '\0';
	machine_tell(m, MACHINE_ENDED, how);
}

static void
on_qemu_exit(struct process *p, const struct process_status *status, void *arg)
{
	struct machine *m = arg;
	bool expected = m->end_expected;
	struct qmp *qmp = m->qmp;
	const char *said;
	char how[128];

	(void)p;
	/* What it said last is still in the socket. */
	while (read_serial(m))
		;
	console_log_flush(m->console);
	console_log_flush(m->qemu_said);
	if (m->panic[0] != '\0' && timer_is_set(m->panic_timer)) {
		timer_cancel(m->panic_timer);
		on_panic_settled(m);
	}
	if (!expected)
		m->n_losses++;
	m->fell = !expected && strcmp(m->end_reason, "guest-shutdown") != 0;
	m->died = !describe_end(m, status, how, sizeof(how)) && !expected &&
		  (m->was_up || status->signaled);
	said = console_log_tail(m->qemu_said, QEMU_LINES_TOLD);
	free(m->ended);
	m->ended =
	    xasprintf("%s%s%.*s", how, *said != '\0' ? "; it said: " : "",
		      *said != '\0' ? (int)strlen(said) - 1 : 0, said);
	m->qmp = NULL;
	machine_migration_end(m, m->ended);
	release(m);
	qmp_end(qmp, m->ended); /* may not have heard of it yet */
	qmp_free(qmp);
	snprintf(m->untold_end, sizeof(m->untold_end), "%s", how);
	if (expected)
		machine_fail_commands(m, "%s", how);
	else
		machine_fail_commands(
		    m, "%s; the last lines of its console:\n%s", m->ended,
		    console_log_tail(m->console, CONSOLE_LINES_TOLD));
	machine_settle(m);
}

/* ---- start ---- */

/* QEMU's ends of the sockets; closed when it has been started. */
struct qemu_ends {
	struct qemu_fds fds;
	/* QMP, serial, shell, eth0, nics, CD, disks, memory, state */
	int keep[4 + PLAN_NICS_MAX + 1 + PLAN_DISKS_MAX + 2];
	size_t n_keep;
	size_t n_own; /* of them: ours to close */
};

static void
close_ends(struct qemu_ends *ends)
{
	for (size_t i = 0; i < ends->n_own; i++)
		close(ends->keep[i]);
	ends->n_own = 0;
}

/* Return: our end, or -errno; *@theirs is QEMU's. */
static int
make_pair(struct qemu_ends *ends, int *theirs, struct err *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(err, "socketpair");
	ends->keep[ends->n_keep++] = *theirs = fds[1];
	ends->n_own++;
	return fds[0];
}

/* QEMU's descriptor holds the address from now on; each QEMU needs its own. */
static int
open_vsock(struct machine *m, struct qemu_ends *ends, struct err *err)
{
	int fd = vsock_reserve(NULL, NULL, &m->vsock_cid, err);

	if (fd < 0)
		return fd;
	ends->keep[ends->n_keep++] = ends->fds.vsock = fd;
	ends->n_own++;
	ends->fds.vsock_cid = m->vsock_cid;
	return 0;
}

/* Return: 0; -errno with what was opened left to release(). */
static int
open_channels(struct machine *m, struct qemu_ends *ends, bool allow_reboot,
	      struct err *err)
{
	int fd = m->node->start_command != NULL
		     ? machine_open_script(m, allow_reboot, err)
		     : make_pair(ends, &ends->fds.qmp, err);

	if (fd < 0)
		return fd;
	machine_qmp_begin(m, fd);
	m->serial_fd = make_pair(ends, &ends->fds.serial, err);
	if (m->serial_fd < 0)
		return m->serial_fd;
	m->serial_event = event_new(m->host->base, m->serial_fd,
				    EV_READ | EV_PERSIST, on_serial, m);
	if (m->serial_event == NULL || event_add(m->serial_event, NULL) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (m->node->has_eth0) {
		int ret;

		fd = make_pair(ends, &ends->fds.control, err);
		ret = fd < 0 ? fd : machine_open_eth0(m, fd, err);
		if (ret < 0)
			return ret;
	}
	if (m->node->shell == PLAN_SHELL_TCP || m->script != NULL)
		return 0;
	if (m->node->shell == PLAN_SHELL_VSOCK)
		return open_vsock(m, ends, err);
	m->shell_fd = make_pair(ends, &ends->fds.shell, err);
	return m->shell_fd < 0 ? m->shell_fd : 0;
}

/* They are kept until the machine is no more. */
static int
open_disks(struct machine *m, struct err *err)
{
	if (m->disks == NULL && (m->node->disk != NULL || m->node->n_disks > 0))
		m->disks = disk_set_new(m->node, err);
	else
		return 0;
	return m->disks != NULL ? 0 : -EIO;
}

enum accel
machine_accel(const struct machine *m)
{
	return vm_arch_accel(m->node->arch, m->host->accel);
}

static int
find_program(const struct machine *m, char *path, size_t size, struct err *err)
{
	if (m->node->arch != PLAN_ARCH_X86_64)
		return vm_arch_find_qemu(m->node->arch, path, (unsigned)size,
					 err);
	snprintf(path, size, "%s", m->host->qemu);
	return 0;
}

static int
spawn(struct machine *m, const struct qemu_ends *ends, bool allow_reboot,
      struct err *err)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	char program[PATH_MAX];
	struct qemu_fds fds = ends->fds;
	char *switch_dir, **argv = NULL;
	int ret = m->script == NULL
		      ? find_program(m, program, sizeof(program), err)
		      : 0;

	if (ret < 0)
		return ret;
	spec.name = m->node->name;
	if (m->script != NULL) {
		start_script_fill(m->script, &spec);
		spec.stdin_fd = spec.stdout_fd = ends->fds.serial;
	} else {
		switch_dir = xasprintf("%s/switch", m->host->run_dir);
		fds.switch_dir = switch_dir;
		argv = qemu_args(program, machine_accel(m), m->node, m->image,
				 &fds, allow_reboot);
		free(switch_dir);
		spec.argv = (const char *const *)argv;
		spec.keep_fds = ends->keep;
		spec.n_keep_fds = ends->n_keep;
	}
	spec.on_output = on_qemu_output;
	spec.on_exit = on_qemu_exit;
	spec.arg = m;
	m->qemu = process_spawn(m->host->base, m->host->clock, &spec, err);
	qemu_args_free(argv);
	return m->qemu != NULL ? 0 : -EIO;
}

/* What is given to QEMU as it is. */
static void
keep_foreign(struct qemu_ends *ends, const struct machine *m,
	     const struct machine_origin *origin)
{
	for (size_t i = 0; i < m->node->n_nics; i++)
		if (ends->fds.nics[i].fd >= 0)
			ends->keep[ends->n_keep++] = ends->fds.nics[i].fd;
	ends->fds.disks = m->disks;
	ends->n_keep += disk_set_fds(m->disks, &ends->keep[ends->n_keep]);
	if (origin == NULL)
		return;
	ends->fds.ram = origin->ram;
	if (origin->ram != NULL)
		ends->keep[ends->n_keep++] = origin->ram->fd;
	ends->fds.incoming = origin->state_fd >= 0;
	if (ends->fds.incoming)
		ends->keep[ends->n_keep++] = origin->state_fd;
}

/* Is it the same machine, of a moment ago? */
static bool
goes_on(const struct machine_origin *origin)
{
	return origin != NULL && origin->state_fd >= 0 && !origin->is_copy;
}

int
machine_start(struct machine *m, const struct qemu_nic *nics, bool allow_reboot,
	      struct err *err)
{
	return machine_start_from(m, nics, allow_reboot, NULL, err);
}

int
machine_start_from(struct machine *m, const struct qemu_nic *nics,
		   bool allow_reboot, const struct machine_origin *origin,
		   struct err *err)
{
	struct qemu_ends ends = {
		.fds = { .qmp = -1,
			 .serial = -1,
			 .shell = -1,
			 .control = -1,
			 .nics = nics },
	};
	struct err mine = ERR_INIT;
	char pid[16];
	int ret;

	if (m->state != MACHINE_OFF)
		return err_set(err, -EALREADY, "it runs already");
	m->end_expected = m->reboot_expected = false;
	m->was_up = m->fell = m->died = false;
	m->panic[0] = m->lost[0] = m->end_reason[0] = '\0';
	memset(m->link_is_down, 0, sizeof(m->link_is_down));
	free(m->restore_error);
	m->restore_error = NULL;
	if (!goes_on(origin))
		console_log_clear(m->console);
	console_log_clear(m->qemu_said);
	qmp_record_clear(m->qmp_events);
	ret = open_disks(m, &mine);
	if (ret == 0)
		ret = open_channels(m, &ends, allow_reboot, &mine);
	if (ret == 0) {
		if (m->script == NULL)
			keep_foreign(&ends, m, origin);
		ret = spawn(m, &ends, allow_reboot, &mine);
	}
	close_ends(&ends);
	if (ret < 0) {
		release(m);
		if (err != NULL)
			*err = mine;
		return mine.code;
	}
	m->state = MACHINE_BOOTING;
	if (ends.fds.incoming)
		machine_restore_begin(m, origin, origin->state_fd);
	else
		machine_shell_begin(m);
	snprintf(pid, sizeof(pid), "%ld", (long)process_pid(m->qemu));
	machine_tell(m, MACHINE_STARTED, pid);
	if (ends.fds.incoming && origin->console != NULL)
		console_log_add(m->console, origin->console,
				strlen(origin->console));
	return 0;
}

/* ---- what else can be done to it ---- */

void
machine_expect_end(struct machine *m)
{
	m->end_expected = true;
}

unsigned
machine_n_losses(const struct machine *m)
{
	return m->n_losses;
}

void
machine_expect_reboot(struct machine *m)
{
	m->reboot_expected = true;
	m->state = MACHINE_BOOTING;
}

void
machine_kill(struct machine *m)
{
	if (m->qemu == NULL)
		return;
	m->state = MACHINE_STOPPING;
	/* A disk keeps what the guest has written, also what QEMU has not yet
	 * put into its file: it does so when it is asked to end. */
	process_stop(m->qemu, m->disks != NULL ? MACHINE_END_MS : 0);
}

const char *
machine_console(const struct machine *m, size_t *size)
{
	return console_log_text(m->console, size);
}

const char *
machine_console_part(const struct machine *m)
{
	return console_log_unfinished(m->console);
}

bool
machine_has_panicked(const struct machine *m)
{
	return m->panic[0] != '\0';
}

bool
machine_fell(const struct machine *m)
{
	return m->fell;
}

bool
machine_died(const struct machine *m)
{
	return m->died;
}

const char *
machine_ended(const struct machine *m)
{
	return m->ended != NULL ? m->ended : "";
}

const char *
machine_restore_error(const struct machine *m)
{
	return m->restore_error;
}

enum machine_state
machine_state(const struct machine *m)
{
	return m->state;
}

const struct plan_node *
machine_node(const struct machine *m)
{
	return m->node;
}

struct machine *
machine_new(const struct machine_host *host, const struct plan_node *node,
	    const struct vm_image *image, machine_event_fn *on_event, void *arg)
{
	struct machine *m = XNEW(struct machine);

	m->host = host;
	m->node = node;
	m->image = image;
	m->on_event = on_event;
	m->arg = arg;
	m->shell_fd = m->serial_fd = -1;
	TAILQ_INIT(&m->commands);
	m->console = console_log_new(on_serial_line, m);
	m->qemu_said = console_log_new(machine_qemu_line, m);
	m->qmp_events = qmp_record_new();
	m->panic_timer = timer_new(host->clock, on_panic_settled, m);
	machine_shell_init(m);
	machine_ways_init(m);
	return m;
}

void
machine_free(struct machine *m)
{
	struct machine_command *c;

	if (m == NULL)
		return;
	forwards_free(m->forwards);
	release(m);
	while ((c = TAILQ_FIRST(&m->commands)) != NULL)
		machine_command_forget(c);
	timer_free(m->panic_timer);
	machine_shell_fini(m);
	console_log_free(m->console);
	console_log_free(m->qemu_said);
	disk_set_free(m->disks);
	qmp_record_free(m->qmp_events);
	free(m->ended);
	free(m->restore_error);
	free(m);
}
