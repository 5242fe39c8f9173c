#include "switch/pollers.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "lib/xalloc.h"

enum { RELAXATIONS = 8 }; /* some hundred cycles of a processor */

struct pollers {
	struct event *turn;
	TAILQ_HEAD(, poller) on;
	struct poller *next; /* whose look is next, in a round; or NULL */
};

/* After everybody else's events: an event that is active at once, again and
 * again, would keep the loop from looking for these. */
static void
go_on(struct pollers *p)
{
	static const struct timeval now = { 0, 0 };

	if (event_add(p->turn, &now) < 0)
		abort();
}

/* Return: how much they have found. */
static unsigned
ask_each(struct pollers *p)
{
	struct poller *poller;
	unsigned found = 0;

	p->next = TAILQ_FIRST(&p->on);
	while ((poller = p->next) != NULL) {
		p->next = TAILQ_NEXT(poller, link);
		found += poller->look(poller->arg);
	}
	return found;
}

/* They have found nothing.  Whoever is about to bring something needs what they
 * look at: looks without a break slow him down. */
static void
relax(void)
{
	for (int i = 0; i < RELAXATIONS; i++) {
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("isb" ::: "memory");
#endif
	}
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct pollers *p = arg;
	unsigned found = 0;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < POLLERS_ROUNDS_MAX && !TAILQ_EMPTY(&p->on) &&
			     found < POLLERS_FOUND_MAX;
	     i++) {
		unsigned n_new = ask_each(p);

		found += n_new;
		if (n_new == 0)
			relax();
	}
	if (!TAILQ_EMPTY(&p->on))
		go_on(p);
}

struct pollers *
pollers_new(struct event_base *base)
{
	struct pollers *p = XNEW(struct pollers);

	TAILQ_INIT(&p->on);
	p->turn = evtimer_new(base, on_turn, p);
	if (p->turn == NULL)
		abort();
	return p;
}

void
pollers_free(struct pollers *p)
{
	if (p == NULL)
		return;
	assert(TAILQ_EMPTY(&p->on));
	event_free(p->turn);
	free(p);
}

void
pollers_start(struct pollers *p, struct poller *poller)
{
	if (poller->is_on)
		return;
	if (TAILQ_EMPTY(&p->on))
		go_on(p);
	TAILQ_INSERT_TAIL(&p->on, poller, link);
	poller->is_on = true;
}

void
pollers_stop(struct pollers *p, struct poller *poller)
{
	if (!poller->is_on)
		return;
	if (p->next == poller)
		p->next = TAILQ_NEXT(poller, link);
	TAILQ_REMOVE(&p->on, poller, link);
	poller->is_on = false;
	if (TAILQ_EMPTY(&p->on))
		event_del(p->turn);
}
