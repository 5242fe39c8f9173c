#include "config.h"

#include "switch/workers.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/xalloc.h"
#include "switch/switch.h"

struct worker {
	struct workers *workers;
	struct event_base *base;
	void (*run)(void *arg);
	void *arg;
	char name[16];
	pthread_t thread;
	int poke_fd; /* readable: the control thread wants something */
	struct event *poked;
	bool mine; /* the control thread's alone: it stands for it */
	/* Under workers->lock.  Stops are numbered: a worker that is asked
	 * again before it has noticed that it may go leaves all the same. */
	uint64_t asked, stands, released;
	bool ends, ended; /* its loop is to, and has */
	STAILQ_ENTRY(worker) link;
};

struct workers {
	pthread_t control;
	pthread_mutex_t lock;
	pthread_cond_t stood, let_go; /* of any of them */
	STAILQ_HEAD(, worker) list;
	struct event *let_go_soon; /* on the control thread's loop */
	bool any_mine;
	bool over; /* workers_end() */
	/* Under lock: */
	bool leaves; /* threads that have ended exit */
	TAILQ_HEAD(note_list, workers_note) notes;
	int note_fd; /* readable: there are notes */
	struct event *noted;
};

static void
poke(int fd)
{
	const uint64_t one = 1;
	ssize_t n;

	/* It fails when the count is full: then it is readable all the more. */
	do
		n = write(fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

static void
take_pokes(int fd)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
}

/* ---- on a worker ---- */

static void
on_poked(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct workers *ws = w->workers;
	bool ends;

	(void)what;
	take_pokes((int)fd);
	pthread_mutex_lock(&ws->lock);
	if (w->asked > w->released) {
		w->stands = w->asked;
		pthread_cond_broadcast(&ws->stood);
		while (w->released < w->stands)
			pthread_cond_wait(&ws->let_go, &ws->lock);
	}
	ends = w->ends;
	pthread_mutex_unlock(&ws->lock);
	if (ends)
		event_base_loopbreak(w->base);
}

static void *
run_worker(void *arg)
{
	struct worker *w = arg;
	struct workers *ws = w->workers;

	/* Its own: others' are files, which a sandbox keeps shut. */
	(void)pthread_setname_np(pthread_self(), w->name);
	w->run(w->arg);
	pthread_mutex_lock(&ws->lock);
	w->ended = true;
	pthread_cond_broadcast(&ws->stood);
	/* Programs that it has started may be told when it exits. */
	while (!ws->leaves)
		pthread_cond_wait(&ws->let_go, &ws->lock);
	pthread_mutex_unlock(&ws->lock);
	return NULL;
}

/* ---- life ---- */

static void
on_let_go(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	workers_let_go(arg);
}

static struct workers_note *
take_note(struct workers *ws)
{
	struct workers_note *note;

	pthread_mutex_lock(&ws->lock);
	note = TAILQ_FIRST(&ws->notes);
	if (note != NULL) {
		TAILQ_REMOVE(&ws->notes, note, link);
		note->waits = false;
	}
	pthread_mutex_unlock(&ws->lock);
	return note;
}

/* Those that are there: who posts for ever shall not keep the loop. */
static void
on_noted(evutil_socket_t fd, short what, void *arg)
{
	struct workers *ws = arg;
	struct workers_note *note, *last;

	(void)what;
	take_pokes((int)fd);
	pthread_mutex_lock(&ws->lock);
	last = TAILQ_LAST(&ws->notes, note_list);
	pthread_mutex_unlock(&ws->lock);
	while (last != NULL && (note = take_note(ws)) != NULL) {
		bool was_last = note == last;

		note->fn(note->arg); /* may free it */
		if (was_last)
			break;
	}
	pthread_mutex_lock(&ws->lock);
	if (!TAILQ_EMPTY(&ws->notes))
		poke(ws->note_fd);
	pthread_mutex_unlock(&ws->lock);
}

static int
new_poke_fd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		abort(); /* at the start, before anybody has a descriptor */
	return fd;
}

struct workers *
workers_new(struct event_base *control)
{
	struct workers *ws = XNEW(struct workers);

	ws->control = pthread_self();
	pthread_mutex_init(&ws->lock, NULL);
	pthread_cond_init(&ws->stood, NULL);
	pthread_cond_init(&ws->let_go, NULL);
	STAILQ_INIT(&ws->list);
	TAILQ_INIT(&ws->notes);
	ws->note_fd = new_poke_fd();
	ws->noted =
	    event_new(control, ws->note_fd, EV_READ | EV_PERSIST, on_noted, ws);
	ws->let_go_soon = event_new(control, -1, 0, on_let_go, ws);
	if (ws->noted == NULL || ws->let_go_soon == NULL ||
	    event_add(ws->noted, NULL) < 0)
		abort();
	event_priority_set(ws->let_go_soon, SWITCH_PRIORITY_FIRST);
	return ws;
}

static void
free_worker(struct worker *w)
{
	if (w->poked != NULL)
		event_free(w->poked);
	if (w->poke_fd >= 0)
		close(w->poke_fd);
	free(w);
}

