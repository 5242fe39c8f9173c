#include "config.h"

#include "driver/run.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/batch/host.h"
#include "driver/control/control.h"
#include "driver/coverage/collect.h"
#include "driver/failed-screens.h"
#include "driver/host-check.h"
#include "driver/janitor.h"
#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/loop.h"
#include "driver/report/event-log.h"
#include "driver/report/report-child.h"
#include "driver/report/shown-text.h"
#include "driver/report/terminal.h"
#include "driver/results.h"
#include "driver/run-facts.h"
#include "driver/run-internal.h"
#include "driver/script/script.h"
#include "driver/script/test-file.h"
#include "driver/vm/image.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

static const int signals[RUN_N_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };

void
run_fails(struct run *run, int code, const char *why)
{
	if (run->code != EXIT_OK)
		return;
	run->code = code;
	run->error = xstrdup(why);
}

/* ---- what ends a run before its script does ---- */

void
run_stop_script(struct run *run, int code, const char *why)
{
	run_fails(run, code, why);
	run->staying = false;
	if (run->serving)
		run->done = true;
	else if (run->script == NULL || run->live == NULL || run->done)
		return;
	else if (code == EXIT_TIMED_OUT)
		script_time_out(run->script, why);
	else
		script_abort(run->script, why);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct run *run = arg;
	char why[64];

	(void)what;
	snprintf(why, sizeof(why), "interrupted by %s", strsignal((int)signo));
	if (run->terminal != NULL)
		terminal_end_live(run->terminal);
	/* Once more and we die at once; the janitor cleans up. */
	for (int i = 0; i < RUN_N_SIGNALS; i++)
		event_del(run->on_signals[i]);
	run->interrupted = true;
	run_stop_script(run, 128 + (int)signo, why);
}

static void
on_deadline(void *arg)
{
	struct run *run = arg;
	char why[96];

	if (run->all_late)
		snprintf(why, sizeof(why),
			 "the tests did not end within the %g s of --timeout",
			 run->options->limit_s);
	else
		snprintf(why, sizeof(why),
			 "the test did not end within its %g s",
			 (double)run->plan->timeout_ms / 1e3 *
			     run->options->timeout_scale);
	event_log_add(run->log, "time-out", "s:s", "text", why);
	run_stop_script(run, EXIT_TIMED_OUT, why);
}

static void
on_broken(const char *why, void *arg)
{
	run_stop_script(arg, EXIT_INFRA, why);
}

static void
on_machine(size_t node, enum machine_event event, const char *text, void *arg)
{
	struct run *run = arg;
	char why[512];

	if (event == MACHINE_DISK_ERROR) {
		snprintf(why, sizeof(why), "%s: %s",
			 run->plan->nodes[node].name, text);
		run_stop_script(run, EXIT_INFRA, why);
		return;
	}
	if (!run->done || run->staying) {
		script_on_machine(run->script, node, event, text);
		return;
	}
	if (event != MACHINE_PANICKED)
		return;
	/* The panic failed the script's last step, which caught the error. */
	snprintf(why, sizeof(why), "%s: the guest panicked: %s",
		 run->plan->nodes[node].name, text != NULL ? text : "");
	run_fails(run, EXIT_TEST_FAILED, why);
}

static void
on_script_done(const char *error, void *arg)
{
	struct run *run = arg;

	run->done = true;
	if (error == NULL)
		return;
	if (run->code == EXIT_OK) {
		run_fails(run, EXIT_TEST_FAILED, error);
		return;
	}
	/* Stopped from outside: the script's error has the reason, with the
	 * place, unless it died of not stopping. */
	if (strstr(error, run->error) != NULL) {
		free(run->error);
		run->error = xstrdup(error);
	}
}

/* ---- beginning ---- */

static int
setup_loop(struct run *run, struct err *err)
{
	run->base = event_base_new();
	if (run->base == NULL)
		return err_set(err, -ENOMEM, "cannot make an event loop");
	run->clock = clock_real_new(run->base);
	return 0;
}

/* Signals go to one loop only, and images are made with one of their own: not
 * before they are there. */
static int
setup_signals(struct run *run, struct err *err)
{
	for (int i = 0; i < RUN_N_SIGNALS; i++) {
		run->on_signals[i] =
		    evsignal_new(run->base, signals[i], on_signal, run);
		if (run->on_signals[i] == NULL ||
		    event_add(run->on_signals[i], NULL) < 0)
			return err_set(err, -ENOMEM, "cannot watch signals");
	}
	if (run->terminal != NULL)
		terminal_go_live(run->terminal, run->base, run->clock);
	return 0;
}

static int
setup_host(struct run *run, struct err *err)
{
	struct host_room room;

	host_room_read("", &room);
	return host_check(run->plan, &room, err);
}

