/*
 * distribution: how delays spread around their mean, as tables of quantiles, in
 * the way of tc: a value of a table is a multiple of the jitter, in units of
 * 1/8192, and each is as likely as the others.
 *
 * Pure: a table from a file is read by the caller.
 */
#ifndef PLUGINS_NETEM_DISTRIBUTION_H
#define PLUGINS_NETEM_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

enum {
	DISTRIBUTION_SCALE = 8192,
	DISTRIBUTION_MAX = 16384, /* values */
};

enum distribution_kind {
	DISTRIBUTION_UNIFORM, /* no table: -jitter to +jitter */
	DISTRIBUTION_NORMAL,
	DISTRIBUTION_PARETO,	   /* shape 3 */
	DISTRIBUTION_PARETONORMAL, /* a quarter normal, three quarters pareto */
	DISTRIBUTION_TABLE,	   /* from a file */
	N_DISTRIBUTIONS
};

struct distribution {
	unsigned n_refs;
	size_t n;
	int16_t values[];
};

/** distribution_name() - the word for a kind; NULL for DISTRIBUTION_TABLE */
const char *distribution_name(enum distribution_kind kind);

/**
 * distribution_make() - the table of a kind that has one, from its mathematics
 *
 * Mean 0, standard deviation 1, to within the rounding; values beyond 4
 * standard deviations are cut there, for that is what a table can hold.
 * Return: returned owned, as one reference; NULL when out of memory.
 */
struct distribution *distribution_make(enum distribution_kind kind);

/* NULL is a no-op. */
struct distribution *distribution_ref(struct distribution *table);
void distribution_unref(struct distribution *table);

/**
 * distribution_parse() - the text of a table in the form of tc's .dist files:
 * whole numbers, -32768 to 32767, parted by blanks and line ends; lines that
 * begin with # are remarks
 * @size: of @text, which need not end in NUL
 *
 * Return: returned owned; NULL with the reason in @error, the line named.
 */
struct distribution *distribution_parse(const char *text, size_t size,
					char *error, size_t error_size);

/** distribution_delay() - what @draw makes of a delay with jitter
 * @table: NULL: uniform
 * Return: at least 0, in ns. */
uint64_t distribution_delay(const struct distribution *table, uint64_t delay_ns,
			    uint64_t jitter_ns, uint32_t draw);

#endif /* PLUGINS_NETEM_DISTRIBUTION_H */
