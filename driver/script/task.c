#include "driver/script/task.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <lauxlib.h>

#include "driver/script/test-file.h"
#include "lib/xalloc.h"

/* One that has been told to end may tidy up, not go on. */
enum { ENDING_COMPUTE_MS = 500 };

struct task {
	struct task *next;
	struct task_set *set; /* borrowed */
	lua_State *co;	      /* kept alive by .ref */
	int ref;
	struct event *starter; /* owned; NULL once started */
	lua_Integer step;
	struct op *op;	  /* what it waits for; borrowed; or NULL */
	char *raise;	  /* to be raised when it goes on; owned */
	bool rethrow;	  /* .raise has a place already */
	bool running;	  /* inside lua_resume() */
	bool ending;	  /* only closes what is left open */
	bool ended_early; /* the operation ended before op_wait() */
	op_push_fn *push; /* pushes the results when it goes on; or NULL */
	void *push_data;
	int n_results;	 /* of an operation that ended early */
	bool late;	 /* the next error is that time is up */
	char *late_text; /* such an error; owned; or NULL */
	char *at_file;	 /* where the test began it; owned; or NULL */
	int at_line;
	task_done_fn *done;
	void *arg;	    /* borrowed */
	struct task **slot; /* its owner's; NULL while it ends */
};

static const char set_key; /* its address is the registry's key */

void
task_set_init(struct task_set *set, struct event_base *base,
	      struct test_file *file, lua_State *L)
{
	*set = (struct task_set){ .base = base, .file = file };
	LIST_INIT(&set->cancelled);
	lua_pushlightuserdata(L, set);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &set_key);
}

static struct task_set *
set_of(lua_State *L)
{
	struct task_set *set;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &set_key);
	set = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return set;
}

/* NULL: none of a script's coroutines. */
static struct task *
task_of(lua_State *L)
{
	struct task_set *set = set_of(L);
	struct task *task = set != NULL ? set->first : NULL;

	while (task != NULL && task->co != L)
		task = task->next;
	return task;
}

lua_Integer *
task_step(lua_State *L)
{
	struct task *task = task_of(L);

	assert(task != NULL);
	return &task->step;
}

/* ---- errors, at the script's line ---- */

/* The innermost function of a file.  Return: its line, or 0. */
static int
place_on_stack(lua_State *L, const char **file)
{
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.source[0] == '@' && ar.currentline > 0) {
			*file = ar.source + 1;
			return ar.currentline;
		}
	}
	*file = NULL;
	return 0;
}

void
task_push_place(lua_State *L)
{
	const char *file;
	int line = place_on_stack(L, &file);

	if (line > 0)
		lua_pushfstring(L, "%s:%d: ", file, line);
	else
		lua_pushliteral(L, "");
}

int
task_place(lua_State *L, const char **file)
{
	int line = place_on_stack(L, file);
	const struct task *task = line == 0 ? task_of(L) : NULL;

	if (task == NULL)
		return line;
	*file = task->at_file;
	return task->at_line;
}

void
task_set_place(struct task *task, const char *file, int line)
{
	free(task->at_file);
	task->at_file = xstrdup(file);
	task->at_line = line;
}

/* Raise what is on top of the stack. */
static int
raise_top(lua_State *L)
{
	struct task *task = task_of(L);

	if (task != NULL && task->late) {
		task->late = false;
		free(task->late_text);
		task->late_text = xstrdup(lua_tostring(L, -1));
	}
	return lua_error(L);
}

static int
raise_text(lua_State *L, const char *text, bool placed)
{
	if (!placed)
		task_push_place(L);
	lua_pushstring(L, text);
	if (!placed)
		lua_concat(L, 2);
	return raise_top(L);
}

void
task_late(lua_State *L)
{
	struct task *task = task_of(L);

	if (task != NULL)
		task->late = true;
}

bool
task_is_late(const struct task *task, const char *error)
{
	return task->late_text != NULL &&
	       strstr(error, task->late_text) != NULL;
}

bool
task_was_late(lua_State *L, const char *error)
{
	const struct task *task = task_of(L);

	return task != NULL && task_is_late(task, error);
}

int
task_raise(lua_State *L, const char *fmt, ...)
{
	va_list ap;

	task_push_place(L);
	va_start(ap, fmt);
	{
		char *text = xvasprintf(fmt, ap);

		lua_pushstring(L, text);
		free(text);
	}
	va_end(ap);
	lua_concat(L, 2);
	return raise_top(L);
}

