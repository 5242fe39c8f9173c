/* script-lab: the states of machines that a script has saved. */
#include "config.h"

#include "driver/script/script-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/vm/snapshot-key.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* A state of one machine, in a file that has no name any more. */
struct script_state {
	TAILQ_ENTRY(script_state) entry;
	lua_Integer id;
	size_t node;
	int fd; /* owned */
	struct shell_memory shell;
};

static void
state_free(struct script *script, struct script_state *state)
{
	TAILQ_REMOVE(&script->states, state, entry);
	close(state->fd);
	shell_memory_fini(&state->shell);
	free(state);
}

void
script_states_free(struct script *script)
{
	while (!TAILQ_EMPTY(&script->states))
		state_free(script, TAILQ_FIRST(&script->states));
}

static struct script_state *
find_state(struct script *script, lua_Integer id)
{
	struct script_state *state;

	TAILQ_FOREACH (state, &script->states, entry)
		if (state->id == id)
			return state;
	return NULL;
}

/* host.save_refusal(node) -> why its state cannot be saved; nil: it can */
static int
host_save_refusal(lua_State *L)
{
	size_t node = script_check_node(L, 1);

	lua_pushstring(L,
		       snapshot_save_refusal(&script_of(L)->plan->nodes[node]));
	return 1;
}

/* host.at_rest(node) -> can it be saved now?  An error when a command runs. */
static int
host_at_rest(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	int ret = machine_rest(live_machine(script->live, node), true);

	if (ret == -EBUSY)
		return task_raise(L,
				  "%s: its state cannot be saved while a "
				  "command runs in it",
				  script->plan->nodes[node].name);
	lua_pushboolean(L, ret == 0);
	return 1;
}

/* host.go_on(node): it stands still no more; does not wait */
static int
host_go_on(lua_State *L)
{
	machine_go_on(
	    live_machine(script_of(L)->live, script_check_node(L, 1)));
	return 0;
}

/* ---- save ---- */

struct save_op {
	struct op op;
	struct script *script;
	size_t node;
	int fd; /* owned */
};

static void
save_cancel(struct op *op)
{
	(void)op; /* on_saved() frees it */
}

static int
push_id(lua_State *L, void *data)
{
	lua_pushinteger(L, *(const lua_Integer *)data);
	return 1;
}

static void
on_saved(const struct shell_memory *shell, const struct err *err, void *arg)
{
	struct save_op *op = arg;
	struct script *script = op->script;
	struct script_state *state;

	if (op_cancelled(&op->op)) {
		close(op->fd);
		op_end(&op->op);
		return;
	}
	if (shell == NULL) {
		close(op->fd);
		op_raise(&op->op, "%s: %s", script->plan->nodes[op->node].name,
			 err->text);
		return;
	}
	state = XNEW(struct script_state);
	state->id = ++script->n_states;
	state->node = op->node;
	state->fd = op->fd;
	state->shell = *shell;
	shell_slots_copy(&state->shell.slots, &shell->slots);
	TAILQ_INSERT_TAIL(&script->states, state, entry);
	op_return(&op->op, push_id, &state->id);
}

/* A file without a name: nothing is left of it, however the run ends. */
static int
open_nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[PATH_MAX];

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	if (snprintf(path, sizeof(path), "%s/state-XXXXXX", dir) >=
	    (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

/* host.save_state(node) -> the number of the state; the machine stands still
 * then */
static int
host_save_state(lua_State *L)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	struct save_op *op;
	int fd;

	op_check(L);
	fd = open_nameless(script->spec.results_dir);
	if (fd < 0)
		return task_raise(L, "no file for a saved state in %s: %s",
				  script->spec.results_dir, strerror(errno));
	op = op_begin(L, sizeof(*op), save_cancel);
	op->script = script;
	op->node = node;
	op->fd = fd;
	machine_save(live_machine(script->live, node), fd, false, on_saved, op);
	return op_wait(L);
}

/* host.forget_state(number) */
static int
host_forget_state(lua_State *L)
{
	struct script *script = script_of(L);
	struct script_state *state =
	    find_state(script, luaL_checkinteger(L, 1));

	if (state != NULL)
		state_free(script, state);
	return 0;
}

/* ---- restore ---- */

struct restore_op {
	struct op op;
	const char *name; /* borrowed of the plan */
};

static void
restore_cancel(struct op *op)
{
	(void)op; /* on_restored() frees it */
}

static void
on_restored(const struct err *err, void *arg)
{
	struct restore_op *op = arg;

	if (op_cancelled(&op->op))
		op_end(&op->op);
	else if (err != NULL)
		op_raise(&op->op, "%s: cannot go on from its saved state: %s",
			 op->name, err->text);
	else
		op_return(&op->op, NULL, NULL);
}

/* host.restore_state(number, allow_reboot): it is loaded, and stands still */
static int
host_restore_state(lua_State *L)
{
	struct script *script = script_of(L);
	struct script_state *state =
	    find_state(script, luaL_checkinteger(L, 1));
	bool allow_reboot = lua_toboolean(L, 2);
	struct machine_origin origin = { .held = true };
	struct restore_op *op;

	luaL_argcheck(L, state != NULL, 1, "no such state");
	if (lseek(state->fd, 0, SEEK_SET) < 0)
		return task_raise(L, "a saved state: %s", strerror(errno));
	origin.state_fd = state->fd;
	origin.shell = &state->shell;
	op = op_begin(L, sizeof(*op), restore_cancel);
	op->name = script->plan->nodes[state->node].name;
	live_start_from(script->live, state->node, allow_reboot, &origin,
			on_restored, op);
	return op_wait(L);
}

const struct luaL_Reg script_lab_functions[] = {
	{ "save_refusal", host_save_refusal },
	{ "at_rest", host_at_rest },
	{ "go_on", host_go_on },
	{ "save_state", host_save_state },
	{ "forget_state", host_forget_state },
	{ "restore_state", host_restore_state },
	{ NULL, NULL },
};
