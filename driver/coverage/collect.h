/*
 * collect: what the programs of a run's machines have counted, from the guests
 * into the results, as RESULTS/TEST/coverage (manifest.h).
 *
 * Counters stay in the guest; each time that they are taken the host has all
 * that were written since the machine was started, in place of what it had.  So
 * it does no harm to take them often, and what was taken before a machine fell
 * is not lost with it.
 *
 * Nothing that goes wrong here changes how a test ends: it is an event of the
 * log ("coverage", with an error), and a warning.
 */
#ifndef DRIVER_COVERAGE_COLLECT_H
#define DRIVER_COVERAGE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct coverage;
struct coverage_take;
struct err;
struct event_base;
struct event_log;
struct live;
struct plan;

struct coverage_spec {
	struct event_base *base;
	struct clock *clock;
	struct event_log *log;
	const struct plan *plan; /* which has a coverage */
	const char *results_dir;
	double timeout_scale;
};

enum {
	/* Multiplied by the scale: until the guest says anything; between two
	 * pieces of what it says; for `flush`; for all of it. */
	COVERAGE_ANSWER_MS = 5000,
	COVERAGE_IDLE_MS = 15000,
	COVERAGE_FLUSH_MS = 30000,
	COVERAGE_TAKE_MS = 300000,
	COVERAGE_SIZE_MAX = 1024 * 1024 * 1024, /* bytes, of one machine */
	COVERAGE_TRIES = 3, /* while something is written meanwhile */
};

/** coverage_new() - @spec's pointers are borrowed
 * Return: owned by the caller; NULL with @err set: nothing can be kept. */
struct coverage *coverage_new(const struct coverage_spec *spec,
			      struct err *err);
/** coverage_prepare() - the text that prepares a guest, borrowed */
const char *coverage_prepare(const struct coverage *coverage);
/** coverage_list() - what it reads, borrowed */
const char *coverage_list(const struct coverage *coverage);
/** coverage_begin() - machine @node starts from nothing, or from an earlier
 * state: what was taken so far stays as it is */
void coverage_begin(struct coverage *coverage, size_t node);
/** coverage_warn() - something about machine @node, which the log is told */
void coverage_warn(struct coverage *coverage, size_t node, const char *why);

/* @error: NULL on success; borrowed for the call. */
typedef void coverage_taken_fn(const char *error, void *arg);

/** coverage_can_take() - is there anything to be had of machine @node?  Not when
 * its shell does not answer, or it takes no part, nor while somebody takes its
 * counters, who will have them all. */
bool coverage_can_take(const struct coverage *coverage, struct live *live,
		       size_t node);
/**
 * coverage_take() - take what machine @node has counted until now
 *
 * @done follows from the loop, or at once when there is nothing to wait for.
 *
 * Return: borrowed until @done; NULL when that has run.
 */
struct coverage_take *coverage_take(struct coverage *coverage,
				    struct live *live, size_t node,
				    coverage_taken_fn *done, void *arg);
/** coverage_take_forget() - it goes on, but nobody waits for it any more */
void coverage_take_forget(struct coverage_take *take);

/** coverage_stop() - before the machines are freed: nothing is taken any more;
 * done does not run */
void coverage_stop(struct coverage *coverage);
/** coverage_end() - after it; NULL is a no-op */
void coverage_end(struct coverage *coverage);

#endif /* DRIVER_COVERAGE_COLLECT_H */