/* Those that workers_end() has ended. */
static void
join_all(struct workers *ws)
{
	struct worker *w;

	pthread_mutex_lock(&ws->lock);
	ws->leaves = true;
	pthread_cond_broadcast(&ws->let_go);
	pthread_mutex_unlock(&ws->lock);
	while ((w = STAILQ_FIRST(&ws->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&ws->list, link);
		pthread_join(w->thread, NULL);
		free_worker(w);
	}
}

void
workers_free(struct workers *ws)
{
	if (ws == NULL)
		return;
	assert(ws->over || STAILQ_EMPTY(&ws->list));
	assert(TAILQ_EMPTY(&ws->notes));
	join_all(ws);
	event_free(ws->noted);
	event_free(ws->let_go_soon);
	close(ws->note_fd);
	pthread_cond_destroy(&ws->stood);
	pthread_cond_destroy(&ws->let_go);
	pthread_mutex_destroy(&ws->lock);
	free(ws);
}

/* Signals are the control thread's; a fault is of the thread that made it. */
static int
start_thread(struct worker *w)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	sigset_t blocked, before;
	int ret;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	ret = pthread_create(&w->thread, NULL, run_worker, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* @w stands, or will before it does anything else: it is the control thread's
 * until that lets it go. */
static void
is_mine(struct worker *w)
{
	struct workers *ws = w->workers;

	w->mine = true;
	if (ws->any_mine)
		return;
	ws->any_mine = true;
	event_active(ws->let_go_soon, 0, 0);
}

struct worker *
workers_add(struct workers *ws, struct event_base *base, void (*run)(void *arg),
	    void *arg, const char *name)
{
	struct worker *w = XNEW(struct worker);
	int ret;

	w->workers = ws;
	w->base = base;
	w->run = run;
	w->arg = arg;
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->poke_fd = new_poke_fd();
	w->poked =
	    event_new(base, w->poke_fd, EV_READ | EV_PERSIST, on_poked, w);
	if (w->poked == NULL || event_add(w->poked, NULL) < 0)
		abort();
	ret = start_thread(w);
	if (ret != 0) {
		free_worker(w);
		errno = ret;
		return NULL;
	}
	STAILQ_INSERT_TAIL(&ws->list, w, link);
	workers_stop(w);
	return w;
}

/* ---- standing still ---- */

static void
ask(struct worker *w)
{
	struct workers *ws = w->workers;

	pthread_mutex_lock(&ws->lock);
	w->asked++;
	pthread_mutex_unlock(&ws->lock);
	poke(w->poke_fd);
}

static void
await(struct worker *w)
{
	struct workers *ws = w->workers;

	pthread_mutex_lock(&ws->lock);
	while (w->stands < w->asked)
		pthread_cond_wait(&ws->stood, &ws->lock);
	pthread_mutex_unlock(&ws->lock);
	is_mine(w);
}

void
workers_stop(struct worker *w)
{
	assert(workers_on_control(w->workers));
	if (w->mine)
		return;
	ask(w);
	await(w);
}

void
workers_stop_all(struct workers *ws)
{
	struct worker *w;

	assert(workers_on_control(ws));
	STAILQ_FOREACH(w, &ws->list, link)
	{
		if (!w->mine)
			ask(w);
	}
	STAILQ_FOREACH(w, &ws->list, link)
	{
		if (!w->mine)
			await(w);
	}
}

void
workers_let_go(struct workers *ws)
{
	struct worker *w;

	assert(workers_on_control(ws));
	if (!ws->any_mine || ws->over)
		return;
	ws->any_mine = false;
	pthread_mutex_lock(&ws->lock);
	STAILQ_FOREACH(w, &ws->list, link)
	{
		w->mine = false;
		w->released = w->asked;
	}
	pthread_cond_broadcast(&ws->let_go);
	pthread_mutex_unlock(&ws->lock);
}

/* Its loop is over, and may be freed before it. */
static void
await_end(struct worker *w)
{
	struct workers *ws = w->workers;

	pthread_mutex_lock(&ws->lock);
	while (!w->ended)
		pthread_cond_wait(&ws->stood, &ws->lock);
	pthread_mutex_unlock(&ws->lock);
	event_free(w->poked);
	w->poked = NULL;
	close(w->poke_fd);
	w->poke_fd = -1;
	w->mine = true;
}

void
workers_end(struct workers *ws)
{
	struct workers_note *note;
	struct worker *w;

	if (!ws->over) {
		workers_stop_all(ws);
		pthread_mutex_lock(&ws->lock);
		STAILQ_FOREACH(w, &ws->list, link)
		w->ends = true;
		pthread_mutex_unlock(&ws->lock);
		workers_let_go(ws);
		STAILQ_FOREACH(w, &ws->list, link)
		await_end(w);
		ws->over = true;
	}
	while ((note = take_note(ws)) != NULL)
		note->fn(note->arg);
}

/* ---- notes ---- */

void
workers_post(struct workers *ws, struct workers_note *note)
{
	bool first;

	pthread_mutex_lock(&ws->lock);
	if (note->waits) {
		pthread_mutex_unlock(&ws->lock);
		return;
	}
	first = TAILQ_EMPTY(&ws->notes);
	note->waits = true;
	TAILQ_INSERT_TAIL(&ws->notes, note, link);
	pthread_mutex_unlock(&ws->lock);
	if (first)
		poke(ws->note_fd);
}

void
workers_forget(struct workers *ws, struct workers_note *note)
{
	pthread_mutex_lock(&ws->lock);
	if (note->waits)
		TAILQ_REMOVE(&ws->notes, note, link);
	note->waits = false;
	pthread_mutex_unlock(&ws->lock);
}

bool
workers_on_control(const struct workers *ws)
{
	return pthread_equal(pthread_self(), ws->control) != 0;
}
