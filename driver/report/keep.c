#include "driver/report/keep.h"

#include <stdlib.h>

#include "lib/xalloc.h"

/* Shortest stretches; with KEEP_STRETCHES of them, 4 seconds. */
#define STRETCH_S 1e-3

struct stretch {
	uint64_t octets;
	uint32_t n;
	uint32_t skip, take; /* of those n, once it is chosen */
};

struct lane {
	struct stretch *stretches; /* KEEP_STRETCHES, owned; NULL: empty */
	uint64_t n, octets;
	struct keep_budget budget; /* what is left of it */
	uint64_t taken;
	uint64_t room; /* octets that may be taken yet */
};

struct keep {
	double stretch_s;
	struct lane lanes[KEEP_LANES_MAX];
};

/* Where what is kept of a lane grows: from the beginning, back from the end, and
 * both ways from the window. */
enum front { FROM_BEGIN, FROM_END, BEFORE, BEHIND, N_FRONTS };

struct keep *
keep_new(void)
{
	struct keep *keep = XNEW(struct keep);

	keep->stretch_s = STRETCH_S;
	return keep;
}

void
keep_free(struct keep *keep)
{
	if (keep == NULL)
		return;
	for (size_t i = 0; i < KEEP_LANES_MAX; i++)
		free(keep->lanes[i].stretches);
	free(keep);
}

struct keep_lane
keep_lane(const struct keep *keep, size_t lane)
{
	return (struct keep_lane){ .counted = keep->lanes[lane].n,
				   .taken = keep->lanes[lane].taken };
}

/* ---- counting ---- */

static void
widen(struct keep *keep)
{
	keep->stretch_s *= 2;
	for (size_t l = 0; l < KEEP_LANES_MAX; l++) {
		struct stretch *s = keep->lanes[l].stretches;

		for (size_t i = 0; s != NULL && i < KEEP_STRETCHES; i++) {
			struct stretch both = { .n = 0 };

			if (i < KEEP_STRETCHES / 2) {
				both.n = s[2 * i].n + s[2 * i + 1].n;
				both.octets =
				    s[2 * i].octets + s[2 * i + 1].octets;
			}
			s[i] = both;
		}
	}
}

static size_t
stretch_of(const struct keep *keep, double t)
{
	double i = t / keep->stretch_s;

	if (!(i > 0)) /* not a number, too */
		return 0;
	return i < KEEP_STRETCHES ? (size_t)i : KEEP_STRETCHES - 1;
}

void
keep_count(struct keep *keep, size_t lane, double t, uint64_t octets)
{
	struct lane *l = &keep->lanes[lane];
	struct stretch *s;

	/* Times without end are all one. */
	while (t >= keep->stretch_s * KEEP_STRETCHES && keep->stretch_s < 1e9)
		widen(keep);
	if (l->stretches == NULL)
		l->stretches = xcalloc(KEEP_STRETCHES, sizeof(*l->stretches));
	s = &l->stretches[stretch_of(keep, t)];
	if (s->n == UINT32_MAX)
		return;
	s->n++;
	s->octets += octets;
	l->n++;
	l->octets += octets;
}

/* ---- choosing ---- */

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* What each may have at most when @total is shared: who wants less than an equal
 * share gets that, and what it leaves is for the others.  @wants is sorted. */
static uint64_t
equal_share(uint64_t wants[], size_t n, uint64_t total)
{
	uint64_t left = total;

	qsort(wants, n, sizeof(*wants), by_size);
	for (size_t i = 0; i < n; i++) {
		uint64_t share = left / (n - i);

		if (wants[i] > share)
			return share;
		left -= wants[i];
	}
	return total;
}

