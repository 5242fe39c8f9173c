#include "config.h"

#include "driver/vm/start-script.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/vm/relay.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { LOOK_MS = 50, DISCARD_SIZE = 4096 };

/* Where a connection of QEMU's is awaited. */
struct door {
	char path[SOCKPATH_MAX + 1];
	int fd;		     /* owned; listens; -1: none */
	struct event *event; /* owned */
};

struct words {
	char **items; /* NULL-ended, owned with each */
	size_t n;
};

struct start_script {
	struct start_script_spec spec; /* all borrowed */
	char dir[PATH_MAX];
	struct door shell, monitor;
	int monitor_fd; /* QEMU's connection, which we only drain; -1 */
	struct event *on_monitor; /* owned */
	char qmp_path[SOCKPATH_MAX + 1];
	int qmp_ends[2];     /* ours, for the machine; the relay's; -1: gone */
	struct relay *relay; /* owned; NULL: QMP is not there */
	struct timer *look;  /* owned; for QMP's socket */
	uint64_t patience_end_ms; /* 0: told */
	struct words argv, env;
};

static void __attribute__((format(printf, 2, 3)))
add(struct words *words, const char *fmt, ...)
{
	va_list ap;

	words->items =
	    xrealloc(words->items, words->n + 2, sizeof(*words->items));
	va_start(ap, fmt);
	words->items[words->n++] = xvasprintf(fmt, ap);
	va_end(ap);
	words->items[words->n] = NULL;
}

static void
words_fini(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->items[i]);
	free(words->items);
}

/* ---- QMP, where QEMU listens ---- */

static void
on_relay_done(struct relay *relay, void *arg)
{
	struct start_script *script = arg;

	relay_free(relay);
	script->relay = NULL;
}

static void
tell_patience(struct start_script *script)
{
	char line[PATH_MAX + 160];

	if (script->patience_end_ms == 0 ||
	    clock_now_ms(script->spec.clock) < script->patience_end_ms)
		return;
	script->patience_end_ms = 0;
	snprintf(line, sizeof(line),
		 "there is no QEMU at %s yet; does the start command pass its "
		 "arguments (\"$@\") on to QEMU?",
		 script->qmp_path);
	script->spec.on_line(line, script->spec.arg);
}

static void
on_look(void *arg)
{
	struct start_script *script = arg;
	int fd = sockpath_connect(script->qmp_path, SOCK_STREAM, NULL);

	if (fd < 0) {
		tell_patience(script);
		timer_set_in(script->look, LOOK_MS * NS_PER_MS);
		return;
	}
	script->relay = relay_new(script->spec.base, script->qmp_ends[1], fd,
				  on_relay_done, script);
	script->qmp_ends[1] = -1;
}

/* ---- monitor and shell, where we do ---- */

static void
door_close(struct door *door)
{
	if (door->event != NULL)
		event_free(door->event);
	door->event = NULL;
	if (door->fd >= 0) {
		close(door->fd);
		unlink(door->path);
	}
	door->fd = -1;
}

static int
door_open(struct door *door, struct start_script *script, const char *name,
	  event_callback_fn on_caller, struct err *err)
{
	if (snprintf(door->path, sizeof(door->path), "%s/%s", script->dir,
		     name) >= (int)sizeof(door->path))
		return err_set(err, -ENAMETOOLONG,
			       "%s/%s: too long for a unix socket; a shorter "
			       "XDG_RUNTIME_DIR would help",
			       script->dir, name);
	door->fd = sockpath_listen(door->path, SOCK_STREAM, 0600, err);
	if (door->fd < 0)
		return door->fd;
	door->event = event_new(script->spec.base, door->fd,
				EV_READ | EV_PERSIST, on_caller, script);
	if (door->event == NULL || event_add(door->event, NULL) < 0)
		abort(); /* out of memory */
	return 0;
}

static void
on_shell_caller(evutil_socket_t listener, short what, void *arg)
{
	struct start_script *script = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	door_close(&script->shell);
	script->spec.on_shell(fd, script->spec.arg);
}

/* Nobody reads what it says; QMP is better. */
static void
on_monitor_text(evutil_socket_t fd, short what, void *arg)
{
	struct start_script *script = arg;
	char discard[DISCARD_SIZE];
	ssize_t n = recv(fd, discard, sizeof(discard), MSG_DONTWAIT);

	(void)what;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		event_del(script->on_monitor);
}

static void
on_monitor_caller(evutil_socket_t listener, short what, void *arg)
{
	struct start_script *script = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	door_close(&script->monitor);
	script->monitor_fd = fd;
	script->on_monitor =
	    event_new(script->spec.base, fd, EV_READ | EV_PERSIST,
		      on_monitor_text, script);
	if (script->on_monitor == NULL ||
	    event_add(script->on_monitor, NULL) < 0)
		abort(); /* out of memory */
}

/* ---- set-up ---- */

