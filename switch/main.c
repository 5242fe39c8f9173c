/* vdelab-switch: set-up, signals and the orderly end. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/config-apply.h"
#include "switch/control.h"
#include "switch/face/face.h"
#include "switch/inherited.h"
#include "switch/kinds.h"
#include "switch/options-file.h"
#include "switch/options.h"
#include "switch/plugin-host.h"
#include "switch/port-store.h"
#include "switch/sandbox-places.h"
#include "switch/sandbox-start.h"
#include "switch/service-manager.h"
#include "switch/spin.h"
#include "switch/startup.h"
#include "switch/switch.h"

enum { N_SIGNALS = 3 };

/* Everything that runs; what has not been set up yet is NULL. */
struct program {
	const struct cli *cli;
	struct options options;
	char dir[PATH_MAX]; /* absolute */
	char lock[PATH_MAX + 8];
	char socket[PATH_MAX + 8];
	bool made_dir, bound;
	int lock_fd;
	enum sandbox sandbox; /* what is in force */
	struct inherited *inherited;
	struct service_manager *sm;
	struct port_store *store;
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct plugin_host *host;
	struct control *control;
	struct config *config; /* NULL without --config */
	char *config_path;     /* absolute; owned */
	int parent_fd;
	int exit_code;
	struct event *signals[N_SIGNALS];
};

static void
stop(void *arg)
{
	struct program *p = arg;

	event_base_loopbreak(p->base);
}

/* ---- configuration ---- */

