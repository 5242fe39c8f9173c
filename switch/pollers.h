/*
 * pollers: those of a loop who look for more again and again, while something
 * comes: what shared memory brings makes no descriptor readable.
 *
 * They take turns.  While they find little they are asked many times before
 * others' events have their turn, for that costs a system call and more than a
 * look does; who finds much has had his share for this turn.
 */
#ifndef SWITCH_POLLERS_H
#define SWITCH_POLLERS_H

#include <stdbool.h>

#include <sys/queue.h>

struct event_base;
struct pollers; /* opaque; for one loop */

enum {
	/* Of looks at each, in a turn of the loop in which they find nothing:
	 * some microseconds. */
	POLLERS_ROUNDS_MAX = 64,
	/* Found in a turn of the loop: it is others' turn. */
	POLLERS_FOUND_MAX = 256,
};

/* Owned by who looks; all zeros but for the first two: it is not asked. */
struct poller {
	/* Look once; may stop any poller, but not free one.  Return: how much
	 * there was. */
	unsigned (*look)(void *arg);
	void *arg;
	bool is_on;
	TAILQ_ENTRY(poller) link;
};

/** pollers_new() - @base: borrowed; returned owned */
struct pollers *pollers_new(struct event_base *base);
/** pollers_free() - when all have been stopped; NULL is a no-op */
void pollers_free(struct pollers *pollers);

/** pollers_start() - @poller looks from the next turn of the loop on, until it
 * is stopped; no-op when it does already */
void pollers_start(struct pollers *pollers, struct poller *poller);
/** pollers_stop() - no-op when it does not look */
void pollers_stop(struct pollers *pollers, struct poller *poller);

#endif /* SWITCH_POLLERS_H */