static int
make_dirs(struct start_script *script, struct err *err)
{
	const struct start_script_spec *spec = &script->spec;
	char shared[PATH_MAX];
	int ret;

	if (snprintf(script->dir, sizeof(script->dir), "%s/vm-state-%s",
		     spec->run_dir,
		     spec->node->name) >= (int)sizeof(script->dir) ||
	    snprintf(shared, sizeof(shared), "%s/shared-xchg", spec->run_dir) >=
		(int)sizeof(shared) ||
	    snprintf(script->qmp_path, sizeof(script->qmp_path), "%s/qmp",
		     script->dir) >= (int)sizeof(script->qmp_path))
		return err_set(err, -ENAMETOOLONG, "%s: too long",
			       spec->run_dir);
	ret = sockpath_make_dir(script->dir, 0700, err);
	if (ret >= 0)
		ret = sockpath_make_dir(shared, 0700, err);
	/* of the QEMU before this one, if that was killed */
	if (ret >= 0 && unlink(script->qmp_path) < 0 && errno != ENOENT)
		ret = err_errno(err, "%s", script->qmp_path);
	return ret < 0 ? ret : 0;
}

static void
fill_argv(struct start_script *script)
{
	const struct plan_node *node = script->spec.node;
	struct words *argv = &script->argv;

	add(argv, "sh");
	add(argv, "-c");
	add(argv, "%s \"$@\"", node->start_command);
	add(argv, "%s", node->name); /* $0 */
	add(argv, "-qmp");
	add(argv, "unix:%s,server=on,wait=off", script->qmp_path);
	add(argv, "-monitor");
	add(argv, "unix:%s", script->monitor.path);
	add(argv, "-chardev");
	add(argv, "socket,id=shell,path=%s", script->shell.path);
	for (int i = 0; i < 3; i++) {
		static const char *const devices[] = {
			"virtio-serial", "virtconsole,chardev=shell",
			"virtio-rng-pci"
		};

		add(argv, "-device");
		add(argv, "%s", devices[i]);
	}
	add(argv, "-serial");
	add(argv, "stdio");
	if (!script->spec.allow_reboot)
		add(argv, "-no-reboot");
	add(argv, "-nographic");
	for (size_t i = 0; i < node->n_qemu_options; i++)
		add(argv, "%s", node->qemu_options[i]);
}

static void
add_socket(struct start_script *script, unsigned vlan)
{
	add(&script->env, "QEMU_VDE_SOCKET_%u=%s/switch/vlan%u", vlan,
	    script->spec.run_dir, vlan);
}

static void
fill_env(struct start_script *script)
{
	const struct start_script_spec *spec = &script->spec;
	struct words *env = &script->env;

	add(env, "TMPDIR=%s", script->dir);
	add(env, "SHARED_DIR=%s/shared-xchg", spec->run_dir);
	add(env, "USE_TMPDIR=1");
	for (size_t i = 0; i < spec->node->n_told_vlans; i++)
		add_socket(script, spec->node->told_vlans[i]);
	for (size_t i = 0; i < spec->node->n_nics; i++)
		add_socket(script, spec->node->nics[i].vlan);
}

struct start_script *
start_script_new(const struct start_script_spec *spec, struct err *err)
{
	struct start_script *script = XNEW(struct start_script);
	int ret;

	script->spec = *spec;
	script->shell.fd = script->monitor.fd = script->monitor_fd = -1;
	script->qmp_ends[0] = script->qmp_ends[1] = -1;
	script->look = timer_new(spec->clock, on_look, script);
	ret = make_dirs(script, err);
	if (ret == 0)
		ret = door_open(&script->shell, script, "shell",
				on_shell_caller, err);
	if (ret == 0)
		ret = door_open(&script->monitor, script, "monitor",
				on_monitor_caller, err);
	if (ret == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				   script->qmp_ends) < 0)
		ret = err_errno(err, "socketpair");
	if (ret < 0) {
		start_script_free(script);
		return NULL;
	}
	fill_argv(script);
	fill_env(script);
	script->patience_end_ms =
	    clock_now_ms(spec->clock) + START_SCRIPT_PATIENCE_MS;
	timer_set_in(script->look, LOOK_MS * NS_PER_MS);
	return script;
}

int
start_script_qmp(struct start_script *script)
{
	int fd = script->qmp_ends[0];

	script->qmp_ends[0] = -1;
	return fd;
}

void
start_script_fill(const struct start_script *script, struct process_spec *spec)
{
	spec->argv = (const char *const *)script->argv.items;
	spec->env = (const char *const *)script->env.items;
	spec->cwd = script->dir;
	spec->kills_group = true; /* a script may have started more */
}

void
start_script_free(struct start_script *script)
{
	if (script == NULL)
		return;
	timer_free(script->look);
	relay_free(script->relay);
	for (int i = 0; i < 2; i++)
		if (script->qmp_ends[i] >= 0)
			close(script->qmp_ends[i]);
	door_close(&script->shell);
	door_close(&script->monitor);
	if (script->on_monitor != NULL)
		event_free(script->on_monitor);
	if (script->monitor_fd >= 0)
		close(script->monitor_fd);
	words_fini(&script->argv);
	words_fini(&script->env);
	free(script);
}
