#include "plugins/netem/impair.h"

#include <stdio.h>

/* The purpose "in loss", of at most this. */
enum { PURPOSE_SIZE = 32 };

static void
init_dice(struct impair_dice *dice, uint64_t seed, const char *port,
	  const char *direction, const char *of)
{
	char purpose[PURPOSE_SIZE];

	snprintf(purpose, sizeof(purpose), "%s %sdelay", direction, of);
	correlated_init(&dice->delay, seed, port, purpose);
	snprintf(purpose, sizeof(purpose), "%s %scorrupt", direction, of);
	correlated_init(&dice->corrupt, seed, port, purpose);
	snprintf(purpose, sizeof(purpose), "%s %splace", direction, of);
	random_init(&dice->place, seed, port, purpose);
}

void
impair_init(struct impair *impair, uint64_t seed, const char *port,
	    const char *direction)
{
	char purpose[PURPOSE_SIZE];

	snprintf(purpose, sizeof(purpose), "%s loss", direction);
	loss_state_init(&impair->loss, seed, port, purpose);
	snprintf(purpose, sizeof(purpose), "%s duplicate", direction);
	correlated_init(&impair->duplicate, seed, port, purpose);
	snprintf(purpose, sizeof(purpose), "%s reorder", direction);
	correlated_init(&impair->reorder, seed, port, purpose);
	init_dice(&impair->frame, seed, port, direction, "");
	init_dice(&impair->copy, seed, port, direction, "copy ");
	impair->n_behind_gap = 0;
}

static bool throw(struct correlated * dice, const struct spec_chance *chance)
{
	dice->correlation = chance->correlation;
	return chance_hits(chance->chance, correlated_next(dice));
}

static void
throw_dice(struct impair_dice *dice, const struct spec *spec,
	   const struct distribution *table, uint32_t len,
	   struct fate_of_one *fate)
{
	dice->delay.correlation = spec->delay_correlation;
	fate->delay_ns =
	    distribution_delay(table, spec->delay_ns, spec->jitter_ns,
			       correlated_next(&dice->delay));
	fate->corrupted = throw(&dice->corrupt, &spec->corrupt);
	fate->bit = (uint32_t)random_below(&dice->place, UINT64_C(8) * len);
}

/* Is a frame, not lost, the one that does not wait? */
static bool
is_reordered(struct impair *impair, const struct spec *spec, bool hit)
{
	/* either word alone means the other as it changes nothing */
	uint32_t gap = spec_has(spec, SPEC_GAP) ? spec->gap : 1;

	if (!spec_has(spec, SPEC_GAP) && !spec_has(spec, SPEC_REORDER))
		return false;
	if (impair->n_behind_gap + 1 < gap ||
	    (spec_has(spec, SPEC_REORDER) && !hit)) {
		impair->n_behind_gap++;
		return false;
	}
	impair->n_behind_gap = 0;
	return true;
}

void
impair_next(struct impair *impair, const struct spec *spec,
	    const struct distribution *table, uint32_t len, struct fate *fate)
{
	bool hit;

	fate->lost = loss_next(&impair->loss, &spec->loss);
	fate->duplicated = throw(&impair->duplicate, &spec->duplicate);
	hit = throw(&impair->reorder, &spec->reorder);
	throw_dice(&impair->frame, spec, table, len, &fate->frame);
	if (fate->duplicated)
		throw_dice(&impair->copy, spec, table, len, &fate->copy);
	if (fate->lost)
		fate->duplicated = fate->frame.corrupted = false;
	fate->reordered = !fate->lost && is_reordered(impair, spec, hit);
}