/* A message a line, for there may be many. */
static void
log_lines(enum log_level level, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		log_msg(level, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* The manager is told the same after the start and after a reload. */
static void
tell_ready(struct program *p)
{
	service_manager_ready(p->sm, "%u segments, %u ports in %s",
			      (unsigned)p->sw->n_segments,
			      (unsigned)p->sw->n_ports, p->dir);
}

static void
on_reloaded(const struct config_report *report, void *arg)
{
	struct program *p = arg;

	log_lines(LOG_ERROR, report->text);
	if (report->refused)
		log_error("%s: nothing was changed", p->config_path);
	else
		log_info("%s: %u kept, %u done, %u undone, %u failed",
			 p->config_path, report->n_kept, report->n_done,
			 report->n_undone, report->n_failed);
	tell_ready(p);
}

struct reload_call {
	struct program *program;
	struct rpc_call *call;
};

static void
on_reload_answer(const struct config_report *report, void *arg)
{
	struct reload_call *r = arg;

	on_reloaded(report, r->program);
	if (report->n_failed > 0)
		rpc_fail(r->call, report->refused ? -EINVAL : -EIO,
			 report->text);
	else
		rpc_reply(r->call,
			  json_pack("{s:I, s:I, s:I}", "done",
				    (json_int_t)report->n_done, "undone",
				    (json_int_t)report->n_undone, "kept",
				    (json_int_t)report->n_kept));
	free(r);
}

static void
reload_for(struct rpc_call *call, void *arg)
{
	struct program *p = arg;
	struct reload_call *r = XNEW(struct reload_call);
	struct err err = ERR_INIT;

	r->program = p;
	r->call = call;
	service_manager_reloading(p->sm);
	if (config_apply(p->config, on_reload_answer, r, &err) == 0)
		return;
	rpc_fail_err(call, &err);
	free(r);
}

static void
reload(struct program *p)
{
	struct err err = ERR_INIT;

	service_manager_reloading(p->sm);
	if (config_apply(p->config, on_reloaded, p, &err) < 0)
		log_error("%s", err.text);
}

/* ---- signals ---- */

/* To a program in the foreground SIGHUP says that its terminal has gone; to a
 * daemon, that its configuration has changed. */
static void
on_hangup(evutil_socket_t signo, short what, void *arg)
{
	struct program *p = arg;

	(void)signo;
	(void)what;
	if (p->config != NULL)
		reload(p);
	else if (p->options.daemon)
		log_info("SIGHUP: there is nothing to reload without --config");
	else
		stop(p);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	(void)what;
	log_debug("signal %d: stopping", (int)signo);
	stop(arg);
}

static void
catch_signals(struct program *p)
{
	static const struct {
		int signo;
		event_callback_fn fn;
	} caught[N_SIGNALS] = { { SIGTERM, on_signal },
				{ SIGINT, on_signal },
				{ SIGHUP, on_hangup } };

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < N_SIGNALS; i++) {
		p->signals[i] =
		    evsignal_new(p->base, caught[i].signo, caught[i].fn, p);
		if (p->signals[i] == NULL)
			abort();
		event_priority_set(p->signals[i], SWITCH_PRIORITY_FIRST);
		event_add(p->signals[i], NULL);
	}
}

/* ---- set-up ---- */

static int
make_dir(struct program *p, struct err *err)
{
	char path[PATH_MAX];
	const char *dir = p->options.dir;
	size_t len;
	int ret;

	if (dir == NULL) {
		ret = sockpath_runtime_dir(path, sizeof(path), err);
		if (ret < 0)
			return ret;
		len = strlen(path);
		snprintf(path + len, sizeof(path) - len, "/default");
		dir = path;
	}
	ret = sockpath_make_dir(dir, 0700, err);
	if (ret < 0)
		return ret;
	p->made_dir = ret == 0;
	if (realpath(dir, p->dir) == NULL) {
		p->made_dir = false;
		return err_errno(err, "%s", dir);
	}
	return 0;
}

/* Others get to the segments through it, and see nothing else. */
static int
open_dir_to_others(const struct program *p, struct err *err)
{
	const struct segment_access *access = &p->options.access;

	if (access->dir_mode == 0)
		return 0;
	if ((access->has_group &&
	     chown(p->dir, (uid_t)-1, access->group) < 0) ||
	    chmod(p->dir, access->dir_mode) < 0)
		return err_errno(err, "cannot let others into %s", p->dir);
	return 0;
}

static int
lock_dir(struct program *p, struct err *err)
{
	snprintf(p->lock, sizeof(p->lock), "%s/lock", p->dir);
	p->lock_fd = sockpath_lock(p->lock, err);
	if (p->lock_fd < 0) {
		p->made_dir = false; /* somebody else's by now */
		return p->lock_fd;
	}
	return 0;
}

/* Before anybody can attach. */
static int
enter_sandbox(struct program *p, struct err *err)
{
	const struct sandbox_start start = {
		.wanted = p->options.sandbox,
		.places = p->options.places,
		.dir = p->dir,
		.made_dir = p->made_dir,
		.config = p->config_path,
		.cli = p->cli,
		.kinds = port_kinds,
	};
	int ret = sandbox_start(&start, err);

	if (ret < 0)
		return ret;
	p->sandbox = (enum sandbox)ret;
	return 0;
}

static int
add_segments(struct program *p, struct err *err)
{
	const char *name;

	for (size_t i = 0; (name = cli_opt_nth(p->cli, "segment", i)) != NULL;
	     i++) {
		if (switch_add_segment(p->sw, name, err) == NULL)
			return -EINVAL;
	}
	return 0;
}

static int
load_plugins(struct program *p, struct err *err)
{
	const char *text;

	for (size_t i = 0; (text = cli_opt_nth(p->cli, "plugin", i)) != NULL;
	     i++) {
		struct plugin_option option;
		struct plugin_request request = { .plugin = NULL };
		const char *id;

		if (plugin_option_init(&option, text, err) < 0)
			return -EINVAL;
		request.plugin = option.plugin;
		request.segment = option.segment;
		request.settings = option.settings;
		id = plugin_host_load(p->host, &request, err);
		plugin_option_fini(&option);
		if (id == NULL)
			return -EINVAL;
	}
	return 0;
}

/* Return: where the control socket listens; -errno. */
static int
listen_control(struct program *p, struct err *err)
{
	int fd;

	snprintf(p->socket, sizeof(p->socket), "%s/control", p->dir);
	fd = inherited_listener(p->inherited, "control", p->socket, err);
	if (fd != -ENOENT)
		return fd;
	fd = sockpath_listen(p->socket, SOCK_STREAM, 0600, err);
	p->bound = fd >= 0;
	return fd;
}

static int
open_control(struct program *p, struct err *err)
{
	struct control_config config = {
		.sw = p->sw,
		.host = p->host,
		.stop = stop,
		.stop_arg = p,
		.reload = p->config_path != NULL ? reload_for : NULL,
	};

	config.listen_fd = listen_control(p, err);
	if (config.listen_fd < 0)
		return config.listen_fd;
	p->control = control_new(&config, err);
	if (p->control == NULL)
		return -EIO;
	if (p->config_path != NULL)
		p->config = config_new(p->config_path, p->control, p->sw);
	return 0;
}

static int
set_up(struct program *p, struct err *err)
{
	struct switch_config config = { .kinds = port_kinds, .dir = p->dir };
	int ret = make_dir(p, err);

	if (ret == 0)
		ret = lock_dir(p, err);
	if (ret == 0)
		ret = open_dir_to_others(p, err);
	if (ret == 0)
		ret = enter_sandbox(p, err);
	if (ret < 0)
		return ret;
	config.base = p->base;
	config.clock = p->clock;
	config.inherited = p->inherited;
	config.access = p->options.access;
	config.sandbox = p->sandbox;
	config.n_workers = p->options.n_workers;
	p->sw = switch_new(&config);
	p->host = plugin_host_new(p->sw);
	ret = add_segments(p, err);
	if (ret < 0)
		return ret;
	p->store = port_store_new(p->sw, p->sm, p->inherited);
	ret = load_plugins(p, err);
	if (ret == 0)
		ret = open_control(p, err);
	return ret;
}

/* ---- the end ---- */

static void
tear_down(struct program *p)
{
	service_manager_stopping(p->sm);
	switch_end_workers(p->sw);
	port_store_free(p->store); /* what is kept, is kept */
	config_stop(p->config);
	control_free(p->control);
	if (p->bound)
		unlink(p->socket);
	plugin_host_free(p->host);
	switch_free(p->sw);
	if (p->lock_fd >= 0) {
		unlink(p->lock);
		close(p->lock_fd);
	}
	if (p->made_dir && rmdir(p->dir) < 0)
		log_warn("cannot remove %s: %m", p->dir);
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(p->signals[i]);
	config_free(p->config);
	inherited_free(p->inherited);
	service_manager_free(p->sm);
	clock_free(p->clock);
	event_base_free(p->base);
}

static void
be_ready(struct program *p)
{
	inherited_warn_unused(p->inherited);
	tell_ready(p);
	startup_ready(p->parent_fd, p->options.ready_fd);
}

/* At the start, what the file says is done or we do not start. */
static void
on_configured(const struct config_report *report, void *arg)
{
	struct program *p = arg;

	if (report->n_failed == 0) {
		be_ready(p);
		return;
	}
	log_lines(LOG_ERROR, report->text);
	p->exit_code = report->refused ? EXIT_USAGE : EXIT_INFRA;
	stop(p);
}

static int
serve(struct program *p, int parent_fd)
{
	struct err err = ERR_INIT;
	int ret;

	p->lock_fd = -1;
	p->parent_fd = parent_fd;
	p->base = switch_base_new();
	p->clock = clock_real_new(p->base);
	catch_signals(p);
	service_manager_start(p->sm, p->clock);
	ret = set_up(p, &err);
	if (ret == 0)
		ret = switch_start_workers(p->sw, p->options.spin_us, &err);
	if (ret == 0 && p->config != NULL)
		ret = config_apply(p->config, on_configured, p, &err);
	else if (ret == 0)
		be_ready(p);
	if (ret < 0) {
		sandbox_explain(p->sandbox, &err);
		log_error("%s", err.text);
		p->exit_code = EXIT_INFRA;
	} else if (p->exit_code == EXIT_OK) {
		/* With workers there are no frames here. */
		spin_dispatch(p->sw->lane, p->options.n_workers == 0
					       ? p->options.spin_us
					       : 0);
	}
	tear_down(p);
	return p->exit_code;
}

static int
check_config(const struct program *p)
{
	struct config_report report;
	const char **segments = NULL, *name;
	size_t n = 0;
	bool good;

	do {
		name = cli_opt_nth(p->cli, "segment", n);
		segments = xrealloc(segments, n + 1, sizeof(*segments));
		segments[n++] = name;
	} while (name != NULL);
	good = config_check_file(p->config_path, port_kinds, segments, &report);
	log_lines(LOG_ERROR, report.text);
	if (good && p->options.check_config)
		printf("%s: %u commands, no mistake\n", p->config_path,
		       report.n_done);
	free((char *)report.text);
	free(segments);
	return good ? EXIT_OK : EXIT_USAGE;
}

/* Absolute, for a daemon's working directory is /.  Links in it are followed
 * each time it is read. */
static char *
absolute(const char *path)
{
	char *dir, *text;

	if (path[0] == '/')
		return xstrdup(path);
	dir = getcwd(NULL, 0);
	text = xasprintf("%s/%s", dir != NULL ? dir : "", path);
	free(dir);
	return text;
}

/* Options of the file, and what is meant for the process that was started, before
 * it forks.  Return: an exit code. */
static int
take_over(struct program *p)
{
	struct err err = ERR_INIT;

	if (p->config_path != NULL &&
	    options_read_file(&p->options, p->config_path, p->cli, &err) < 0) {
		(void)check_config(p); /* tells that and all other mistakes */
		return EXIT_USAGE;
	}
	log_set_level(p->options.log_level);
	/* In the sandbox a plugin's mistakes look like its refusal. */
	if (p->config_path != NULL && p->options.sandbox == SANDBOX_STRICT &&
	    check_config(p) != EXIT_OK)
		return EXIT_USAGE;
	p->inherited = inherited_new(INHERITED_FIRST_FD, &err);
	if (p->inherited == NULL) {
		log_error("%s", err.text);
		return EXIT_INFRA;
	}
	p->sm = service_manager_new();
	return EXIT_OK;
}

/* In the background if that is wanted.  Return: an exit code. */
static int
start(struct program *p)
{
	int parent_fd = -1, code = take_over(p);

	if (code != EXIT_OK)
		return code;
	startup_raise_limits();
	if (p->options.daemon) {
		parent_fd = startup_fork(&code);
		if (parent_fd < 0) {
			inherited_free(p->inherited);
			service_manager_free(p->sm);
			return code;
		}
	}
	return serve(p, parent_fd);
}

static int
run(const struct cli *cli)
{
	struct program p = { .cli = cli };
	struct err err = ERR_INIT;
	int code;

	if (options_read(cli, &p.options, &err) < 0) {
		code = cli_usage_error(cli, "%s", err.text);
	} else {
		log_set_level(p.options.log_level);
		if (p.options.config != NULL)
			p.config_path = absolute(p.options.config);
		code = p.options.check_config ? check_config(&p) : start(&p);
	}
	free(p.config_path);
	options_fini(&p.options);
	return code;
}

int
main(int argc, char **argv)
{
	face_main_fn *face = face_find(argv[0]);
	static const struct cli_command root = {
		.name = "vdelab-switch",
		.args = "",
		.help = "a switch for virtual machines and their kin",
		.options = options_table,
		.run = run,
		.details =
		    "Under DIR lie the control socket and one directory a "
		    "segment, to which\n"
		    "VDE and stream clients attach.  DIR is "
		    "$XDG_RUNTIME_DIR/vdelab/default by\n"
		    "default.  SPEC is NAME[:SEGMENT][,key=value]...\n",
	};

	if (face != NULL)
		return face(argc, argv);
	log_init("vdelab-switch", LOG_INFO);
	return cli_main(&root, PACKAGE_VERSION, argc, argv, NULL);
}
