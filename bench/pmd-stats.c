#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/pmd.h"

/* The number behind the next @name in *@at, which goes on behind it. */
static bool
next_number(const char **at, const char *name, uint64_t *value)
{
	const char *found = strstr(*at, name);

	/* A line that is not whole may hold half a number. */
	if (found == NULL || strchr(found, '\n') == NULL)
		return false;
	*at = found + strlen(name);
	return sscanf(*at, "%" SCNu64, value) == 1;
}

bool
pmd_stats_parse(const char *output, unsigned n, struct pmd_stats *stats)
{
	const char *at = output;

	for (unsigned i = 0; i < n; i++) {
		for (int k = 0; k < PMD_DEVICES; k++) {
			if (!next_number(&at,
					 "RX-packets:", &stats->received[k]) ||
			    !next_number(&at, "Rx-pps:", &stats->rate_fps[k]))
				return false;
		}
	}
	return n > 0;
}
