/* script-machine: what the prelude does to machines. */
#include "driver/script/script-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum {
	/* Of one command's output, in the event log; the script gets all. */
	LOGGED_OUTPUT_MAX = 64 * 1024,
	CONSOLE_LINES_SHOWN = 20,
};

static struct machine *
check_machine(lua_State *L, int i)
{
	return live_machine(script_of(L)->live, script_check_node(L, i));
}

static const char *
node_name(const struct script *script, size_t node)
{
	return script->plan->nodes[node].name;
}

/* host.state(node) -> "off", "booting", "up", "stopping" */
static int
host_state(lua_State *L)
{
	static const char *const names[] = {
		[MACHINE_OFF] = "off",
		[MACHINE_BOOTING] = "booting",
		[MACHINE_UP] = "up",
		[MACHINE_STOPPING] = "stopping",
	};

	lua_pushstring(L, names[machine_state(check_machine(L, 1))]);
	return 1;
}

/* host.fell(node) -> how QEMU ended, when nobody wanted that, or nil */
static int
host_fell(lua_State *L)
{
	const struct machine *machine = check_machine(L, 1);

	if (!machine_fell(machine))
		return 0;
	lua_pushstring(L, machine_ended(machine));
	return 1;
}

static int
host_kill(lua_State *L)
{
	struct machine *machine = check_machine(L, 1);

	machine_expect_end(machine);
	machine_kill(machine);
	return 0;
}

static int
host_expect_end(lua_State *L)
{
	machine_expect_end(check_machine(L, 1));
	return 0;
}

static int
host_expect_reboot(lua_State *L)
{
	machine_expect_reboot(check_machine(L, 1));
	return 0;
}

/* ---- start ---- */

struct start_op {
	struct op op;
	const char *name; /* borrowed of the plan */
};

static void
start_cancel(struct op *op)
{
	/* The start itself goes on; on_started() frees the operation. */
	(void)op;
}

static void
on_started(const struct err *err, void *arg)
{
	struct start_op *op = arg;

	if (op_cancelled(&op->op))
		op_end(&op->op);
	else if (err != NULL)
		op_raise(&op->op, "%s: cannot start: %s", op->name, err->text);
	else
		op_return(&op->op, NULL, NULL);
}

/* host.start(node, allow_reboot): QEMU runs when it returns */
static int
host_start(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	bool allow_reboot = lua_toboolean(L, 2);
	struct start_op *op = op_begin(L, sizeof(*op), start_cancel);

	op->name = node_name(script, node);
	live_start(script->live, node, allow_reboot, on_started, op);
	return op_wait(L);
}

/* ---- commands ---- */

struct run_op {
	struct op op;
	struct script *script;
	struct machine_command *command;
	const char *machine;
	lua_Integer step;
	size_t n_logged;
	uint64_t timeout_ms;
};

static void
run_cancel(struct op *base)
{
	struct run_op *op = (struct run_op *)base;

	machine_command_forget(op->command);
	op_end(base);
}

static void
on_output(int fd, const void *data, size_t size, void *arg)
{
	struct run_op *op = arg;
	size_t n = LOGGED_OUTPUT_MAX - op->n_logged;

	if (n == 0)
		return;
	if (n > size)
		n = size;
	op->n_logged += n;
	event_log_add(op->script->spec.log, "output", "s:s, s:I, s:s, s:o, s:b",
		      "machine", op->machine, "step", (json_int_t)op->step,
		      "stream", fd == 1 ? "stdout" : "stderr", "text",
		      json_text(data, n), "cut",
		      op->n_logged == LOGGED_OUTPUT_MAX);
}

static int
push_result(lua_State *L, void *data)
{
	const struct shell_result *result = data;

	lua_pushinteger(L, result->status);
	lua_pushlstring(L, result->out, result->out_size);
	lua_pushlstring(L, result->err, result->err_size);
	lua_pushboolean(L, result->timed_out);
	return 4;
}

