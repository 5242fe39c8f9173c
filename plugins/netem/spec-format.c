/* What a spec is as text. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plugins/netem/quantity.h"
#include "plugins/netem/spec.h"

/* Words, with a blank between them. */
struct writer {
	char *text; /* of SPEC_TEXT_SIZE */
	size_t n;
};

static void __attribute__((format(printf, 2, 3)))
add(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->n > 0 && w->n + 1 < SPEC_TEXT_SIZE)
		w->text[w->n++] = ' ';
	va_start(ap, fmt);
	n = vsnprintf(w->text + w->n, SPEC_TEXT_SIZE - w->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->n += (size_t)n;
	if (w->n >= SPEC_TEXT_SIZE) /* cannot be: see spec.h */
		w->n = SPEC_TEXT_SIZE - 1;
}

static void
add_time(struct writer *w, uint64_t ns)
{
	char text[QUANTITY_TEXT_SIZE];

	quantity_time_text(ns, text);
	add(w, "%s", text);
}

static void
add_percent(struct writer *w, chance_t chance)
{
	char text[QUANTITY_TEXT_SIZE];

	quantity_percent_text(chance, text);
	add(w, "%s", text);
}

static void
add_chance(struct writer *w, const struct spec_chance *chance)
{
	add_percent(w, chance->chance);
	if (chance->correlation > 0)
		add_percent(w, chance->correlation);
}

static void
add_spread(struct writer *w, const struct spec_spread *spread)
{
	const char *name = distribution_name(spread->kind);

	add(w, "%s", name != NULL ? name : spread->file);
}

static void
add_delay(struct writer *w, const struct spec *spec)
{
	add_time(w, spec->delay_ns);
	if (spec->jitter_ns > 0 || spec->delay_correlation > 0)
		add_time(w, spec->jitter_ns);
	if (spec->delay_correlation > 0)
		add_percent(w, spec->delay_correlation);
}

static void
add_distribution(struct writer *w, const struct spec *spec)
{
	add_spread(w, &spec->spread);
}

static void
add_loss(struct writer *w, const struct spec *spec)
{
	const struct loss *loss = &spec->loss;
	unsigned n = loss_n_params(loss->model);

	if (loss->model != LOSS_RANDOM)
		add(w, "%s", loss->model == LOSS_STATE ? "state" : "gemodel");
	while (n > 1 && loss->params[n - 1] == loss_default(loss, n - 1))
		n--;
	for (unsigned i = 0; i < n; i++)
		add_percent(w, loss->params[i]);
}

static void
add_duplicate(struct writer *w, const struct spec *spec)
{
	add_chance(w, &spec->duplicate);
}

static void
add_corrupt(struct writer *w, const struct spec *spec)
{
	add_chance(w, &spec->corrupt);
}

static void
add_reorder(struct writer *w, const struct spec *spec)
{
	add_chance(w, &spec->reorder);
}

static void
add_gap(struct writer *w, const struct spec *spec)
{
	add(w, "%" PRIu32, spec->gap);
}

static void
add_rate(struct writer *w, const struct spec *spec)
{
	const struct spec_rate *rate = &spec->rate;
	char text[QUANTITY_TEXT_SIZE];

	quantity_rate_text(rate->bps, text);
	add(w, "%s", text);
	if (rate->packet_overhead != 0 || rate->cell_size != 0 ||
	    rate->cell_overhead != 0)
		add(w, "%" PRId32, rate->packet_overhead);
	if (rate->cell_size != 0 || rate->cell_overhead != 0)
		add(w, "%" PRIu32, rate->cell_size);
	if (rate->cell_overhead != 0)
		add(w, "%" PRId32, rate->cell_overhead);
}

static void
add_limit(struct writer *w, const struct spec *spec)
{
	add(w, "%" PRIu32, spec->limit);
}

static void
add_slot(struct writer *w, const struct spec *spec)
{
	const struct spec_slot *slot = &spec->slot;

	if (slot->by_spread) {
		add(w, "distribution");
		add_spread(w, &slot->spread);
	}
	add_time(w, slot->min_ns);
	if (slot->by_spread || slot->max_ns != slot->min_ns)
		add_time(w, slot->max_ns);
	if (slot->packets > 0)
		add(w, "packets %" PRIu32, slot->packets);
	if (slot->bytes > 0)
		add(w, "bytes %" PRIu64, slot->bytes);
}

static void
add_seed(struct writer *w, const struct spec *spec)
{
	add(w, "%" PRIu64, spec->seed);
}

typedef void add_fn(struct writer *w, const struct spec *spec);
static add_fn *const add_fns[N_SPEC_PARTS] = {
	[SPEC_DELAY] = add_delay,     [SPEC_DISTRIBUTION] = add_distribution,
	[SPEC_LOSS] = add_loss,	      [SPEC_DUPLICATE] = add_duplicate,
	[SPEC_CORRUPT] = add_corrupt, [SPEC_REORDER] = add_reorder,
	[SPEC_GAP] = add_gap,	      [SPEC_RATE] = add_rate,
	[SPEC_LIMIT] = add_limit,     [SPEC_SLOT] = add_slot,
	[SPEC_SEED] = add_seed,
};

void
spec_format_part(const struct spec *spec, enum spec_part part,
		 char text[SPEC_TEXT_SIZE])
{
	struct writer w = { .text = text };

	text[0] = '\0';
	add_fns[part](&w, spec);
}

void
spec_format(const struct spec *spec, char text[SPEC_TEXT_SIZE])
{
	struct writer w = { .text = text };

	text[0] = '\0';
	for (enum spec_part i = 0; i < N_SPEC_PARTS; i++) {
		if (!spec_has(spec, i))
			continue;
		add(&w, "%s", spec_part_name(i));
		add_fns[i](&w, spec);
	}
}