/* ---- life ---- */

static void
unlink_task(struct task *task)
{
	struct task **link = &task->set->first;

	while (*link != task)
		link = &(*link)->next;
	*link = task->next;
}

static void
cancel_op(struct task *task)
{
	struct op *op = task->op;

	if (op == NULL)
		return;
	task->op = NULL;
	op->task = NULL;
	LIST_INSERT_HEAD(&task->set->cancelled, op, entry);
	op->cancel(op);
}

void
task_free(struct task *task)
{
	struct test_file *file = task->set->file;
	lua_State *L = test_file_lua(file);

	assert(!task->running);
	if (task->slot != NULL)
		*task->slot = NULL;
	cancel_op(task);
	if (task->starter != NULL)
		event_free(task->starter);
	task->ending = true;
	test_file_compute_for(file, ENDING_COMPUTE_MS);
	lua_resetthread(task->co); /* may run functions of the script */
	test_file_compute_for(file, 0);
	unlink_task(task);
	luaL_unref(L, LUA_REGISTRYINDEX, task->ref);
	free(task->raise);
	free(task->late_text);
	free(task->at_file);
	free(task);
}

/* What the error on top of @co's stack says; borrowed. */
static const char *
error_text(lua_State *co, char *buf, size_t size)
{
	const char *text;

	if (lua_type(co, -1) != LUA_TSTRING)
		return "an error that is not text was raised";
	text = lua_tostring(co, -1);
	if (strcmp(text, "not enough memory") != 0)
		return text;
	snprintf(buf, size,
		 "the script has run out of memory: Lua may use %d MiB",
		 TEST_FILE_MEMORY_MAX / 1024 / 1024);
	return buf;
}

/* The coroutine has come to its end, well or badly. */
static void
task_end(struct task *task, int status, int n_results)
{
	const char *error = NULL;
	char buf[96];

	if (status != LUA_OK)
		error = error_text(task->co, buf, sizeof(buf));
	*task->slot = NULL; /* .done may free what the slot is part of */
	task->slot = NULL;
	task->done(task, error, task->co, n_results, task->arg);
	task_free(task);
}

static void
task_resume(struct task *task)
{
	struct test_file *file = task->set->file;
	int n_results = 0;
	int status;

	task->running = true;
	test_file_compute_for(file, task->set->aborted != NULL
					? ENDING_COMPUTE_MS
					: TEST_FILE_COMPUTE_MS);
	status = lua_resume(task->co, NULL, 0, &n_results);
	test_file_compute_for(file, 0);
	task->running = false;
	if (status != LUA_YIELD)
		task_end(task, status, n_results);
}

static void
on_start(evutil_socket_t fd, short what, void *arg)
{
	struct task *task = arg;

	(void)fd;
	(void)what;
	event_free(task->starter);
	task->starter = NULL;
	task_resume(task);
}

void
task_new(struct task_set *set, lua_State *L, lua_Integer step,
	 task_done_fn *done, void *arg, struct task **slot)
{
	/* Both may raise an error, so they come first. */
	lua_State *co = lua_newthread(L);
	int ref = luaL_ref(L, LUA_REGISTRYINDEX);
	struct task *task = XNEW(struct task);
	const char *file;
	int line = task_place(L, &file);

	if (line > 0)
		task_set_place(task, file, line);
	task->set = set;
	task->step = step;
	task->done = done;
	task->arg = arg;
	task->co = co;
	task->ref = ref;
	lua_xmove(L, task->co, 1); /* the function */
	task->starter = event_new(set->base, -1, 0, on_start, task);
	if (task->starter == NULL)
		abort(); /* out of memory */
	event_active(task->starter, EV_TIMEOUT, 0);
	task->next = set->first;
	set->first = task;
	task->slot = slot;
	*slot = task;
}

void
tasks_end(struct task_set *set)
{
	while (set->first != NULL)
		task_free(set->first);
}

void
task_set_fini(struct task_set *set)
{
	tasks_end(set);
	while (!LIST_EMPTY(&set->cancelled))
		op_end(LIST_FIRST(&set->cancelled));
	free(set->aborted);
	set->aborted = NULL;
}

/* ---- operations ---- */

