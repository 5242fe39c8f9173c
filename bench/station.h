/*
 * station: the processes that make and take the load, one each as virtual
 * machines are, and the counters that they share with who measures.
 */
#ifndef BENCH_STATION_H
#define BENCH_STATION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { STATION_SAMPLES_MAX = 1 << 20 };

/* Written by one station, read by who measures; each on lines of its own. */
struct station_counters {
	_Alignas(128) atomic_uint_fast64_t sent;
	atomic_uint_fast64_t frames; /* whole ones that came */
	atomic_uint_fast64_t bytes;  /* of them, and of cut ones */
	atomic_uint_fast64_t calls;  /* of recv() */
	atomic_uint_fast64_t cut;    /* frames of another length than sent */
	atomic_uint_fast64_t stray;  /* frames for somebody else */
	atomic_uint_fast64_t disordered;
	atomic_int error; /* -errno that ended the station */
};

struct station_shared {
	atomic_bool stop;      /* send no more */
	atomic_bool measuring; /* round trips count */
	atomic_uint_fast32_t n_samples;
	uint32_t samples_ns[STATION_SAMPLES_MAX];
	struct station_counters counters[];
};

typedef void station_fn(struct station_shared *shared,
			struct station_counters *counters, void *arg);

/** station_shared_new() - memory for @n stations; NULL when there is none */
struct station_shared *station_shared_new(size_t n);
void station_shared_free(struct station_shared *shared, size_t n);

/**
 * station_start() - run @fn in a process that dies with this one
 * @cpu: where it runs; -1 = anywhere
 *
 * Return: its pid; -errno.
 */
pid_t station_start(station_fn *fn, struct station_shared *shared,
		    struct station_counters *counters, void *arg, int cpu);
/** station_ended() - has it ended by itself? then it is reaped, and *@pid 0 */
bool station_ended(pid_t *pid);
/** station_kill() - *@pid is 0 afterwards */
void station_kill(pid_t *pid);

/* Counters have one writer: no need for a locked instruction. */
static inline void
station_add(atomic_uint_fast64_t *counter, uint64_t n)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

static inline uint64_t
station_read(const atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline bool
station_flag(const atomic_bool *flag)
{
	return atomic_load_explicit(flag, memory_order_relaxed);
}

#endif /* BENCH_STATION_H */
