/* face-main: set-up, signals and the orderly end, in the manner of
 * vde_switch. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/control.h"
#include "switch/face/face.h"
#include "switch/face/mgmt.h"
#include "switch/face/pid-file.h"
#include "switch/face/session.h"
#include "switch/face/terminal.h"
#include "switch/kinds.h"
#include "switch/plugin-host.h"
#include "switch/sandbox.h"
#include "switch/service-manager.h"
#include "switch/startup.h"
#include "switch/switch.h"

#define ROOTS_DIR "/var/run/vde.ctl"
#define USERS_DIR "/tmp/vde.ctl"
#define USERS_SCRIPT ".vde2/vde_switch.rc"
#define SYSTEM_SCRIPT "/etc/vde2/vde_switch.rc"
#define SEGMENT_NAME "switch"

/* As the original's. */
enum { FACE_OK = 0, FACE_FAILED = 1, N_SIGNALS = 2 };

/* Everything that runs; what has not been set up yet is NULL. */
struct program {
	struct face_options options;
	/* Absolute: a daemon leaves its working directory.  Or NULL. */
	char *dir, *mgmt_path, *control_path, *pid_path;
	int pid_fd; /* holds its lock; or -1 */
	bool control_bound;
	bool stopping;
	int signal; /* that stops us; 0: none */
	struct service_manager *sm;
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct plugin_host *host;
	struct face *face;
	struct mgmt *mgmt;
	struct control *control;
	struct terminal *terminal;
	struct event *signals[N_SIGNALS];
};

/* ---- the reasons to stop ---- */

static void
stop(void *arg)
{
	struct program *p = arg;

	p->stopping = true;
	event_base_loopbreak(p->base);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct program *p = arg;

	(void)what;
	log_error("Caught signal %d, cleaning up and exiting", (int)signo);
	p->signal = (int)signo;
	stop(p);
}

static void
catch_signals(struct program *p)
{
	static const int caught[N_SIGNALS] = { SIGTERM, SIGINT };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* a terminal that goes ends its console */
	for (int i = 0; i < N_SIGNALS; i++) {
		p->signals[i] = evsignal_new(p->base, caught[i], on_signal, p);
		if (p->signals[i] == NULL)
			abort();
		event_priority_set(p->signals[i], SWITCH_PRIORITY_FIRST);
		event_add(p->signals[i], NULL);
	}
}

/* ---- set-up ---- */

/* What we open must not become somebody's idea of standard output. */
static void
fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void
settle_paths(struct program *p)
{
	struct face_options *o = &p->options;

	p->dir = absolute_path(o->dir);
	if (p->dir == NULL)
		p->dir = xstrdup(geteuid() == 0 ? ROOTS_DIR : USERS_DIR);
	p->mgmt_path = absolute_path(o->mgmt);
	p->control_path = absolute_path(o->control);
	p->pid_path = absolute_path(o->pid_file);
}

static int
make_switch(struct program *p, struct err *err)
{
	struct switch_config config = {
		.base = p->base,
		.clock = p->clock,
		.kinds = port_kinds,
		.ageing_ms = FACE_EXPIRE_S * 1000,
		.sandbox =
		    (enum sandbox)sandbox_enter(SANDBOX_AUTO, NULL, NULL),
	};

	p->sw = switch_new(&config);
	if (switch_add_segment(p->sw, SEGMENT_NAME, err) == NULL)
		return -EINVAL;
	p->host = plugin_host_new(p->sw);
	p->face = face_new(&p->options, p->sw, p->host);
	p->face->stop = stop;
	p->face->stop_arg = p;
	return 0;
}

static int
listen_for_clients(struct program *p, struct err *err)
{
	const struct segment_access access = {
		.dir_mode = p->options.dir_mode,
		.mode = p->options.mode,
		.has_group = p->options.has_group,
		.group = p->options.group,
	};

	return segment_listen_at(p->face->segment, p->dir, &access, err);
}

/* One that cannot be opened is told and left out, as it always was. */
static void
open_taps(struct program *p)
{
	const struct port_kind *kind = switch_find_kind(p->sw, "tap");

	for (size_t i = 0; i < p->options.n_taps; i++) {
		const char *name = p->options.taps[i];
		struct err err = ERR_INIT;
		json_t *params = json_pack("{s:s}", "dev", name);

		if (kind == NULL)
			err_set(&err, -ENOTSUP, "built without tap");
		else
			(void)switch_add_port(p->face->segment, kind, NULL,
					      PORT_MTU_DEFAULT, params, -1,
					      &err);
		json_decref(params);
		if (err.code < 0)
			log_error("ERROR OPENING tap interface: %s: %s", name,
				  err.text);
	}
}