static void
share(struct keep *keep, const struct keep_budget *budget)
{
	uint64_t items[KEEP_LANES_MAX], octets[KEEP_LANES_MAX];
	uint64_t most_items, most_octets;

	for (size_t i = 0; i < KEEP_LANES_MAX; i++) {
		items[i] = keep->lanes[i].n;
		octets[i] = keep->lanes[i].octets;
	}
	most_items = equal_share(items, KEEP_LANES_MAX, budget->items);
	most_octets = equal_share(octets, KEEP_LANES_MAX, budget->octets);
	for (size_t i = 0; i < KEEP_LANES_MAX; i++) {
		keep->lanes[i].budget =
		    (struct keep_budget){ .items = most_items,
					  .octets = most_octets };
		keep->lanes[i].room = most_octets;
	}
}

/* Takes what the budget allows of @s.  Return: was it all? */
static bool
take_stretch(struct lane *lane, struct stretch *s, bool last_ones,
	     uint64_t *used)
{
	uint64_t n = s->n;

	if (s->take > 0 || n == 0)
		return true;
	if (n > lane->budget.items)
		n = lane->budget.items;
	if (s->octets > lane->budget.octets) {
		uint64_t fit = (uint64_t)((double)lane->budget.octets /
					  (double)s->octets * s->n);

		n = fit < n ? fit : n;
	}
	s->take = (uint32_t)n;
	s->skip = last_ones ? s->n - s->take : 0;
	lane->budget.items -= n;
	lane->budget.octets -= n == s->n ? s->octets : s->octets / s->n * n;
	*used += n;
	return n == s->n;
}

/* Takes stretches until the budget is used: each time of that front which has
 * got the least for its weight. */
static void
choose_lane(struct lane *lane, size_t from, size_t to, bool window)
{
	static const unsigned weights[N_FRONTS] = {
		[FROM_BEGIN] = 2, [FROM_END] = 2, [BEFORE] = 5, [BEHIND] = 3
	};
	size_t next[N_FRONTS] = { 0, KEEP_STRETCHES - 1, to, to + 1 };
	bool over[N_FRONTS] = { false, false, !window,
				!window || to + 1 >= KEEP_STRETCHES };
	uint64_t used[N_FRONTS] = { 0, 0, 0, 0 };

	/* The window itself comes first: from its end, where it failed. */
	for (size_t i = to + 1; window && i-- > from;) {
		uint64_t unused = 0;

		if (!take_stretch(lane, &lane->stretches[i], true, &unused))
			return;
		over[BEFORE] = i == 0;
		next[BEFORE] = i == 0 ? 0 : i - 1;
	}
	for (;;) {
		int f = -1;

		for (int i = 0; i < N_FRONTS; i++)
			if (!over[i] && (f < 0 || used[i] * weights[f] <
						      used[f] * weights[i]))
				f = i;
		if (f < 0 ||
		    !take_stretch(lane, &lane->stretches[next[f]],
				  f == FROM_END || f == BEFORE, &used[f]))
			return;
		if (f == FROM_BEGIN || f == BEHIND)
			over[f] = ++next[f] == KEEP_STRETCHES;
		else
			over[f] = next[f]-- == 0;
	}
}

void
keep_choose(struct keep *keep, const struct keep_budget *budget, double begin_s,
	    double end_s)
{
	bool window = begin_s >= 0;
	size_t from = window ? stretch_of(keep, begin_s) : 0;
	size_t to = window ? stretch_of(keep, end_s) : 0;

	share(keep, budget);
	for (size_t i = 0; i < KEEP_LANES_MAX; i++)
		if (keep->lanes[i].stretches != NULL)
			choose_lane(&keep->lanes[i], from,
				    to < from ? from : to, window);
}

/* ---- taking ---- */

bool
keep_take(struct keep *keep, size_t lane, double t, uint64_t octets)
{
	struct lane *l = &keep->lanes[lane];
	size_t i = stretch_of(keep, t);
	struct stretch *s;

	if (l->stretches == NULL)
		return false;
	s = &l->stretches[i];
	/* What was not counted is not taken. */
	if (s->n == 0)
		return false;
	s->n--;
	if (s->skip > 0) {
		s->skip--;
		return false;
	}
	if (s->take == 0)
		return false;
	s->take--;
	/* How many fit was reckoned by their average. */
	if (octets > l->room)
		return false;
	l->room -= octets;
	l->taken++;
	return true;
}
