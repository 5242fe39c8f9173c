/*
 * wheel: what waits for its time, to the nanosecond: a hierarchical timing
 * wheel (Varghese and Lauck, 1987).  Equal times come out in the order in which
 * they were put in.
 *
 * Adding and removing are O(1) and never allocate; a node moves at most once a
 * level, of which there are 11, before it comes out.  Against a binary heap it
 * was measured as fast with the 10 to 1000 frames that usually wait, and two to
 * three times as fast with 100,000 and more.  Pure: the clock is an argument.
 */
#ifndef PLUGINS_NETEM_WHEEL_H
#define PLUGINS_NETEM_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
	WHEEL_BITS = 6, /* of the time, that a level looks at */
	WHEEL_SLOTS = 1 << WHEEL_BITS,
	WHEEL_LEVELS = (64 + WHEEL_BITS - 1) / WHEEL_BITS,
};

/* Part of what waits; its owner's, who leaves it alone while it waits. */
struct wheel_node {
	uint64_t when_ns;
	uint8_t level, slot;
	bool waits;
	TAILQ_ENTRY(wheel_node) link;
};
TAILQ_HEAD(wheel_list, wheel_node);

struct wheel_slot {
	struct wheel_list nodes; /* none is earlier than .first_ns */
	uint64_t first_ns;
};

/* Invariant: a node is at the level of the highest group of WHEEL_BITS bits in
 * which its time differs from .now_ns, in the slot that those bits name; so
 * that all of a level are earlier than those of the next. */
struct wheel {
	uint64_t now_ns; /* nothing that waits is earlier */
	size_t n;
	uint64_t used[WHEEL_LEVELS]; /* slots that hold something */
	struct wheel_slot slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *wheel);
/** wheel_add() - @node, which waits nowhere, until @when_ns; a time that has
 * been reached already is now */
void wheel_add(struct wheel *wheel, struct wheel_node *node, uint64_t when_ns);
/** wheel_remove() - a node that does not wait is left alone */
void wheel_remove(struct wheel *wheel, struct wheel_node *node);
/** wheel_next_ns() - before when nothing comes out; UINT64_MAX when empty */
uint64_t wheel_next_ns(const struct wheel *wheel);
/** wheel_pop() - the first of those whose time is @now_ns or before it; NULL:
 * there is none */
struct wheel_node *wheel_pop(struct wheel *wheel, uint64_t now_ns);

#endif /* PLUGINS_NETEM_WHEEL_H */