static int
open_consoles(struct program *p, struct err *err)
{
	if (p->mgmt_path != NULL) {
		p->mgmt = mgmt_new(p->face, p->mgmt_path, err);
		if (p->mgmt == NULL)
			return -EIO;
	}
	if (p->control_path != NULL) {
		struct control_config config = {
			.sw = p->sw,
			.host = p->host,
			.stop = stop,
			.stop_arg = p,
		};

		config.listen_fd =
		    sockpath_listen(p->control_path, SOCK_STREAM, 0600, err);
		if (config.listen_fd < 0)
			return config.listen_fd;
		p->control_bound = true;
		p->control = control_new(&config, err);
		if (p->control == NULL)
			return -EIO;
	}
	if (!p->options.daemon && !p->options.no_stdin)
		p->terminal = terminal_new(p->face, stop, p);
	return 0;
}

/* Commands to start with: those of --rcfile, else of the user's file if there
 * is one, else of the system's. */
static void
load_script(struct program *p)
{
	struct session *s =
	    session_new(p->face, SESSION_QUIET, false, NULL, NULL);
	const char *home = getenv("HOME");
	char path[PATH_MAX];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/" USERS_SCRIPT,
		 home != NULL ? home : "");
	if (p->options.rc_file != NULL)
		(void)session_load(s, p->options.rc_file, &err);
	else if (access(path, R_OK) == 0)
		(void)session_load(s, path, &err);
	else if (access(SYSTEM_SCRIPT, R_OK) == 0)
		(void)session_load(s, SYSTEM_SCRIPT, &err);
	if (err.code < 0)
		log_error("%s", err.text);
	session_free(s);
}

static int
set_up(struct program *p, struct err *err)
{
	int ret = pid_file_write(p->pid_path, &p->pid_fd, err);

	if (ret == 0)
		ret = make_switch(p, err);
	if (ret == 0)
		ret = listen_for_clients(p, err);
	if (ret == 0)
		ret = open_consoles(p, err);
	if (ret < 0)
		return ret;
	open_taps(p);
	load_script(p);
	return 0;
}

/* ---- the end ---- */

static void
tear_down(struct program *p)
{
	service_manager_stopping(p->sm);
	terminal_free(p->terminal);
	mgmt_free(p->mgmt);
	control_free(p->control);
	if (p->control_bound)
		unlink(p->control_path);
	plugin_host_free(p->host);
	if (p->face != NULL)
		segment_unlisten(p->face->segment);
	/* The ports go while they have their numbers. */
	face_free(p->face);
	switch_free(p->sw);
	pid_file_remove(p->pid_path, p->pid_fd);
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(p->signals[i]);
	clock_free(p->clock);
	event_base_free(p->base);
}

static int
serve(struct program *p, int parent_fd)
{
	struct err err = ERR_INIT;
	int code = FACE_OK;

	p->pid_fd = -1;
	p->base = switch_base_new();
	p->clock = clock_real_new(p->base);
	catch_signals(p);
	service_manager_start(p->sm, p->clock);
	if (set_up(p, &err) < 0) {
		log_error("%s", err.text);
		code = FACE_FAILED;
	} else {
		service_manager_ready(p->sm, "switching in %s", p->dir);
		startup_ready(parent_fd, -1);
		if (!p->stopping)
			event_base_dispatch(p->base);
	}
	tear_down(p);
	if (p->signal == SIGINT) {
		signal(SIGINT, SIG_DFL); /* our parent wants to know */
		raise(SIGINT);
	}
	return code;
}

int
face_main(int argc, char **argv)
{
	struct program p = { .pid_fd = -1 };
	int parent_fd = -1, code;

	fill_standard_fds();
	log_init(FACE_PROGRAM, LOG_INFO);
	if (!face_options_read(argc, argv, &p.options, &code))
		return code;
	settle_paths(&p);
	p.sm = service_manager_new();
	startup_raise_limits();
	if (p.options.daemon)
		parent_fd = startup_fork(&code);
	if (!p.options.daemon || parent_fd >= 0)
		code = serve(&p, parent_fd);
	service_manager_free(p.sm);
	face_options_fini(&p.options);
	free(p.dir);
	free(p.mgmt_path);
	free(p.control_path);
	free(p.pid_path);
	return code;
}
