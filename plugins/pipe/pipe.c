/*
 * pipe: a program of its own sees each frame, and says whether it passes, is
 * dropped, or passes changed.
 *
 * The frames wait (pipe-queue) while the program (pipe-talk) thinks; one that
 * waits for too long, or would when too many do, or while the program is not
 * there, is what the option `fail` says.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/common/inst.h"
#include "plugins/pipe/pipe.h"

enum {
	HOOK_ORDER = 500,
	DEADLINE_MS = 1000,
	WINDOW = 256,
	ARGS_MAX = 256,
	NS_PER_MS = 1000 * 1000,
};

/* ---- frames ---- */

/* What becomes of a frame that came in now. */
static uint8_t
take_frame(struct pipe *p, struct pipe_lane *lane, struct vl_frame *frame,
	   uint64_t now_ns)
{
	bool in_line = !TAILQ_EMPTY(&lane->waits);
	uint8_t verdict;

	if (p->usable && p->queue.n_undecided < p->window &&
	    pipe_queue_ask(&p->queue, lane, frame, now_ns))
		return VL_STOLEN;
	verdict = pipe_undecided(p);
	/* It does not overtake those who wait. */
	if (verdict != VL_PASS || !in_line)
		return verdict;
	if (pipe_queue_follow(&p->queue, lane, frame, verdict))
		return VL_STOLEN;
	return (uint8_t)p->undecided;
}

static void
on_frames(struct pipe *p, enum vl_stage stage, const struct vl_vector *v)
{
	struct pipe_port *port = pipe_ports_find(&p->ports, v->port);
	bool waited = p->queue.n_undecided > 0;

	for (uint32_t i = 0; i < v->n; i++) {
		if (v->verdicts[i] != VL_PASS)
			continue;
		v->verdicts[i] = port == NULL
				     ? pipe_undecided(p)
				     : take_frame(p, &port->lanes[stage],
						  v->frames[i], v->now_ns);
	}
	pipe_ask(p);
	if (!waited)
		pipe_expect(p);
}

static void
on_ingress(void *priv, const struct vl_vector *v)
{
	on_frames(priv, VL_STAGE_INGRESS, v);
}

static void
on_forward(void *priv, const struct vl_vector *v)
{
	on_frames(priv, VL_STAGE_FORWARD, v);
}

static void
on_egress(void *priv, const struct vl_vector *v)
{
	on_frames(priv, VL_STAGE_EGRESS, v);
}

static void
on_release(void *arg, struct vl_frame *frame, uint8_t verdict)
{
	struct pipe *p = arg;

	if (verdict == VL_PASS)
		vl_frame_resume(p->inst, frame);
	else
		vl_frame_discard(p->inst, frame, verdict);
}

static void
on_emptied(void *arg, struct pipe_lane *lane)
{
	struct pipe *p = arg;

	pipe_ports_emptied(&p->ports, lane->port);
}

static void
on_port(void *priv, enum vl_port_event event, uint32_t port)
{
	struct pipe *p = priv;

	if (event == VL_PORT_REMOVED)
		pipe_ports_remove(&p->ports, port);
	else if (pipe_ports_add(&p->ports, port) < 0)
		vl_log(p->inst, "no memory for another port");
	pipe_ask(p);
}

/* ---- options ---- */

/* Members of @list, or words of @command, ended by NULL; borrowed texts in an
 * array returned owned.  NULL with @error set. */