static void
on_command_done(const struct shell_result *result, void *arg)
{
	struct run_op *op = arg;

	if (result->error != NULL)
		op_raise(&op->op, "%s: %s", op->machine, result->error);
	else
		op_return(&op->op, push_result, (void *)result);
}

/* host.run(node, text, timeout in seconds or nil, stdin or nil)
 *  -> status, stdout, stderr, timed out */
static int
host_run(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	struct shell_spec spec = { .text = luaL_checkstring(L, 2) };
	struct machine_command *command;
	struct run_op *op;

	if (!lua_isnoneornil(L, 3)) {
		/* 0 means no limit to the shell: a limit of nothing is 1 ms */
		spec.timeout_ms = script_scaled_ms(L, 3, 0);
		if (spec.timeout_ms == 0)
			spec.timeout_ms = 1;
	}
	if (!lua_isnoneornil(L, 4))
		spec.input = luaL_checklstring(L, 4, &spec.input_size);
	op = op_begin(L, sizeof(*op), run_cancel);
	op->script = script;
	op->machine = node_name(script, node);
	op->step = *task_step(L);
	spec.on_output = on_output;
	spec.on_done = on_command_done;
	spec.arg = op;
	command = machine_run(live_machine(script->live, node), &spec);
	if (command != NULL) /* else it has ended, and op with it */
		op->command = command;
	return op_wait(L);
}

/* ---- waiting for what a machine does ---- */

static void
wait_unlink(struct machine_wait *wait)
{
	TAILQ_REMOVE(&wait->script->waits, wait, entry);
	timer_free(wait->deadline);
	if (wait->has_regex)
		regfree(&wait->regex);
}

static void
wait_cancel(struct op *op)
{
	wait_unlink((struct machine_wait *)op);
	op_end(op);
}

/* The console's last lines, for an error; returned owned. */
static char *
console_tail(struct script *script, size_t node)
{
	size_t size;
	const char *text =
	    machine_console(live_machine(script->live, node), &size);
	const char *from = text + size;
	int n = 0;

	if (size == 0)
		return xstrdup("; its console has shown nothing");
	while (from > text && n <= CONSOLE_LINES_SHOWN)
		if (*--from == '\n' && from + 1 < text + size)
			n++;
	if (n > CONSOLE_LINES_SHOWN)
		from++;
	return xasprintf("; the last lines of its console:\n%.*s",
			 (int)(text + size - from), from);
}

void
script_wait_raise(struct machine_wait *wait, const char *what)
{
	struct script *script = wait->script;
	char *tail = console_tail(script, wait->node);

	wait_unlink(wait);
	op_raise(&wait->op, "%s: %s%s", node_name(script, wait->node), what,
		 tail);
	free(tail);
}

void
script_wait_return(struct machine_wait *wait, op_push_fn *push, void *data)
{
	wait_unlink(wait);
	op_return(&wait->op, push, data);
}

static void
on_wait_deadline(void *arg)
{
	struct machine_wait *wait = arg;

	op_late(&wait->op);
	script_wait_raise(wait, "timed out");
}

struct machine_wait *
script_wait_begin(lua_State *L,
		  bool (*check)(struct machine_wait *,
				const struct machine_news *),
		  int timeout_arg)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	bool limited = !lua_isnoneornil(L, timeout_arg);
	uint64_t timeout_ms = script_scaled_ms(L, timeout_arg, 0);
	struct machine_wait *wait = op_begin(L, sizeof(*wait), wait_cancel);

	wait->script = script;
	wait->node = node;
	wait->check = check;
	if (limited) {
		wait->deadline =
		    timer_new(script->spec.clock, on_wait_deadline, wait);
		timer_set_in(wait->deadline, timeout_ms * NS_PER_MS);
	}
	TAILQ_INSERT_TAIL(&script->waits, wait, entry);
	return wait;
}

