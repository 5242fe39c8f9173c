/* run-control: who looks at a run: clients of its control socket, and a person
 * for whom it stands still. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/control/control.h"
#include "driver/control/run-info.h"
#include "driver/control/standstill.h"
#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/report/terminal.h"
#include "driver/results.h"
#include "driver/run-facts.h"
#include "driver/run-internal.h"
#include "driver/run.h"
#include "driver/script/script.h"
#include "driver/script/test-file.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"

/* ---- standing still ---- */

static const char *
run_id(const struct run *run)
{
	return strrchr(run->run_dir, '-') + 1;
}

void
run_close_prompt(struct run *run)
{
	if (run->standstill == NULL)
		return;
	standstill_free(run->standstill);
	run->standstill = NULL;
	if (run->terminal != NULL)
		terminal_mute(run->terminal, false);
}

static void stand_still(struct run *run, const char *place, const char *error);

static int
go_on(void *arg)
{
	struct run *run = arg;
	size_t n_paused = script_n_paused(run->script);
	bool staying = run->staying;

	if (!staying && n_paused == 0)
		return -EINVAL;
	run_close_prompt(run);
	event_log_add(run->log, "run.continued", "");
	run->staying = false;
	if (staying)
		return 0;
	script_continue(run->script);
	if (n_paused > 1) {
		/* Another task, of those that parallel() has begun. */
		stand_still(run, script_paused_at(run->script), NULL);
	} else if (run->left_ns > 0 && script_n_paused(run->script) == 0) {
		run->deadline_ns = clock_now_ns(run->clock) + run->left_ns;
		timer_set(run->deadline, run->deadline_ns);
		run->left_ns = 0;
	}
	return 0;
}

static void
on_prompt_over(void *arg)
{
	struct run *run = arg;

	if (go_on(run) < 0)
		run_close_prompt(run);
}

/* Tell where the run stands, and open a prompt if there is a terminal. */
static void
stand_still(struct run *run, const char *place, const char *error)
{
	struct err err = ERR_INIT;

	event_log_add(
	    run->log, "run.paused", "s:s, s:o, s:o", "run", run_id(run),
	    "place", json_text(place, strlen(place)), "error",
	    error != NULL ? json_text(error, strlen(error)) : json_null());
	if (run->standstill != NULL || run->options->quiet ||
	    !standstill_has_terminal())
		return;
	fflush(stdout);
	run->standstill =
	    standstill_new(run->base, run->clock, run->run_dir,
			   run->options->look.color, on_prompt_over, run, &err);
	if (run->standstill == NULL)
		log_warn("no prompt: %s", err.text);
	else
		terminal_mute(run->terminal, true);
}

/* A task of the script has met breakpoint(). */
const char *
run_on_pause(const char *place, void *arg)
{
	struct run *run = arg;
	const char *why = standstill_is_possible();
	uint64_t now_ns = clock_now_ns(run->clock);

	if (why != NULL && !run->serving)
		return why;
	if (run->deadline != NULL && timer_is_set(run->deadline)) {
		timer_cancel(run->deadline);
		run->left_ns =
		    run->deadline_ns > now_ns ? run->deadline_ns - now_ns : 1;
	}
	stand_still(run, place, NULL);
	return NULL;
}

/* The script has failed: stay until somebody says that it may end. */
void
run_stay(struct run *run)
{
	run->staying = true;
	script_serve(run->script, run->live);
	stand_still(run, "its failure", run->error);
	while (run->staying && event_base_loop(run->base, EVLOOP_ONCE) == 0)
		;
	run->staying = false;
	run_close_prompt(run);
}

/* ---- the control socket ---- */

static const char *
state_word(const struct run *run)
{
	if (run->live == NULL)
		return "starting";
	if (run->staying)
		return "failed";
	if (run->done)
		return "ending";
	if (script_paused_at(run->script) != NULL)
		return "paused";
	return run->serving ? "serving" : "running";
}

