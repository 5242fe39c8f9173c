/* netem-table: what netem was asked for, and what it does: `netem-table [SEED
 * [FRAMES]]`. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/netem-measure.h"

static void
print(const struct measure *m, void *arg)
{
	unsigned *n_outside = arg;
	double off = fabs(m->measured - m->asked);
	const char *note = "";

	if (m->half_width == 0) {
		/* of a rate: less than an octet a second */
		note = off < 1 ? "" : "  <- off";
	} else if (off > m->half_width) {
		note = "  <- outside";
	}
	*n_outside += note[0] != '\0';
	printf("%-44s %-16s %12.5g %12.5g %10.2g%s\n", m->spec, m->what,
	       m->asked, m->measured, m->half_width, note);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000000;
	unsigned n_outside = 0;

	n -= n % 100;
	if (n == 0) {
		fprintf(stderr, "netem-table: at least 100 frames\n");
		return 2;
	}
	printf("seed %" PRIu64 ", %" PRIu64
	       " frames a row, intervals of " MEASURE_CONFIDENCE "\n\n",
	       seed, n);
	printf("%-44s %-16s %12s %12s %10s\n", "netem set PORT ...", "measured",
	       "asked", "measured", "+/-");
	measure_all(seed, n, print, &n_outside);
	printf("\n%u outside of its interval\n", n_outside);
	return 0;
}
