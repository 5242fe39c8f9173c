/*
 * script-guard: a function beside the task that opened the guard; when it
 * raises an error, so does that task, wherever it waits.
 *
 * A task may catch the error and go on: it is raised again after a moment, and
 * the guard keeps it for who opened it.
 */
#include "driver/script/script-internal.h"

#include <stdlib.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "lib/clock.h"
#include "lib/xalloc.h"

enum { AGAIN_MS = 1000 };

static const char guard_type[] = "vdelab.guard";

struct script_guard {
	LIST_ENTRY(script_guard) entry;
	struct script *script; /* NULL: closed */
	lua_State *owner;      /* the coroutine that is guarded */
	struct task *guardian; /* NULL once it has ended */
	char *why;	       /* owned; NULL: nothing has happened */
	bool late;	       /* that is because time was up */
	struct timer *again;   /* owned */
};

static void
guard_close(struct script_guard *guard)
{
	if (guard->script == NULL)
		return;
	LIST_REMOVE(guard, entry);
	guard->script = NULL;
	if (guard->guardian != NULL)
		task_free(guard->guardian);
	timer_free(guard->again);
	free(guard->why);
	guard->why = NULL;
}

void
script_guards_end(struct script *script)
{
	while (!LIST_EMPTY(&script->guards))
		guard_close(LIST_FIRST(&script->guards));
}

/* The owner may close the guard meanwhile: this is the last thing to do. */
static void
raise_in_owner(struct script_guard *guard)
{
	timer_set_in(guard->again, AGAIN_MS * NS_PER_MS);
	task_interrupt(&guard->script->tasks, guard->owner, guard->why,
		       guard->late);
}

static void
on_again(void *arg)
{
	raise_in_owner(arg);
}

static void
on_guardian_done(struct task *task, const char *error, lua_State *co, int n,
		 void *arg)
{
	struct script_guard *guard = arg;

	(void)co;
	(void)n;
	if (error == NULL)
		return;
	guard->late = task_is_late(task, error);
	guard->why = xstrdup(error);
	raise_in_owner(guard);
}

static int
host_guard_close(lua_State *L)
{
	guard_close(luaL_checkudata(L, 1, guard_type));
	return 0;
}

/* host.guard_new(fn) -> the guard of the calling task; to be closed */
static int
host_guard_new(lua_State *L)
{
	struct script *script = script_of(L);
	struct script_guard *guard;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	op_check(L);
	guard = lua_newuserdatauv(L, sizeof(*guard), 0);
	*guard = (struct script_guard){ .owner = L };
	if (luaL_newmetatable(L, guard_type)) {
		lua_pushcfunction(L, host_guard_close);
		lua_setfield(L, -2, "__gc");
		lua_pushcfunction(L, host_guard_close);
		lua_setfield(L, -2, "__close");
	}
	lua_setmetatable(L, -2);
	guard->again = timer_new(script->spec.clock, on_again, guard);
	LIST_INSERT_HEAD(&script->guards, guard, entry);
	guard->script = script;
	lua_pushvalue(L, 1);
	task_new(&script->tasks, L, *task_step(L), on_guardian_done, guard,
		 &guard->guardian);
	return 1;
}

/* host.guard_why(guard) -> what it has raised; nothing if it has not */
static int
host_guard_why(lua_State *L)
{
	const struct script_guard *guard = luaL_checkudata(L, 1, guard_type);

	if (guard->why == NULL)
		return 0;
	lua_pushstring(L, guard->why);
	return 1;
}

/* host.interrupted() -> has a guard of the calling task raised an error? */
static int
host_interrupted(lua_State *L)
{
	const struct script_guard *guard;
	bool found = false;

	LIST_FOREACH (guard, &script_of(L)->guards, entry)
		found = found || (guard->owner == L && guard->why != NULL);
	lua_pushboolean(L, found);
	return 1;
}

size_t
script_n_losses(const struct script *script)
{
	size_t n = 0;

	for (size_t i = 0; script->live != NULL && i < script->plan->n_nodes;
	     i++)
		n += machine_n_losses(live_machine(script->live, i));
	return n;
}

/* host.losses() -> script_n_losses() */
static int
host_losses(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)script_n_losses(script_of(L)));
	return 1;
}

/* host.place() -> "nat.lua:12: ", where the script is */
static int
host_place(lua_State *L)
{
	task_push_place(L);
	return 1;
}

const struct luaL_Reg script_guard_functions[] = {
	{ "guard_new", host_guard_new },
	{ "guard_why", host_guard_why },
	{ "interrupted", host_interrupted },
	{ "losses", host_losses },
	{ "place", host_place },
	{ NULL, NULL },
};