static json_t *
info(void *arg)
{
	const struct run *run = arg;
	const struct run_options *options = run->options;
	const char *dir = results_dir(run->results);
	json_t *about = run_info_new(run->plan, run->live);
	json_t *rest = json_pack(
	    "{s:s, s:s, s:o, s:i, s:s, s:o, s:o, s:o, s:f, s:I, s:s, s:f}",
	    "run", run_id(run), "test", run->plan->name, "file",
	    json_text(run->plan->file, strlen(run->plan->file)), "pid",
	    (int)getpid(), "state", state_word(run), "error",
	    run->error != NULL ? json_text(run->error, strlen(run->error))
			       : json_null(),
	    "results", json_text(dir, strlen(dir)), "dir",
	    json_text(run->run_dir, strlen(run->run_dir)), "now",
	    event_log_now_s(run->log), "seed", (json_int_t)options->seed,
	    "accel", accel_name(options->accel), "timeout_scale",
	    options->timeout_scale);

	json_object_update(about, rest);
	json_decref(rest);
	json_object_set_new(about, "subtests", test_file_subtests(run->file));
	return about;
}

static struct machine *
machine(const char *name, void *arg)
{
	const struct run *run = arg;
	const struct plan_node *node = plan_find_node(run->plan, name);

	return node == NULL || run->live == NULL
		   ? NULL
		   : live_machine(run->live, (size_t)(node - run->plan->nodes));
}

static void
end(const char *error, const json_t *at, void *arg)
{
	struct run *run = arg;
	char *why;

	if (run->staying) {
		run->staying = false;
		return;
	}
	if (run->serving && error == NULL) {
		run->done = true;
		return;
	}
	if (at != NULL && run->code == EXIT_OK) {
		run->error_file = xstrdup(json_str_or(at, "file", ""));
		run->error_line = (int)json_int_or(at, "line", 0);
	}
	if (run->serving)
		why = xstrdup(error);
	else
		why = xasprintf("ended over the control socket%s%s",
				error != NULL ? ": " : "",
				error != NULL ? error : "");
	run_stop_script(run, EXIT_TEST_FAILED, why);
	free(why);
}

static void
source(const char *file, const char *text, size_t size, void *arg)
{
	run_log_source(arg, file, text, size);
}

int
run_setup_control(struct run *run, struct err *err)
{
	const struct control_spec spec = {
		.base = run->base,
		.log = run->log,
		.script = run->script,
		.dir = run->run_dir,
		.info = info,
		.machine = machine,
		.go_on = go_on,
		.end = end,
		.source = source,
		.arg = run,
	};

	run->control = control_new(&spec, err);
	return run->control != NULL ? 0 : -EIO;
}

/* Nothing is ever written there: it can be read when it has come to its end. */
static void
on_lifeline(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	char octet;

	(void)what;
	if (read(fd, &octet, 1) > 0)
		return;
	event_del(run->on_lifeline);
	if (run->done && !run->staying)
		return;
	run_stop_script(run, EXIT_TEST_FAILED,
			"who started the run has gone without ending it");
}

int
run_watch_lifeline(struct run *run, struct err *err)
{
	int fd = run->options->lifeline_fd;

	if (fd < 0)
		return 0;
	if (evutil_make_socket_closeonexec(fd) < 0 ||
	    evutil_make_socket_nonblocking(fd) < 0)
		return err_errno(err, "descriptor %d, the lifeline", fd);
	run->on_lifeline =
	    event_new(run->base, fd, EV_READ | EV_PERSIST, on_lifeline, run);
	if (run->on_lifeline == NULL || event_add(run->on_lifeline, NULL) < 0)
		return err_set(err, -ENOMEM, "cannot watch the lifeline");
	return 0;
}

/* Tell whoever started us where the socket is. */
int
run_announce(const struct run *run, struct err *err)
{
	int fd = run->options->ready_fd;

	if (fd < 0)
		return 0;
	if (dprintf(fd, "%s/control\n", run->run_dir) < 0)
		return err_errno(err,
				 "descriptor %d, which is to be told "
				 "where the control socket is",
				 fd);
	close(fd);
	return 0;
}