static const char **
read_argv(const json_t *list, char *command, char *error, size_t error_size)
{
	const char **argv = calloc(ARGS_MAX + 1, sizeof(*argv));
	size_t n = 0, n_listed = json_array_size(list);
	char *word, *rest = command;

	if (argv == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	for (; n < n_listed && n < ARGS_MAX; n++) {
		argv[n] = json_string_value(json_array_get(list, n));
		if (argv[n] != NULL)
			continue;
		snprintf(error, error_size, "argv: member %zu is not a text",
			 n);
		free(argv);
		return NULL;
	}
	while (n < ARGS_MAX && (word = strsep(&rest, " ")) != NULL) {
		if (*word != '\0')
			argv[n++] = word;
	}
	if (n_listed <= ARGS_MAX &&
	    (rest == NULL || rest[strspn(rest, " ")] == '\0'))
		return argv;
	snprintf(error, error_size, "the program has more than %d words",
		 ARGS_MAX);
	free(argv);
	return NULL;
}

static int
start_program(struct pipe *p, const json_t *options, char *error,
	      size_t error_size)
{
	const json_t *list = json_object_get(options, "argv");
	const char *text =
	    json_string_value(json_object_get(options, "command"));
	const char **argv;
	char *command;

	if ((text != NULL) == json_is_array(list)) {
		snprintf(error, error_size,
			 "a program is needed: either argv or command, on a "
			 "command line -- PROGRAM ARG...");
		return -EINVAL;
	}
	if (text != NULL && strpbrk(text, "'\"\\") != NULL) {
		snprintf(error, error_size,
			 "command is parted at blanks, and has no quotes: use "
			 "argv, on a command line -- PROGRAM ARG...");
		return -EINVAL;
	}
	command = text != NULL ? strdup(text) : NULL;
	argv = read_argv(list, command, error, error_size);
	if (argv != NULL)
		p->program = vl_program_start(p->inst, argv, &pipe_program_ops,
					      p, error, error_size);
	free(argv);
	free(command);
	return p->program != NULL ? 0 : -EINVAL;
}

static void
read_settings(struct pipe *p, const json_t *options)
{
	const char *fail = json_string_value(json_object_get(options, "fail"));
	json_int_t deadline_ms =
	    json_integer_value(json_object_get(options, "deadline"));
	json_int_t window =
	    json_integer_value(json_object_get(options, "window"));

	if (fail != NULL)
		p->fails_open = strcmp(fail, "open") == 0;
	if (deadline_ms > 0)
		p->deadline_ns = (uint64_t)deadline_ms * NS_PER_MS;
	if (window > 0)
		p->window = (size_t)window;
}

/* ---- the stages ---- */

static const struct {
	const char *name;
	bool at[VL_N_STAGES];
} placements[] = {
	{ "ingress", { [VL_STAGE_INGRESS] = true } },
	{ "forward", { [VL_STAGE_FORWARD] = true } },
	{ "egress", { [VL_STAGE_EGRESS] = true } },
	{ "both", { [VL_STAGE_INGRESS] = true, [VL_STAGE_EGRESS] = true } },
};

/* Without a word: every frame once; of a port, what it sends and receives. */
static const char *
default_placement(const struct vl_scope *scope)
{
	if (scope->direction == VL_DIR_OUT)
		return "egress";
	return scope->port != VL_PORT_NONE && scope->direction == VL_DIR_BOTH
		   ? "both"
		   : "ingress";
}

static int
add_hooks(struct pipe *p, const json_t *options)
{
	static vl_hook_fn *const fns[VL_N_STAGES] = {
		[VL_STAGE_INGRESS] = on_ingress,
		[VL_STAGE_FORWARD] = on_forward,
		[VL_STAGE_EGRESS] = on_egress,
	};
	const char *word = json_string_value(json_object_get(options, "stage"));
	struct vl_scope scope = vl_scope(p->inst);
	size_t k = 0;

	if (word == NULL)
		word = default_placement(&scope);
	while (strcmp(placements[k].name, word) != 0)
		k++;
	p->stage = placements[k].name;
	for (unsigned i = 0; i < VL_N_STAGES; i++) {
		int ret = placements[k].at[i]
			      ? vl_hook_add(p->inst, (enum vl_stage)i,
					    HOOK_ORDER, fns[i])
			      : 0;

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ---- methods ---- */

static int
pipe_show(void *priv, struct vl_inst *inst, const json_t *params,
	  json_t **result, char *error, size_t error_size)
{
	const struct pipe *p = priv;

	(void)inst;
	(void)params;
	(void)error;
	(void)error_size;
	*result =
	    json_pack("{s:i, s:b, s:I, s:s, s:s, s:I, s:I, s:I}", "pid",
		      vl_program_pid(p->program), "usable", p->usable, "starts",
		      (json_int_t)*p->counters.starts, "stage", p->stage,
		      "fail", p->fails_open ? "open" : "closed", "deadline",
		      (json_int_t)(p->deadline_ns / NS_PER_MS), "window",
		      (json_int_t)p->window, "waiting", (json_int_t)p->queue.n);
	if (*result != NULL && p->last_end[0] != '\0')
		json_object_set_new(*result, "last_end",
				    json_string(p->last_end));
	return *result != NULL ? 0 : -ENOMEM;
}

static const struct vl_method methods[] = {
	{ .name = "show",
	  .params = "",
	  .summary = "the program that decides on frames",
	  .result = "`{pid, usable, starts, stage, fail, deadline, window, "
		    "waiting, last_end?}`",
	  .details =
	      "`pid` is 0 while it does not run, and `usable` false while it "
	      "cannot be asked; it was started `starts` times, and `last_end` "
	      "is why it ended the last time. `waiting` is how many frames "
	      "wait; the others are the options.",
	  .fn = pipe_show },
	{ .name = NULL },
};

/* ---- coming and going ---- */

static int
add_counters(struct pipe *p)
{
	const struct {
		const char *name, *unit;
		uint64_t **counter;
	} rows[] = {
		{ "passed", "frames", &p->counters.passed },
		{ "dropped", "frames", &p->counters.dropped },
		{ "changed", "frames", &p->counters.changed },
		{ "undecided", "frames", &p->counters.undecided },
		{ "late", "answers", &p->counters.late },
		{ "starts", "times", &p->counters.starts },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int ret = vl_counter_add(p->inst, rows[i].name, rows[i].unit,
					 rows[i].counter);

		if (ret < 0)
			return ret;
	}
	p->undecided = vl_drop_reason_add(p->inst, "undecided");
	return p->undecided < 0 ? p->undecided : 0;
}

static int
add_timers(struct pipe *p)
{
	p->deadline = vl_timer_add(p->inst, pipe_on_deadline, p);
	p->soon = vl_timer_add(p->inst, pipe_on_soon, p);
	p->closing = vl_timer_add(p->inst, pipe_on_closing, p);
	return p->deadline != NULL && p->soon != NULL && p->closing != NULL
		   ? 0
		   : -ENOMEM;
}

static int
set_up(struct pipe *p, const json_t *options, char *error, size_t error_size)
{
	int ret = add_counters(p);

	if (ret == 0)
		ret = add_timers(p);
	if (ret == 0)
		ret = start_program(p, options, error, error_size);
	if (ret == 0)
		ret = vl_port_watch(p->inst, on_port);
	if (ret == 0)
		ret = inst_add_methods(p->inst, methods);
	if (ret == 0)
		ret = add_hooks(p, options);
	return ret;
}

static void
free_pipe(struct pipe *p)
{
	pipe_queue_fini(&p->queue);
	pipe_ports_fini(&p->ports);
	free(p);
}

static int
pipe_start(struct vl_inst *inst, const json_t *options, char *error,
	   size_t error_size)
{
	struct pipe *p = calloc(1, sizeof(*p));
	int ret;

	if (p == NULL)
		return -ENOMEM;
	p->inst = inst;
	p->fd = -1;
	p->deadline_ns = (uint64_t)DEADLINE_MS * NS_PER_MS;
	p->window = WINDOW;
	pipe_ports_init(&p->ports);
	vl_set_priv(inst, p);
	ret = pipe_queue_init(&p->queue, on_release, on_emptied, p);
	if (ret == 0) {
		read_settings(p, options);
		ret = set_up(p, options, error, error_size);
	}
	if (ret < 0)
		free_pipe(p);
	return ret;
}

static int
pipe_set(struct vl_inst *inst, const json_t *options, char *error,
	 size_t error_size)
{
	static const char *const fixed[] = { "argv", "command", "stage" };
	struct pipe *p = vl_priv(inst);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (json_object_get(options, fixed[i]) == NULL)
			continue;
		snprintf(error, error_size,
			 "%s holds as long as the plugin is loaded: unload it, "
			 "and load it with another",
			 fixed[i]);
		return -EINVAL;
	}
	read_settings(p, options);
	pipe_expect(p);
	return 0;
}

static void
pipe_stop(struct vl_inst *inst)
{
	struct pipe *p = vl_priv(inst);
	struct pipe_wait *w;

	while ((w = pipe_queue_oldest(&p->queue)) != NULL)
		pipe_queue_decide(&p->queue, w, pipe_undecided(p));
	free_pipe(p);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "pipe",
	.summary = "a program passes, drops or changes frames",
	.options = "argv:list? command:str? "
		   "stage:ingress|forward|egress|both? fail:open|closed? "
		   "deadline:int(1..600000)? window:int(1..2048)?",
	.start = pipe_start,
	.stop = pipe_stop,
	.set = pipe_set,
	.details =
	    "The program is `argv` (texts; on a command line the words behind "
	    "`--`), or `command`, which is parted at blanks. `stage`: where it "
	    "sees frames; by default every frame once, as it enters its "
	    "segment, and of a port what it sends and what it receives "
	    "(`both`). `fail`: what becomes of frames the program has not "
	    "decided on, because it does not run, has not answered within "
	    "`deadline` (in milliseconds, 1000 at first), or is asked about "
	    "`window` frames (256) already: `closed`, the default, drops them, "
	    "`open` lets them pass. `fail`, `deadline` and `window` can be "
	    "changed.",
	.methods = methods,
};
