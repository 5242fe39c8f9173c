/*
 * quantity: numbers with units as tc reads and people write them.  Pure; knows
 * no locale.
 */
#ifndef PLUGINS_NETEM_QUANTITY_H
#define PLUGINS_NETEM_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

#include "plugins/netem/random.h"

enum { QUANTITY_TEXT_SIZE = 32 };

/* Each reads the @len bytes at @text, all of them.  Return: NULL; or what is
 * wrong, as in "TEXT is WRONG". */

/** quantity_time() - s ms us ns, or tc's longer words for them; without unit:
 * us; at most an hour */
const char *quantity_time(const char *text, size_t len, uint64_t *ns);
/** quantity_rate() - bit kbit mbit gbit tbit, Kibit..., and bps kbps... which
 * are octets a second; without unit: bit; letters large or small */
const char *quantity_rate(const char *text, size_t len, uint64_t *bps);
/** quantity_percent() - 0 to 100, with or without % */
const char *quantity_percent(const char *text, size_t len, chance_t *chance);
/** quantity_integer() - -(2^63 - 1) to 2^63 - 1, within @min and @max */
const char *quantity_integer(const char *text, size_t len, int64_t min,
			     int64_t max, int64_t *value);

/* Each writes what the function of its name above reads as the same. */
void quantity_time_text(uint64_t ns, char text[QUANTITY_TEXT_SIZE]);
void quantity_rate_text(uint64_t bps, char text[QUANTITY_TEXT_SIZE]);
void quantity_percent_text(chance_t chance, char text[QUANTITY_TEXT_SIZE]);

#endif /* PLUGINS_NETEM_QUANTITY_H */
