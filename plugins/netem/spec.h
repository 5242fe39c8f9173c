/*
 * spec: what shall happen to the frames of one direction of a port, as people
 * write it, in tc's words:
 *
 *   delay TIME [JITTER [CORRELATION]]
 *   distribution uniform|normal|pareto|paretonormal|FILE
 *   loss [random] PERCENT [CORRELATION]
 *   loss gemodel P [R [1-H [1-K]]]
 *   loss state P13 [P31 [P32 [P23 [P14]]]]
 *   duplicate PERCENT [CORRELATION]
 *   corrupt PERCENT [CORRELATION]
 *   reorder PERCENT [CORRELATION]
 *   gap N
 *   rate RATE [PACKETOVERHEAD [CELLSIZE [CELLOVERHEAD]]]
 *   limit FRAMES
 *   slot MIN [MAX] [packets N] [bytes N]
 *   slot distribution NAME DELAY JITTER [packets N] [bytes N]
 *   seed N
 *
 * Pure: FILE is a name here, nobody opens it.
 */
#ifndef PLUGINS_NETEM_SPEC_H
#define PLUGINS_NETEM_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/netem/distribution.h"
#include "plugins/netem/loss.h"
#include "plugins/netem/random.h"

enum spec_part {
	SPEC_DELAY,
	SPEC_DISTRIBUTION,
	SPEC_LOSS,
	SPEC_DUPLICATE,
	SPEC_CORRUPT,
	SPEC_REORDER,
	SPEC_GAP,
	SPEC_RATE,
	SPEC_LIMIT,
	SPEC_SLOT,
	SPEC_SEED,
	N_SPEC_PARTS
};

enum {
	SPEC_FILE_SIZE = 256,
	SPEC_TEXT_SIZE = 1536, /* the longest text there is, and its NUL */
	SPEC_LIMIT_DEFAULT = 1000,
	SPEC_LIMIT_MAX = 1000000,
	SPEC_OVERHEAD_MAX = 1000, /* octets, either way */
};
#define SPEC_TIME_MAX_NS UINT64_C(3600000000000)
#define SPEC_RATE_MAX_BPS UINT64_C(10000000000000)

struct spec_spread {
	enum distribution_kind kind;
	char file[SPEC_FILE_SIZE]; /* of DISTRIBUTION_TABLE; absolute */
};

struct spec_chance {
	chance_t chance;
	chance_t correlation;
};

struct spec_rate {
	uint64_t bps; /* bit/s; 0: as fast as it may be */
	int32_t packet_overhead;
	uint32_t cell_size; /* octets of payload; 0: no cells */
	int32_t cell_overhead;
};

struct spec_slot {
	uint64_t min_ns, max_ns; /* or, with .by_spread, delay and jitter */
	bool by_spread;
	struct spec_spread spread;
	uint32_t packets; /* 0: any number */
	uint64_t bytes;	  /* likewise */
};

struct spec {
	unsigned given; /* bits by enum spec_part; others are at rest */
	uint64_t delay_ns, jitter_ns;
	chance_t delay_correlation;
	struct spec_spread spread;
	struct loss loss;
	struct spec_chance duplicate, corrupt, reorder;
	uint32_t gap;
	struct spec_rate rate;
	uint32_t limit; /* frames held at once */
	struct spec_slot slot;
	uint64_t seed;
};

static inline bool
spec_has(const struct spec *spec, enum spec_part part)
{
	return (spec->given & 1u << part) != 0;
}

/** spec_init() - nothing happens to frames */
void spec_init(struct spec *spec);
/** spec_part_name() - its word: "delay" */
const char *spec_part_name(enum spec_part part);

/**
 * spec_parse() - what @text says into @spec, whose other parts stay
 *
 * Return: 0; -EINVAL with what is wrong, and at which column, in @error; then
 *         @spec is as it was.
 */
int spec_parse(const char *text, struct spec *spec, char *error,
	       size_t error_size);
/** spec_parse_part() - likewise one part; @values: what would follow its word,
 * e.g. "50ms 10ms" */
int spec_parse_part(enum spec_part part, const char *values, struct spec *spec,
		    char *error, size_t error_size);
/** spec_check() - do the parts fit each other?
 * Return: 0; -EINVAL with the reason in @error. */
int spec_check(const struct spec *spec, char *error, size_t error_size);

/** spec_format() - all that is given, so that spec_parse() makes the same of
 * it */
void spec_format(const struct spec *spec, char text[SPEC_TEXT_SIZE]);
/** spec_format_part() - what would follow the word of @part, which is given */
void spec_format_part(const struct spec *spec, enum spec_part part,
		      char text[SPEC_TEXT_SIZE]);

#endif /* PLUGINS_NETEM_SPEC_H */
