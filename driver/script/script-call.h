/*
 * script-call: calls that do not come from the script: from the control socket
 * of its run.
 *
 * Each is a task of its own beside the script, so several go on at once.  What
 * goes in and comes out is JSON; where JSON has no word for it:
 *
 *   {"$base64": "AAH/"}                  octets that are no UTF-8, or hold a NUL
 *   {"$object": "machine", "id": "a"}    a machine, a segment or a port, by its
 *                                        name
 *   {"$object": "watch", "id": 7}        another object; lives until it is
 *                                        released, or the run's end
 *
 * A failure has a kind, for programs:
 *
 *   usage      the call does not suit its row of the table of methods, or
 *              takes a function, which cannot come from outside
 *   failed     it did what it is there for, and the answer is no
 *   timed-out  the same, because time was up
 *   cancelled  by script_call_cancel()
 */
#ifndef DRIVER_SCRIPT_SCRIPT_CALL_H
#define DRIVER_SCRIPT_SCRIPT_CALL_H

#include <stdbool.h>

#include <jansson.h>

struct method;
struct script;
struct script_call;

struct script_outcome {
	const json_t *results; /* a list; NULL: it failed */
	const char *error;     /* then; of any length */
	const char *kind;      /* then */
	bool lost;	       /* then: a machine has died meanwhile */
};

/* Once, from the loop.  @outcome is borrowed; the call is gone then. */
typedef void script_call_done_fn(const struct script_outcome *outcome,
				 void *arg);

/* The scope has begun, as step @step. */
typedef void script_call_begun_fn(json_int_t step, void *arg);

enum script_verb {
	SCRIPT_CALL_METHOD,  /* what a row of the table of methods says */
	SCRIPT_CALL_EVAL,    /* args: [Lua text, name for messages]; results:
			      * [true, a text for each value] or [false] when
			      * the text is but the beginning of a chunk */
	SCRIPT_CALL_RUN,     /* args: [the test_script; names of subtests...] */
	SCRIPT_CALL_SUBTEST, /* args: [name, kind of step or null, machine or
			      * null]; lasts until script_call_leave() */
	SCRIPT_CALL_SCOPE,   /* as SCRIPT_CALL_METHOD, of a method that takes a
			      * function: that lasts until script_call_leave() */
	SCRIPT_CALL_FORGET,  /* args: [{"$object": ...}] */
	SCRIPT_CALL_SHELL,   /* args: [machine, shell text]; until that ends */
	SCRIPT_CALL_CAPTURE, /* args: [segment, filter, since]; results: [a list
			      * of {time, port, line}] */
};

struct script_call_spec {
	enum script_verb verb;
	const struct method *method; /* of SCRIPT_CALL_METHOD and _SCOPE */
	const json_t *self;	     /* a name or number; NULL for globals */
	const json_t *args;	     /* a list; or NULL */
	const json_t *options;	     /* an object; or NULL */
	json_int_t step;	     /* the step that it is part of; 0: none */
	const json_t *at; /* where the client has it: {file, line}; or NULL */
	script_call_begun_fn *begun; /* of SCRIPT_CALL_SUBTEST and _SCOPE */
	script_call_done_fn *done;
	void *arg; /* borrowed */
};

/** script_call() - begin a call; its done follows from the loop
 * @spec: borrowed for the call
 *
 * Return: borrowed until done. */
struct script_call *script_call(struct script *script,
				const struct script_call_spec *spec);
/** script_call_leave() - end a scope that has begun; its done follows
 * @error: what it fails with; or NULL
 * @late:  that is because time was up */
void script_call_leave(struct script_call *call, const char *error, bool late);
/** script_call_cancel() - end it wherever it is; done does not run; the call is
 * gone then */
void script_call_cancel(struct script_call *call);

#endif /* DRIVER_SCRIPT_SCRIPT_CALL_H */
