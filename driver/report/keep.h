/*
 * keep: which of very many things along time are kept when not all fit.
 *
 * The things are counted first, each in its lane (a machine's serial lines, a
 * segment's frames): only how many there are in each stretch of time is kept.
 * keep_choose() shares a budget among the lanes, so that one that is flooded
 * costs the others nothing, and in each lane chooses what is around a window,
 * the beginning and the end.  The things come by once more, in the same order,
 * and keep_take() says which of them to take.  Pure.
 */
#ifndef DRIVER_REPORT_KEEP_H
#define DRIVER_REPORT_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keep;

enum {
	KEEP_LANES_MAX = 128,
	KEEP_STRETCHES = 4096, /* of a lane; longer ones as time goes on */
};

struct keep_budget {
	uint64_t items;
	uint64_t octets;
};

struct keep_lane {
	uint64_t counted;
	uint64_t taken;
};

struct keep *keep_new(void);
void keep_free(struct keep *keep);
/**
 * keep_count() - there is a thing
 * @lane:   0..KEEP_LANES_MAX-1
 * @t:      seconds, not negative
 * @octets: what it costs
 */
void keep_count(struct keep *keep, size_t lane, double t, uint64_t octets);
/** keep_choose() - around @begin_s..@end_s; with a negative @begin_s there is no
 * window, and only the beginning and the end count */
void keep_choose(struct keep *keep, const struct keep_budget *budget,
		 double begin_s, double end_s);
/** keep_take() - the next thing, with what keep_count() was told of it; Return:
 * is it one to take? */
bool keep_take(struct keep *keep, size_t lane, double t, uint64_t octets);
struct keep_lane keep_lane(const struct keep *keep, size_t lane);

#endif /* DRIVER_REPORT_KEEP_H */
