#include "config.h"

#include "switch/ports/vhost-sigbus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* One range.  A handler in another thread may look at it at any time, so it is
 * never freed, but used again; .start of 0 means that it is free, and .turn is
 * odd while the rest changes. */
struct vhost_guard {
	struct vhost_guard *next; /* fixed before it can be found */
	atomic_uint turn;
	atomic_uintptr_t start;
	atomic_size_t size;
	_Atomic(atomic_bool *) damaged;
};

/* A signal handler has no argument to find these by. */
static struct {
	_Atomic(struct vhost_guard *) first;
	pthread_mutex_t lock; /* who adds and removes; not the handler */
	bool installed;
	struct sigaction before;
} the = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
set(struct vhost_guard *g, uintptr_t start, size_t size, atomic_bool *damaged)
{
	atomic_fetch_add(&g->turn, 1);
	atomic_store(&g->start, start);
	atomic_store(&g->size, size);
	atomic_store(&g->damaged, damaged);
	atomic_fetch_add(&g->turn, 1);
}

/* A range that changes meanwhile is not that of who has faulted: he holds it. */
static bool
replace(struct vhost_guard *g, uintptr_t fault)
{
	unsigned turn = atomic_load(&g->turn);
	uintptr_t start = atomic_load(&g->start);
	size_t size = atomic_load(&g->size);
	atomic_bool *damaged = atomic_load(&g->damaged);

	if (start == 0 || fault - start >= size || turn % 2 != 0 ||
	    atomic_load(&g->turn) != turn)
		return false;
	atomic_store(damaged, true);
	return mmap((void *)start, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		    0) != MAP_FAILED;
}

/* Only what a signal handler may do. */
static void
on_sigbus(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	struct vhost_guard *g = NULL;

	(void)context;
	if (info->si_code > 0) { /* by the kernel, about an address */
		g = atomic_load(&the.first);
		while (g != NULL && !replace(g, (uintptr_t)info->si_addr))
			g = g->next;
	}
	if (g == NULL) {
		sigaction(number, &the.before, NULL);
		if (info->si_code <= 0)
			raise(number);
	}
	errno = saved;
}

static int
install(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO | SA_RESTART };

	if (the.installed)
		return 0;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, &action, &the.before) < 0)
		return -errno;
	the.installed = true;
	return 0;
}

static struct vhost_guard *
find_free(void)
{
	struct vhost_guard *g = atomic_load(&the.first);

	while (g != NULL && atomic_load(&g->start) != 0)
		g = g->next;
	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->next = atomic_load(&the.first);
	atomic_store(&the.first, g);
	return g;
}

struct vhost_guard *
vhost_sigbus_add(void *start, size_t size, atomic_bool *damaged)
{
	struct vhost_guard *g = NULL;
	int ret;

	pthread_mutex_lock(&the.lock);
	ret = install();
	if (ret == 0)
		g = find_free();
	if (g != NULL)
		set(g, (uintptr_t)start, size, damaged);
	pthread_mutex_unlock(&the.lock);
	if (g == NULL)
		errno = ret < 0 ? -ret : ENOMEM;
	return g;
}

void
vhost_sigbus_remove(struct vhost_guard *guard)
{
	if (guard == NULL)
		return;
	pthread_mutex_lock(&the.lock);
	set(guard, 0, 0, NULL);
	pthread_mutex_unlock(&the.lock);
}
