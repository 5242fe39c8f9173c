/* script-command: commands in the background of machines, for the prelude.
 *
 * A command lives as long as it runs or Lua has a handle of it; all of them end
 * with the script. */
#include "driver/script/script-internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/vm/shell-output.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum {
	LOGGED_MAX = 64 * 1024,	       /* of each, in the event log */
	OUTPUT_MAX = 64 * 1024 * 1024, /* of one stream, for the script */
};

static const char handle_type[] = "vdelab.command";

/* What Lua holds. */
struct handle {
	struct script_command *command; /* NULL: the script has ended */
};

struct command_wait;

struct script_command {
	TAILQ_ENTRY(script_command) entry;
	struct script *script;
	struct handle *handle; /* NULL: nobody asks any more */
	lua_Integer id, step;
	size_t node;
	struct machine_command *running; /* NULL: it has ended */
	struct shell_bytes out, err;
	size_t n_logged;
	unsigned busy; /* inside so many callbacks: not to be freed */
	bool ended, timed_out;
	int status;
	char *error; /* what became of it instead; owned; or NULL */
	TAILQ_HEAD(, command_wait) waits;
};

/* A task that waits for something a command does. */
struct command_wait {
	struct op op;
	TAILQ_ENTRY(command_wait) entry;
	struct script_command *command;
	struct timer *deadline; /* owned */
	/* Return: true when the wait has ended, by op_return(). */
	bool (*check)(struct command_wait *wait);
	regex_t regex;
	bool has_regex;
	/* What begins before these, in stdout and stderr, does not match. */
	size_t looked[2];
	/* The line that matched. */
	const char *line;
	size_t line_size;
};

/* ---- life ---- */

static void
command_free(struct script_command *c)
{
	TAILQ_REMOVE(&c->script->commands, c, entry);
	machine_command_forget(c->running);
	free(c->out.data);
	free(c->err.data);
	free(c->error);
	free(c);
}

static void
free_if_unused(struct script_command *c)
{
	if (c->handle == NULL && c->ended && c->busy == 0)
		command_free(c);
}

void
script_commands_end(struct script *script)
{
	struct script_command *c;

	while ((c = TAILQ_FIRST(&script->commands)) != NULL) {
		if (c->handle != NULL)
			c->handle->command = NULL;
		command_free(c);
	}
}

static int
handle_gc(lua_State *L)
{
	struct handle *handle = luaL_checkudata(L, 1, handle_type);
	struct script_command *c = handle->command;

	handle->command = NULL;
	if (c == NULL)
		return 0;
	c->handle = NULL;
	free_if_unused(c);
	return 0;
}