/* Nodes with a kernel or a disk of their own need no image. */
static int
setup_images(struct run *run, struct err *err)
{
	run->images = xcalloc(run->plan->n_nodes + 1, sizeof(*run->images));
	for (size_t i = 0; i < run->plan->n_nodes; i++) {
		const struct plan_node *node = &run->plan->nodes[i];
		struct vm_image_spec spec = { .packages = node->packages,
					      .n_packages = node->n_packages,
					      .init = node->init,
					      .arch = node->arch };
		int ret, signo;

		if (!plan_boots_image(node))
			continue;
		ret = vm_image_build(&spec, &run->images[i], &signo, err);
		if (signo != 0)
			run_fails(run, 128 + signo, err->text);
		if (ret < 0) {
			err_prefix(err, "the image of %s", node->name);
			return ret;
		}
	}
	return 0;
}

static int
setup_results(struct run *run, struct err *err)
{
	run->results =
	    run->options->dir != NULL
		? results_at(run->options->dir)
		: results_open(run->options->results, run->plan->name, err);
	return run->results != NULL ? 0 : -EIO;
}

static int
setup_run_dir(struct run *run, struct err *err)
{
	char path[PATH_MAX];
	int ret = sockpath_runtime_dir(path, sizeof(path), err);

	if (ret < 0)
		return ret;
	if (snprintf(run->run_dir, sizeof(run->run_dir), "%s/run-XXXXXX",
		     path) >= (int)sizeof(run->run_dir))
		return err_set(err, -ENAMETOOLONG, "%s: too long", path);
	if (mkdtemp(run->run_dir) == NULL) {
		run->run_dir[0] = '\0';
		return err_errno(err, "cannot make a directory in %s", path);
	}
	return janitor_watch(run->options->janitor, run->run_dir, err);
}

static int
setup_log(struct run *run, struct err *err)
{
	const struct run_options *options = run->options;
	const char *dir = results_dir(run->results);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/log.jsonl", dir);
	run->log = event_log_new(run->clock, path, err);
	if (run->log == NULL)
		return -EIO;
	if (!options->quiet)
		run->terminal = terminal_new(run->log, &options->look);
	run_log_begin(run);
	return 0;
}

static int
setup_script(struct run *run, struct err *err)
{
	char *socket = xasprintf("%s/control", run->run_dir);
	const struct script_spec spec = {
		.base = run->base,
		.clock = run->clock,
		.log = run->log,
		.file = run->file,
		.timeout_scale = run->options->timeout_scale,
		.seed = run->options->seed,
		.results_dir = results_dir(run->results),
		.coverage = run->coverage,
		.socket = socket,
		.inspect = run->options->serve || run->options->pause_on_fail,
		.on_pause = run_on_pause,
		.pause_arg = run,
	};

	run->socket = socket;
	run->script = script_new(&spec, err);
	return run->script != NULL ? 0 : -EINVAL;
}

static int
setup_live(struct run *run, struct err *err)
{
	char *title =
	    xasprintf("%s, seed %" PRIu64, run->plan->name, run->options->seed);
	const struct live_spec spec = {
		.base = run->base,
		.clock = run->clock,
		.log = run->log,
		.plan = run->plan,
		.images = run->images,
		.qemu = run->options->qemu,
		.accel = run->options->accel,
		.snapshots = run->options->snapshots,
		.run_dir = run->run_dir,
		.results_dir = results_dir(run->results),
		.title = title,
		.on_machine = on_machine,
		.on_broken = on_broken,
		.arg = run,
	};

	run->title = title;
	run->live = live_new(&spec, err);
	return run->live != NULL ? 0 : -EIO;
}

/* ---- middle ---- */

static void
start_script(struct run *run)
{
	const struct run_options *options = run->options;
	double limit_ns =
	    (double)run->plan->timeout_ms * 1e6 * options->timeout_scale;
	uint64_t end_ns = clock_now_ns(run->clock) + (uint64_t)limit_ns;

	run->all_late = options->until_ns != 0 && options->until_ns < end_ns;
	run->deadline = timer_new(run->clock, on_deadline, run);
	run->deadline_ns = run->all_late ? options->until_ns : end_ns;
	timer_set(run->deadline, run->deadline_ns);
	script_start(run->script, run->live, on_script_done, run);
	if (run->code != EXIT_OK) /* interrupted while it was set up */
		script_abort(run->script, run->error);
}

/* In place of the script: whatever clients want. */
static void
start_serving(struct run *run)
{
	struct err err = ERR_INIT;

	run->serving = true;
	script_serve(run->script, run->live);
	if (run_announce(run, &err) < 0)
		run_fails(run, EXIT_INFRA, err.text);
	if (run->code != EXIT_OK)
		run->done = true;
}

static void
keep_screens(struct run *run)
{
	const struct failed_screens_spec spec = {
		.base = run->base,
		.clock = run->clock,
		.log = run->log,
		.plan = run->plan,
		.live = run->live,
		.results_dir = results_dir(run->results),
	};

	run->screens = failed_screens_take(&spec);
}

