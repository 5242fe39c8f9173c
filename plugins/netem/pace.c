#include "plugins/netem/pace.h"

#include <stdio.h>

#define NS_PER_S UINT64_C(1000000000)
/* 146 years: what a rate of one bit makes of many frames is not more. */
#define FAR_NS (UINT64_C(1) << 62)

/* ---- rate ---- */

uint64_t
pace_octets(const struct spec_rate *rate, uint32_t len)
{
	int64_t octets = (int64_t)len + rate->packet_overhead;
	int64_t size = rate->cell_size, cells;

	if (octets < 0)
		return 0;
	if (size == 0)
		return (uint64_t)octets;
	cells = (octets + size - 1) / size;
	return (uint64_t)(cells * (size + rate->cell_overhead));
}

uint64_t
pacer_due(struct pacer *pacer, const struct spec_rate *rate, uint64_t ready_ns,
	  uint32_t len)
{
	uint64_t begin_ns = ready_ns, work;

	if (rate->bps == 0) {
		if (pacer->last_ns < ready_ns)
			pacer->last_ns = ready_ns;
		pacer->rest = 0;
		return ready_ns;
	}
	if (ready_ns <= pacer->last_ns)
		begin_ns = pacer->last_ns;
	else
		pacer->rest = 0;
	pacer->rest %= rate->bps; /* which may have changed */
	/* at most 66 million octets on the wire: fits 64 bits */
	work = pace_octets(rate, len) * 8 * NS_PER_S + pacer->rest;
	pacer->rest = work % rate->bps;
	pacer->last_ns = begin_ns + work / rate->bps;
	if (pacer->last_ns > FAR_NS)
		pacer->last_ns = FAR_NS;
	return pacer->last_ns;
}

/* ---- slots ---- */

void
slots_init(struct slots *slots, uint64_t seed, const char *port,
	   const char *direction)
{
	char purpose[32];

	*slots = (struct slots){ .next_ns = 0 };
	snprintf(purpose, sizeof(purpose), "%s slot", direction);
	random_init(&slots->random, seed, port, purpose);
}

static void
make_slot(struct slots *slots, const struct spec_slot *spec, uint64_t begin_ns)
{
	slots->next_ns = begin_ns;
	slots->packets_left = spec->packets > 0 ? spec->packets : UINT64_MAX;
	slots->bytes_left = spec->bytes > 0 ? spec->bytes : UINT64_MAX;
}

/* From one slot to the next. */
static uint64_t
draw_distance(struct slots *slots, const struct spec_slot *spec,
	      const struct distribution *table)
{
	if (spec->by_spread)
		return distribution_delay(
		    table, spec->min_ns, spec->max_ns,
		    (uint32_t)(random_u64(&slots->random) >> 32));
	return spec->min_ns +
	       random_below(&slots->random, spec->max_ns - spec->min_ns + 1);
}

uint64_t
slots_when(struct slots *slots, const struct spec_slot *spec,
	   const struct distribution *table, uint64_t due_ns)
{
	if (slots->next_ns < due_ns)
		make_slot(slots, spec,
			  due_ns + draw_distance(slots, spec, table));
	return slots->next_ns;
}

void
slots_take(struct slots *slots, const struct spec_slot *spec,
	   const struct distribution *table, uint32_t len, uint64_t now_ns)
{
	slots->packets_left--;
	slots->bytes_left -= len < slots->bytes_left ? len : slots->bytes_left;
	if (slots->packets_left == 0 || slots->bytes_left == 0)
		make_slot(slots, spec,
			  now_ns + draw_distance(slots, spec, table));
}
