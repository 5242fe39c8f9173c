#include "config.h"

#include "driver/script/script-child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <lauxlib.h>

#include "driver/report/event-log.h"
#include "driver/script/python-check.h"
#include "driver/script/python.h"
#include "driver/script/script-internal.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum {
	CHILD_LINE_MAX = 16 * 1024,    /* a longer line becomes several */
	CHILD_OUTCOME_MAX = 64 * 1024, /* what a pipe holds without a reader */
	CHILD_SAY_MS = 1000, /* to fail by itself, when the run is to end */
	CHILD_END_MS = 2000, /* and then to end */
};

/* What came of stdout or stderr and has no line's end yet. */
struct child_line {
	char text[CHILD_LINE_MAX];
	size_t len;
};

struct child_op {
	struct op op;
	struct script *script;		    /* borrowed */
	const struct python_script *source; /* borrowed */
	struct process *process;	    /* owned */
	struct timer *patience;		    /* owned */
	struct child_line *lines;	    /* of stdout and stderr; owned */
	int outcome_fd;			    /* owned */
	json_int_t step;
	char *why; /* the run ends, because; owned; NULL: it does not */
};

static void
child_fini(struct child_op *op)
{
	process_free(op->process);
	timer_free(op->patience);
	close(op->outcome_fd);
	free(op->lines);
	free(op->why);
}

static void
child_cancel(struct op *base)
{
	child_fini((struct child_op *)base);
	op_end(base);
}

/* ---- what it prints ---- */

static void
log_line(struct child_op *op, struct child_line *line)
{
	event_log_add(op->script->spec.log, "log", "s:o, s:I", "text",
		      json_text(line->text, line->len), "step", op->step);
	line->len = 0;
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct child_op *op = arg;
	struct child_line *line = &op->lines[fd == STDERR_FILENO];
	const char *text = data;

	(void)p;
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n' || line->len == CHILD_LINE_MAX)
			log_line(op, line);
		if (text[i] != '\n')
			line->text[line->len++] = text[i];
	}
}

/* ---- how it ends ---- */

/* What it has said of itself; NULL: nothing.  Returned owned. */
static json_t *
read_outcome(const struct child_op *op)
{
	char *text = xcalloc(1, CHILD_OUTCOME_MAX);
	size_t len = 0;
	json_t *outcome;
	ssize_t n;

	while (len < CHILD_OUTCOME_MAX &&
	       (n = read(op->outcome_fd, text + len, CHILD_OUTCOME_MAX - len)) >
		   0)
		len += (size_t)n;
	outcome = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, NULL);
	free(text);
	return outcome;
}

/* The operation ends as the child has; @op is gone then. */
static void
end_as(struct child_op *op, const struct process_status *status,
       const json_t *outcome)
{
	const char *error = json_str_or(outcome, "error", NULL);
	const char *place = json_str_or(outcome, "place", "");
	char how[64], *text = NULL;

	if (op->why != NULL && error == NULL)
		text = xasprintf("%s%s", place, op->why);
	else if (error != NULL)
		text = xstrdup(error);
	else if (outcome == NULL || status->signaled || status->code != 0)
		text = xasprintf("%s: the script's process ended too early: %s",
				 op->source->path,
				 process_status_text(status, how, sizeof(how)));
	if (json_bool_or(outcome, "timed_out", false))
		op_late(&op->op);
	child_fini(op);
	if (text != NULL)
		op_rethrow(&op->op, text);
	else
		op_return(&op->op, NULL, NULL);
	free(text);
}

static void
on_exit_(struct process *p, const struct process_status *status, void *arg)
{
	struct child_op *op = arg;
	json_t *outcome = read_outcome(op);

	(void)p;
	for (int i = 0; i < 2; i++)
		if (op->lines[i].len > 0)
			log_line(op, &op->lines[i]);
	end_as(op, status, outcome);
	json_decref(outcome);
}

static void
on_impatient(void *arg)
{
	struct child_op *op = arg;

	process_stop(op->process, CHILD_END_MS);
}

/* The calls that it has under way fail now; if it has none it is told. */
static void
child_abort(struct op *base, const char *why)
{
	struct child_op *op = (struct child_op *)base;

	op->why = xstrdup(why);
	timer_set_in(op->patience, CHILD_SAY_MS * NS_PER_MS);
}

/* ---- how it begins ---- */

static struct process *
spawn(struct child_op *op, int text_fd, int outcome_fd, struct err *err)
{
	const struct script_spec *script = &op->script->spec;
	char program[PATH_MAX];
	char *socket = xasprintf("VDELAB_SOCKET=%s", script->socket);
	char *step = xasprintf("VDELAB_STEP=%lld", (long long)op->step);
	const char *const env[] = { socket, step, "VDELAB_OUTCOME_FD=3",
				    "PYTHONUNBUFFERED=1", NULL };
	const char *const argv[] = {
		"python3",	program,	  "--style", op->source->style,
		"--run-script", op->source->path, NULL
	};
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct process *process = NULL;

	spec.name = op->source->path;
	spec.argv = argv;
	spec.env = env;
	spec.fd3 = outcome_fd;
	spec.stdin_fd = text_fd;
	spec.kills_group = true;
	spec.on_output = on_output;
	spec.on_exit = on_exit_;
	spec.arg = op;
	if (paths_find(PATHS_DATA, "vdelab.py", program, sizeof(program),
		       err) == 0)
		process =
		    process_spawn(script->base, script->clock, &spec, err);
	if (process == NULL && err->code == -ENOENT)
		err_prefix(err, "%s: Python scripts need python3",
			   op->source->path);
	free(socket);
	free(step);
	return process;
}

static int
start(struct child_op *op, struct err *err)
{
	int text_fd = python_text_fd(op->source->text, op->source->size, err);
	int fds[2];

	if (text_fd < 0)
		return text_fd;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		close(text_fd);
		return err_errno(err, "cannot make a pipe");
	}
	op->outcome_fd = fds[0];
	op->process = spawn(op, text_fd, fds[1], err);
	close(text_fd);
	close(fds[1]);
	return op->process != NULL ? 0 : -EIO;
}

int
script_child_run(lua_State *L)
{
	const struct python_script *source =
	    lua_touserdata(L, lua_upvalueindex(1));
	struct script *script = script_of(L);
	struct err err = ERR_INIT;
	struct child_op *op;

	if (script == NULL || script->spec.socket == NULL)
		return luaL_error(L, "%s: a script can be run in a run only",
				  source->path);
	op_check(L);
	op = op_begin(L, sizeof(*op), child_cancel);
	op_on_abort(&op->op, child_abort);
	op->script = script;
	op->source = source;
	op->outcome_fd = -1;
	op->step = (json_int_t)*task_step(L);
	op->lines = xcalloc(2, sizeof(*op->lines));
	op->patience = timer_new(script->spec.clock, on_impatient, op);
	if (start(op, &err) < 0) {
		child_fini(op);
		op_rethrow(&op->op, err.text);
	}
	return op_wait(L);
}
