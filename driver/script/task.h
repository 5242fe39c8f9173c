/*
 * task: a coroutine of the script, and what it is waiting for.  Inside of
 * script only.
 *
 * A primitive that takes time does:
 *     struct my_op *op = op_begin(L, sizeof(*op), my_cancel);
 *     ... start something that ends in a callback with @op ...
 *     return op_wait(L);
 * and the callback, at once or from the loop, ends with exactly one of
 * op_return(), op_raise(), op_rethrow() and, when op_cancelled() says so,
 * op_end().
 */
#ifndef DRIVER_SCRIPT_TASK_H
#define DRIVER_SCRIPT_TASK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <lua.h>

struct event_base;
struct op;
struct task;
struct task_set;
struct test_file;

/* The task lost interest: stop what can be stopped and op_end() it now; or
 * leave that to the callback, which sees op_cancelled(). */
typedef void op_cancel_fn(struct op *op);

/* All that waits is to end, because of @why; this operation ends soon, with an
 * error that may tell more. */
typedef void op_abort_fn(struct op *op, const char *why);

/* First member of every operation. */
struct op {
	struct task *task; /* NULL: cancelled */
	op_cancel_fn *cancel;
	op_abort_fn *abort;   /* NULL: it is cancelled instead */
	bool aborting;	      /* it has been told */
	LIST_ENTRY(op) entry; /* among the cancelled ones */
};

/** op_check() - raise an error when no operation can begin here; op_begin()
 * does it as well, but by then something may have been allocated */
void op_check(lua_State *L);
/** op_begin() - @size bytes, zeroed, freed by op_end() */
void *op_begin(lua_State *L, size_t size, op_cancel_fn *cancel);
/** op_on_abort() - @op is not cancelled by tasks_abort(), but told */
void op_on_abort(struct op *op, op_abort_fn *abort);
/** op_wait() - yield until the operation ends; `return` what it returns */
int op_wait(lua_State *L);
bool op_cancelled(const struct op *op);
/** op_stack() - its coroutine, which waits; push nothing that allocates: an
 * error would not be caught */
lua_State *op_stack(const struct op *op);
/* Pushes an operation's results; Lua errors in it are the script's.
 * Return: how many. */
typedef int op_push_fn(lua_State *L, void *data);
/** op_return() - resume the task with what @push pushes; @op is freed
 * afterwards, so @data may be part of it
 * @push: runs before this returns; NULL for no results */
void op_return(struct op *op, op_push_fn *push, void *data);
/** op_raise() - resume it with an error at the script's line; frees @op */
void op_raise(struct op *op, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** op_rethrow() - resume it with an error that names its line already */
void op_rethrow(struct op *op, const char *text);
void op_end(struct op *op);
/** op_late() - what it is ended with by op_raise() is that time is up */
void op_late(struct op *op);

/** task_raise() - raise an error at the script's line; inside a C function */
int task_raise(lua_State *L, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** task_late() - what @L's task raises next is that time is up */
void task_late(lua_State *L);
/** task_is_late() - did it die of that?  @error: as its done is told */
bool task_is_late(const struct task *task, const char *error);
/** task_was_late() - is @error that time was up in @L's task? */
bool task_was_late(lua_State *L, const char *error);
/**
 * task_place() - where @L is in the test's own text: in the innermost function
 * of one of its files; in none of them: where its task was begun, or what
 * task_set_place() said
 * @file: as messages call it; borrowed until @L goes on
 *
 * Return: the line; 0: in none at all, and @file is NULL.
 */
int task_place(lua_State *L, const char **file);
/** task_set_place() - @file is copied */
void task_set_place(struct task *task, const char *file, int line);
/** task_step() - the step that @L's task is in, 0 = none; settable */
lua_Integer *task_step(lua_State *L);

/* Runs when a task ends; @error: NULL, or what it died of.  Results, @n of
 * them, are on top of @co's stack.  Borrowed for the call. */
typedef void task_done_fn(struct task *task, const char *error, lua_State *co,
			  int n, void *arg);

/**
 * task_new() - a coroutine to run the function on top of @L's stack, which is
 * popped; it starts from the loop
 * @slot: where its owner keeps it: set here, and to NULL when the task is no
 *        more, however it ends
 */
void task_new(struct task_set *set, lua_State *L, lua_Integer step,
	      task_done_fn *done, void *arg, struct task **slot);
/** task_free() - end it wherever it is, and close what the script wants closed
 * (`local x <close>`), which cannot wait; done does not run */
void task_free(struct task *task);
/** task_interrupt() - raise @why, which names its line already, where the task
 * whose coroutine is @co waits; @late: it is that time was up.  Return: false
 * when it does not wait */
bool task_interrupt(struct task_set *set, const lua_State *co, const char *why,
		    bool late);
/** task_push_place() - "nat.lua:12: " of the innermost function on @L that the
 * test file defines; "" when there is none */
void task_push_place(lua_State *L);
/** tasks_abort() - raise @why in every task that waits, and in whatever would
 * wait after it; of several the first counts.  @late: it is that time is up */
void tasks_abort(struct task_set *set, const char *why, bool late);

/* What the tasks of one script share. */
struct task_set {
	struct event_base *base; /* borrowed */
	struct test_file *file;	 /* borrowed */
	struct task *first;
	/* Cancelled operations whose callback is still to come. */
	LIST_HEAD(, op) cancelled;
	/* Raised by everything that waits from now on; NULL: go on.  Owned. */
	char *aborted;
	bool aborted_late; /* that is because time was up */
};

/** task_set_init() - make it findable from every coroutine of @file
 * @L: the main state of @file; Lua errors are the caller's */
void task_set_init(struct task_set *set, struct event_base *base,
		   struct test_file *file, lua_State *L);
/** tasks_end() - end all tasks; none can be made any more */
void tasks_end(struct task_set *set);
/** task_set_fini() - the same, and frees the operations that were left to
 * their callbacks, which must not run any more */
void task_set_fini(struct task_set *set);

#endif /* DRIVER_SCRIPT_TASK_H */