static void
run_script(struct run *run)
{
	if (run->options->serve)
		start_serving(run);
	else
		start_script(run);
	while (!run->done && event_base_loop(run->base, EVLOOP_ONCE) == 0)
		;
	timer_free(run->deadline);
	run->deadline = NULL;
	run_close_prompt(run);
	if (!run->done)
		run_fails(run, EXIT_INFRA, "the event loop failed");
	if (run->code == EXIT_TEST_FAILED || run->code == EXIT_TIMED_OUT) {
		keep_screens(run);
		if (run->options->pause_on_fail)
			run_stay(run);
	}
	run_collect_coverage(run);
}

/* ---- end ---- */

/* The lab was not in order: whether the test passed or failed says nothing. */
static void
not_to_be_trusted(struct run *run, const char *why)
{
	char *error = run->error;

	if (run->code != EXIT_OK && run->code != EXIT_TEST_FAILED)
		return;
	run->code = EXIT_INFRA;
	run->error =
	    error != NULL ? xasprintf("%s\n%s", error, why) : xstrdup(why);
	free(error);
}

static void
end_log(struct run *run)
{
	run_log_captures(run);
	if (event_log_error(run->log) < 0)
		not_to_be_trusted(run, "log.jsonl is incomplete: it could not "
				       "be written; is the disk full?");
	run_log_end(run);
}

/* Its time and its trouble are not the test's. */
static void
write_reports(struct run *run)
{
	char findings[REPORT_FINDINGS_SIZE];
	const char *dir = results_dir(run->results);
	FILE *out = run->options->look.out;
	struct err err = ERR_INIT;

	if (report_child_run(dir, REPORT_CHILD_MS, findings, &err) < 0) {
		log_warn("%s: no report: %s; \"vdelab report\" tries again",
			 dir, err.text);
		return;
	}
	if (run->options->quiet || run->code == EXIT_OK || findings[0] == '\0')
		return;
	findings[strlen(findings) - 1] = '\0';
	fprintf(out, "On the wire:\n  ");
	shown_put(out, findings, 2);
	fprintf(out, "\n");
	fflush(out);
}

/* The run has ended, and its log says how.  A signal that comes now has nothing
 * left to end, and shall not make the process's end another than the run's. */
static void
ignore_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < RUN_N_SIGNALS; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
run_fini(struct run *run)
{
	struct err err = ERR_INIT;

	run->done = true;
	control_stop(run->control);
	script_stop(run->script);
	if (run->coverage != NULL)
		coverage_stop(run->coverage);
	if (live_free(run->live, &err) < 0)
		not_to_be_trusted(run, err.text);
	failed_screens_free(run->screens);
	coverage_end(run->coverage);
	script_free(run->script);
	if (run->run_dir[0] != '\0') {
		if (sockpath_remove_tree(run->run_dir, &err) < 0)
			log_warn("%s", err.text);
		else
			janitor_forget(run->options->janitor, run->run_dir);
	}
	if (run->log != NULL)
		end_log(run);
	else if (run->error != NULL)
		log_error("%s: %s", run->plan->name, run->error);
	control_free(run->control);
	event_log_free(run->log);
	terminal_free(run->terminal);
	if (run->log != NULL)
		write_reports(run);
	results_close(run->results);
	if (run->images != NULL)
		for (size_t i = 0; i < run->plan->n_nodes; i++)
			vm_image_fini(&run->images[i]);
	free(run->images);
	ignore_signals();
	for (int i = 0; i < RUN_N_SIGNALS; i++)
		if (run->on_signals[i] != NULL)
			event_free(run->on_signals[i]);
	if (run->on_lifeline != NULL)
		event_free(run->on_lifeline);
	clock_free(run->clock);
	if (run->base != NULL)
		event_base_free(run->base);
	free(run->socket);
	free(run->title);
	free(run->error);
	free(run->error_file);
}

int
run_test(const struct run_options *options, struct test_file *file)
{
	/* The log first: it tells what the others die of. */
	static int (*const steps[])(struct run *, struct err *) = {
		setup_results, setup_loop,	   setup_log,
		setup_host,    setup_images,	   setup_run_dir,
		setup_signals, run_watch_lifeline, run_setup_coverage,
		setup_script,  run_setup_control,  setup_live,
	};
	struct run run = { .options = options,
			   .file = file,
			   .plan = test_file_plan(file) };
	struct err err = ERR_INIT;
	size_t i = 0;

	while (i < sizeof(steps) / sizeof(steps[0]) && run.code == EXIT_OK) {
		if (steps[i++](&run, &err) < 0)
			run_fails(&run, EXIT_INFRA, err.text);
	}
	if (run.code == EXIT_OK)
		run_script(&run);
	run_fini(&run);
	return run.code;
}