void
op_check(lua_State *L)
{
	struct task *task = task_of(L);

	if (task == NULL)
		task_raise(L, "only test_script and the functions it calls "
			      "may wait, not a coroutine of their own");
	else if (task->ending)
		task_raise(L, "nothing can be waited for here: the function "
			      "that this closes has ended");
	else if (task->set->aborted != NULL) {
		task->late = task->set->aborted_late;
		task_raise(L, "%s", task->set->aborted);
	}
}

void *
op_begin(lua_State *L, size_t size, op_cancel_fn *cancel)
{
	struct task *task;
	struct op *op;

	op_check(L);
	task = task_of(L);
	if (task->op != NULL) {
		/* An error came between its begin and its wait: Lua has run out
		 * of memory there. */
		cancel_op(task);
		test_file_compute_for(task->set->file, TEST_FILE_COMPUTE_MS);
	}
	op = xcalloc(1, size);
	op->task = task;
	op->cancel = cancel;
	task->op = op;
	task->ended_early = false;
	return op;
}

static int
raise_kept(lua_State *L, struct task *task)
{
	lua_pushstring(L, task->raise);
	free(task->raise);
	task->raise = NULL;
	return raise_text(L, lua_tostring(L, -1), task->rethrow);
}

static int
on_resumed(lua_State *L, int status, lua_KContext ctx)
{
	struct task *task = (struct task *)ctx;

	(void)status;
	if (task->raise != NULL)
		return raise_kept(L, task);
	return task->push != NULL ? task->push(L, task->push_data) : 0;
}

void
op_on_abort(struct op *op, op_abort_fn *abort)
{
	op->abort = abort;
}

int
op_wait(lua_State *L)
{
	struct task *task = task_of(L);

	if (!task->ended_early)
		return lua_yieldk(L, 0, (lua_KContext)task, on_resumed);
	if (task->raise != NULL)
		return raise_kept(L, task);
	return task->n_results;
}

bool
op_cancelled(const struct op *op)
{
	return op->task == NULL;
}

lua_State *
op_stack(const struct op *op)
{
	return op->task->co;
}

void
op_end(struct op *op)
{
	if (op_cancelled(op))
		LIST_REMOVE(op, entry);
	free(op);
}

static void
finish(struct op *op, op_push_fn *push, void *data)
{
	struct task *task = op->task;

	task->op = NULL;
	if (task->running) {
		/* Inside the function that began it. */
		task->ended_early = true;
		task->n_results = push != NULL ? push(task->co, data) : 0;
	} else {
		task->push = push;
		task->push_data = data;
		task_resume(task);
	}
	op_end(op);
}

void
op_return(struct op *op, op_push_fn *push, void *data)
{
	finish(op, push, data);
}

void
op_raise(struct op *op, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	op->task->raise = xvasprintf(fmt, ap);
	va_end(ap);
	op->task->rethrow = false;
	finish(op, NULL, NULL);
}

void
op_late(struct op *op)
{
	op->task->late = true;
}

void
op_rethrow(struct op *op, const char *text)
{
	op->task->raise = xstrdup(text);
	op->task->rethrow = true;
	finish(op, NULL, NULL);
}

/* Whatever it waits for has lost its interest. */
static void
raise_in(struct task *task, const char *why, bool placed, bool late)
{
	cancel_op(task);
	task->late = late;
	task->raise = xstrdup(why);
	task->rethrow = placed;
	task->push = NULL;
	task_resume(task);
}

bool
task_interrupt(struct task_set *set, const lua_State *co, const char *why,
	       bool late)
{
	struct task *task = set->first;

	while (task != NULL && task->co != co)
		task = task->next;
	if (task == NULL || task->op == NULL || task->running)
		return false;
	raise_in(task, why, true, late);
	return true;
}

/* Does it wait for something that has not heard of the end yet? */
static bool
is_to_hear(const struct task *task)
{
	return task->op != NULL && !task->running && !task->op->aborting;
}

/* Raising resumes a task, which may end it and others: begin again after
 * each.  Those that do not wait meet set->aborted at their next wait. */
void
tasks_abort(struct task_set *set, const char *why, bool late)
{
	if (set->aborted == NULL) {
		set->aborted = xstrdup(why);
		set->aborted_late = late;
	}
	for (;;) {
		struct task *task = set->first;

		while (task != NULL && !is_to_hear(task))
			task = task->next;
		if (task == NULL)
			return;
		if (task->op->abort != NULL) {
			task->op->aborting = true;
			task->op->abort(task->op, set->aborted);
			continue;
		}
		raise_in(task, set->aborted, false, set->aborted_late);
	}
}
