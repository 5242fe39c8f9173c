/*
 * workers: threads that run loops beside the control thread's, and the two ways
 * between them: the control thread makes a worker stand still and works on what
 * is the worker's; a worker leaves notes, which the control thread reads when it
 * gets to it.
 *
 * Standing still.  A worker stands inside a callback of its own loop, between
 * two others: what is its own is then as if no time passed, its loop and its
 * timers included, so that all code that knows one thread stays as it is, and
 * libevent needs no locks.  It stands until the control thread is back in its
 * loop (or calls workers_let_go()): whoever needs a worker's things stops it,
 * again and again if that is simpler, and nobody has to remember to end it.
 *
 * Fairness.  The callback has the priority of frames, and after each stop the
 * worker's loop goes round once before it can be stopped again: callers who
 * never pause slow the frames of a segment down, and do not end them.
 *
 * No deadlock.  A worker waits for nobody but in that callback: it never calls
 * the control thread, it leaves a note.
 */
#ifndef SWITCH_WORKERS_H
#define SWITCH_WORKERS_H

#include <stdbool.h>
#include <sys/queue.h>

struct event_base;
struct worker;
struct workers;

enum { WORKERS_MAX = 64 };

/* Lies in what it is about; all zeros but for .fn and .arg at first. */
struct workers_note {
	void (*fn)(void *arg); /* runs on the control thread, from its loop */
	void *arg;	       /* borrowed */
	bool waits;	       /* workers_post(), and .fn has not run yet */
	TAILQ_ENTRY(workers_note) link;
};

/** workers_new() - the calling thread is the control thread
 * @control: its loop; borrowed */
struct workers *workers_new(struct event_base *control);
/** workers_free() - after workers_end(); NULL is a no-op */
void workers_free(struct workers *workers);

/**
 * workers_add() - one more thread; it stands until it is let go
 * @base: its loop; borrowed; nobody runs it yet
 * @run:  runs that loop until somebody breaks it; on the new thread
 * @name: for those who look at threads; at most 15 characters
 *
 * It gets no signals but those of its own faults.
 * Return: borrowed; NULL with errno set.
 */
struct worker *workers_add(struct workers *workers, struct event_base *base,
			   void (*run)(void *arg), void *arg, const char *name);

/** workers_stop() - when this returns @worker stands; the control thread's, like
 * all that follow but for workers_post() and workers_on_control() */
void workers_stop(struct worker *worker);
/** workers_stop_all() - all at once, which takes as long as the slowest */
void workers_stop_all(struct workers *workers);
/** workers_let_go() - those that stand go on */
void workers_let_go(struct workers *workers);
/** workers_end() - let all go, end their loops, and read what notes they have
 * left: from then on one thread does everything; again reads notes only.  The
 * other threads sleep until workers_free(): the kernel takes the end of a thread
 * for that of the parent of the programs it has started. */
void workers_end(struct workers *workers);

/** workers_post() - @note is read soon, in the order of posting; from any
 * thread; one that waits already is not posted again
 * @note: its owner must not go before it was read or forgotten */
void workers_post(struct workers *workers, struct workers_note *note);
/** workers_forget() - @note will not be read any more */
void workers_forget(struct workers *workers, struct workers_note *note);

/** workers_on_control() - is the caller the control thread? */
bool workers_on_control(const struct workers *workers);

#endif /* SWITCH_WORKERS_H */
