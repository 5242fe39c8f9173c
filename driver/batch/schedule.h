/*
 * schedule: which test is started next.
 *
 * Pure: knows what each test needs and what is free, and nothing else.  A test
 * that needs more than there is runs when nothing else does.
 */
#ifndef DRIVER_BATCH_SCHEDULE_H
#define DRIVER_BATCH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schedule_need {
	uint64_t memory_mib;  /* while it runs */
	unsigned cores;	      /* likewise */
	uint64_t expected_ms; /* how long it took the last time; 0: unknown */
	unsigned n_waiting;   /* how many times it is still to be started */
};

/* What is free. */
struct schedule_room {
	size_t n_running;
	size_t n_running_max; /* 0: as many as fit */
	uint64_t memory_mib;
	unsigned cores;
};

/**
 * schedule_order() - in which order tests are looked at
 * @longest_first: else as they stand; those of unknown length come before all
 *                 others, since they may be the longest
 * @order:         out, @n indices into @needs
 */
void schedule_order(const struct schedule_need *needs, size_t n,
		    bool longest_first, size_t *order);

/** schedule_pick() - the first of @order that waits and fits; Return: its
 * index in @needs; SIZE_MAX for none, now */
size_t schedule_pick(const struct schedule_need *needs, const size_t *order,
		     size_t n, const struct schedule_room *room);

#endif /* DRIVER_BATCH_SCHEDULE_H */