static struct handle *
push_handle(lua_State *L)
{
	struct handle *handle = lua_newuserdatauv(L, sizeof(*handle), 0);

	handle->command = NULL;
	if (luaL_newmetatable(L, handle_type)) {
		lua_pushcfunction(L, handle_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return handle;
}

static struct script_command *
check_command(lua_State *L, int i)
{
	struct handle *handle = luaL_checkudata(L, i, handle_type);

	if (handle->command == NULL)
		luaL_error(L, "the command has ended with the script");
	return handle->command;
}

/* ---- what a command does ---- */

/* Wakes those that wait for it; they may begin others. */
static void
wake(struct script_command *c)
{
	struct command_wait *wait, *next;

again:
	for (wait = TAILQ_FIRST(&c->waits); wait != NULL; wait = next) {
		next = TAILQ_NEXT(wait, entry);
		if (wait->check(wait))
			goto again;
	}
}

static void
happened(struct script_command *c)
{
	c->busy++;
	wake(c);
	c->busy--;
	free_if_unused(c);
}

static void
log_output(struct script_command *c, int fd, const void *data, size_t size)
{
	size_t n = LOGGED_MAX - c->n_logged;

	if (n == 0)
		return;
	if (n > size)
		n = size;
	c->n_logged += n;
	event_log_add(c->script->spec.log, "output",
		      "s:s, s:I, s:I, s:s, s:o, s:b", "machine",
		      c->script->plan->nodes[c->node].name, "step",
		      (json_int_t)c->step, "command", (json_int_t)c->id,
		      "stream", fd == 1 ? "stdout" : "stderr", "text",
		      json_text(data, n), "cut", c->n_logged == LOGGED_MAX);
}

static void
on_output(int fd, const void *data, size_t size, void *arg)
{
	struct script_command *c = arg;
	struct shell_bytes *stream = fd == 1 ? &c->out : &c->err;

	log_output(c, fd, data, size);
	if (c->handle == NULL || c->error != NULL)
		return;
	if (stream->size + size > OUTPUT_MAX) {
		c->error = xasprintf("it was killed, for it has written more "
				     "than %d MiB; let it write to a file",
				     OUTPUT_MAX / 1024 / 1024);
		machine_command_kill(c->running);
		return;
	}
	if (shell_bytes_add(stream, data, size) < 0) {
		c->error = xstrdup("there is no memory for its output");
		machine_command_kill(c->running);
		return;
	}
	happened(c);
}

static void
on_fed(void *arg)
{
	happened(arg);
}

static void
on_done(const struct shell_result *result, void *arg)
{
	struct script_command *c = arg;

	c->running = NULL;
	c->ended = true;
	c->status = result->status;
	c->timed_out = result->timed_out;
	if (c->error == NULL && result->error != NULL)
		c->error = xstrdup(result->error);
	event_log_add(c->script->spec.log, "command.end",
		      "s:s, s:I, s:I, s:i, s:b, s:o", "machine",
		      c->script->plan->nodes[c->node].name, "step",
		      (json_int_t)c->step, "command", (json_int_t)c->id,
		      "status", c->status, "timed_out", c->timed_out, "error",
		      c->error != NULL ? json_text(c->error, strlen(c->error))
				       : json_null());
	happened(c);
}

/* host.command_id() -> the number of the command that is spawned next */
static int
host_command_id(lua_State *L)
{
	lua_pushinteger(L, ++script_of(L)->n_commands);
	return 1;
}

/* host.spawn(node, id, text, kill after seconds or nil, stdin or nil, whether
 * stdin stays open) -> handle */
static int
host_spawn(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	lua_Integer id = luaL_checkinteger(L, 2);
	struct shell_spec spec = {
		.text = luaL_checkstring(L, 3),
		.fed = lua_toboolean(L, 6),
		.discard = true, /* on_output keeps it */
		.on_output = on_output,
		.on_fed = on_fed,
		.on_done = on_done,
	};
	struct script_command *c;
	struct handle *handle;
	struct machine_command *running;

	op_check(L); /* none is begun after the end */
	if (!lua_isnoneornil(L, 4)) {
		spec.timeout_ms = script_scaled_ms(L, 4, 0);
		if (spec.timeout_ms == 0)
			spec.timeout_ms = 1; /* 0 would be no limit */
	}
	if (!lua_isnoneornil(L, 5))
		spec.input = luaL_checklstring(L, 5, &spec.input_size);
	handle = push_handle(L);
	c = XNEW(struct script_command);
	c->script = script;
	c->id = id;
	c->node = node;
	c->step = *task_step(L);
	TAILQ_INIT(&c->waits);
	TAILQ_INSERT_TAIL(&script->commands, c, entry);
	c->handle = handle;
	handle->command = c;
	spec.arg = c;
	running = machine_run(live_machine(script->live, node), &spec);
	if (running != NULL) /* else it has ended already */
		c->running = running;
	return 1;
}

/* ---- waiting ---- */

static void
wait_unlink(struct command_wait *wait)
{
	TAILQ_REMOVE(&wait->command->waits, wait, entry);
	timer_free(wait->deadline);
	if (wait->has_regex)
		regfree(&wait->regex);
}

static void
wait_cancel(struct op *op)
{
	wait_unlink((struct command_wait *)op);
	op_end(op);
}

static void
wait_return(struct command_wait *wait, op_push_fn *push, void *data)
{
	wait_unlink(wait);
	op_return(&wait->op, push, data);
}

static int
push_false(lua_State *L, void *data)
{
	(void)data;
	lua_pushboolean(L, false);
	return 1;
}

static void
on_deadline(void *arg)
{
	wait_return(arg, push_false, NULL);
}

static struct command_wait *
wait_begin(lua_State *L, bool (*check)(struct command_wait *), int timeout_arg)
{
	struct script_command *command = check_command(L, 1);
	uint64_t timeout_ms = script_scaled_ms(L, timeout_arg, 0);
	struct command_wait *wait = op_begin(L, sizeof(*wait), wait_cancel);

	wait->command = command;
	wait->check = check;
	wait->deadline =
	    timer_new(command->script->spec.clock, on_deadline, wait);
	timer_set_in(wait->deadline, timeout_ms * NS_PER_MS);
	TAILQ_INSERT_TAIL(&command->waits, wait, entry);
	return wait;
}

static void
push_bytes(lua_State *L, const struct shell_bytes *bytes)
{
	lua_pushlstring(L, bytes->size > 0 ? bytes->data : "", bytes->size);
}

static int
push_end(lua_State *L, void *data)
{
	const struct script_command *c = data;

	if (c->error != NULL) {
		lua_pushnil(L);
		lua_pushstring(L, c->error);
		return 2;
	}
	lua_pushboolean(L, true);
	lua_pushinteger(L, c->status);
	push_bytes(L, &c->out);
	push_bytes(L, &c->err);
	lua_pushboolean(L, c->timed_out);
	return 5;
}

static bool
check_end(struct command_wait *wait)
{
	if (!wait->command->ended)
		return false;
	wait_return(wait, push_end, wait->command);
	return true;
}

/* host.command_wait(handle, timeout) -> true, status, stdout, stderr, timed
 * out; false at the time-out; nil and why when its end is not known */
static int
host_command_wait(lua_State *L)
{
	check_end(wait_begin(L, check_end, 2));
	return op_wait(L);
}

static int
push_line(lua_State *L, void *data)
{
	const struct command_wait *wait = data;

	lua_pushlstring(L, wait->line, wait->line_size);
	return 1;
}

/* Return: true when a line from *@looked on matches, which is the result then;
 * else *@looked is where to go on: the last line may still grow. */
static bool
find_line(struct command_wait *wait, const struct shell_bytes *bytes,
	  size_t *looked)
{
	const char *text = bytes->data, *at, *end;
	size_t size = bytes->size;
	regmatch_t match = { .rm_so = (regoff_t)*looked,
			     .rm_eo = (regoff_t)size };

	if (size == *looked)
		return false;
	if (regexec(&wait->regex, text, 1, &match, REG_STARTEND) != 0) {
		while (size > *looked && text[size - 1] != '\n')
			size--;
		*looked = size;
		return false;
	}
	at = text + match.rm_so;
	end = memchr(at, '\n', size - (size_t)match.rm_so);
	while (at > text && at[-1] != '\n')
		at--;
	wait->line = at;
	wait->line_size = (size_t)((end != NULL ? end : text + size) - at);
	return true;
}

static bool
check_line(struct command_wait *wait)
{
	struct script_command *c = wait->command;

	if (find_line(wait, &c->out, &wait->looked[0]) ||
	    find_line(wait, &c->err, &wait->looked[1]))
		wait_return(wait, push_line, wait);
	else if (c->ended)
		wait_return(wait, NULL, NULL);
	else
		return false;
	return true;
}

/* host.command_line(handle, regex, timeout) -> the line that matches; nothing
 * when the command has ended without; false at the time-out */
static int
host_command_line(lua_State *L)
{
	struct command_wait *wait;
	regex_t regex;

	script_compile(L, 2, &regex);
	regfree(&regex); /* wait_begin() may raise an error */
	wait = wait_begin(L, check_line, 3);
	script_compile(L, 2, &wait->regex);
	wait->has_regex = true;
	check_line(wait);
	return op_wait(L);
}

static int
push_true(lua_State *L, void *data)
{
	(void)data;
	lua_pushboolean(L, true);
	return 1;
}

static bool
check_fed(struct command_wait *wait)
{
	struct script_command *c = wait->command;

	if (c->running == NULL)
		wait_return(wait, NULL, NULL);
	else if (machine_command_unread(c->running) == 0)
		wait_return(wait, push_true, NULL);
	else
		return false;
	return true;
}

/* host.command_write(handle, data, timeout) -> true when the command has taken
 * it; nothing when it cannot any more; false at the time-out */
static int
host_command_write(lua_State *L)
{
	struct script_command *c = check_command(L, 1);
	struct command_wait *wait;
	const char *data;
	size_t size;

	op_check(L);
	data = luaL_checklstring(L, 2, &size);
	if (c->running == NULL ||
	    machine_command_write(c->running, data, size) < 0)
		return 0;
	wait = wait_begin(L, check_fed, 3);
	check_fed(wait);
	return op_wait(L);
}

/* ---- without waiting ---- */

/* host.command_output(handle) -> stdout, stderr so far */
static int
host_command_output(lua_State *L)
{
	const struct script_command *c = check_command(L, 1);

	push_bytes(L, &c->out);
	push_bytes(L, &c->err);
	return 2;
}

/* host.command_runs(handle) -> does it? */
static int
host_command_runs(lua_State *L)
{
	lua_pushboolean(L, !check_command(L, 1)->ended);
	return 1;
}

/* host.command_close(handle): the end of its stdin */
static int
host_command_close(lua_State *L)
{
	struct script_command *c = check_command(L, 1);

	if (c->running != NULL)
		machine_command_close_input(c->running);
	return 0;
}

/* host.command_signal(handle, "TERM") */
static int
host_command_signal(lua_State *L)
{
	static const char *const names[] = { "HUP",  "INT",  "QUIT", "USR1",
					     "USR2", "ALRM", "TERM", "CONT",
					     "STOP", "KILL", NULL };
	/* Linux has the same numbers on all that Debian's kernels run on but
	 * MIPS. */
	static const int numbers[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGUSR1,
				       SIGUSR2, SIGALRM, SIGTERM, SIGCONT,
				       SIGSTOP, SIGKILL };
	struct script_command *c = check_command(L, 1);
	int signo = numbers[luaL_checkoption(L, 2, NULL, names)];

	if (c->running == NULL)
		return 0;
	if (signo == SIGKILL)
		machine_command_kill(c->running);
	else if (machine_command_signal(c->running, signo) < 0)
		return task_raise(L,
				  "%d signals for the command are on their "
				  "way already, and none has arrived",
				  SHELL_SIGNALS_MAX);
	return 0;
}

const struct luaL_Reg script_command_functions[] = {
	{ "command_id", host_command_id },
	{ "spawn", host_spawn },
	{ "command_wait", host_command_wait },
	{ "command_line", host_command_line },
	{ "command_write", host_command_write },
	{ "command_output", host_command_output },
	{ "command_runs", host_command_runs },
	{ "command_close", host_command_close },
	{ "command_signal", host_command_signal },
	{ NULL, NULL },
};