static void
raise_ended(struct machine_wait *wait, const struct machine *machine)
{
	char *why = xasprintf("it ended before its shell answered (%s)",
			      machine_ended(machine));

	script_wait_raise(wait, why);
	free(why);
}

static bool
check_ready(struct machine_wait *wait, const struct machine_news *news)
{
	struct machine *machine = live_machine(wait->script->live, wait->node);

	if (news != NULL && news->panicked)
		script_wait_raise(wait, "the guest panicked while it booted");
	else if (machine_state(machine) == MACHINE_UP)
		script_wait_return(wait, NULL, NULL);
	else if (machine_state(machine) == MACHINE_OFF)
		raise_ended(wait, machine);
	else
		return false;
	return true;
}

/* host.wait_ready(node, timeout): its shell answers */
static int
host_wait_ready(lua_State *L)
{
	struct machine_wait *wait = script_wait_begin(L, check_ready, 2);

	check_ready(wait, NULL);
	return op_wait(L);
}

static bool
check_off(struct machine_wait *wait, const struct machine_news *news)
{
	struct machine *machine = live_machine(wait->script->live, wait->node);

	if (news != NULL && news->panicked)
		script_wait_raise(wait, "the guest panicked");
	else if (machine_state(machine) == MACHINE_OFF)
		script_wait_return(wait, NULL, NULL);
	else
		return false;
	return true;
}

/* host.wait_off(node, timeout or nil) */
static int
host_wait_off(lua_State *L)
{
	struct machine_wait *wait = script_wait_begin(L, check_off, 2);

	check_off(wait, NULL);
	return op_wait(L);
}

/* ---- QMP ---- */

struct reply_op {
	struct op op;
	char what[128]; /* for an error: "client: set_link" */
};

static void
reply_cancel(struct op *op)
{
	(void)op; /* the reply frees it */
}

static void
on_reply(const json_t *result, const struct err *err, void *arg)
{
	struct reply_op *op = arg;

	if (op_cancelled(&op->op)) {
		op_end(&op->op);
	} else if (result == NULL) {
		op_raise(&op->op, "%s: %s", op->what, err->text);
	} else {
		op_return(&op->op, lua_push_json_result, (void *)result);
	}
}

/* host.qmp(node, command, arguments or nil) -> what it returned */
static int
host_qmp(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	const char *command = luaL_checkstring(L, 2);
	json_t *arguments = NULL;
	struct reply_op *op;

	op_check(L);
	if (!lua_isnoneornil(L, 3))
		arguments = lua_to_json(L, 3);
	op = op_begin(L, sizeof(*op), reply_cancel);
	snprintf(op->what, sizeof(op->what), "%s: QMP %s",
		 node_name(script, node), command);
	machine_qmp(live_machine(script->live, node), command, arguments,
		    on_reply, op);
	return op_wait(L);
}

/* host.set_link(node, nic, up): the carrier of its nic'th interface */
static int
host_set_link(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	lua_Integer nic = luaL_checkinteger(L, 2);
	bool up = lua_toboolean(L, 3);
	struct reply_op *op;

	luaL_argcheck(
	    L, nic >= 1 && (size_t)nic <= script->plan->nodes[node].n_nics, 2,
	    "no such interface");
	op = op_begin(L, sizeof(*op), reply_cancel);
	snprintf(op->what, sizeof(op->what), "%s: set_link",
		 node_name(script, node));
	machine_set_link(live_machine(script->live, node), (size_t)nic - 1, up,
			 on_reply, op);
	return op_wait(L);
}

const struct luaL_Reg script_machine_functions[] = {
	{ "state", host_state },
	{ "fell", host_fell },
	{ "start", host_start },
	{ "run", host_run },
	{ "kill", host_kill },
	{ "expect_end", host_expect_end },
	{ "expect_reboot", host_expect_reboot },
	{ "wait_ready", host_wait_ready },
	{ "wait_off", host_wait_off },
	{ "qmp", host_qmp },
	{ "set_link", host_set_link },
	{ NULL, NULL },
};
