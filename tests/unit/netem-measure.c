#include "tests/unit/netem-measure.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/netem/impair.h"
#include "plugins/netem/lane.h"

/*
 * Neighbouring frames may depend on each other, so the interval comes from the
 * means of batches, which are long enough not to: Student's t with 99 degrees
 * of freedom.
 */
enum { N_BATCHES = 100, LEN = 1000, N_HELD = 4096, N_WARM = 2000 };
#define STUDENT_T 3.391 /* 99.9 %, both sides */

/* One direction of one port in simulated time. */
struct wire {
	struct spec spec;
	struct distribution *table;
	struct impair impair;
	struct lanes lanes;
	struct lane lane;
	struct held held[N_HELD];
};

/* What is measured of a frame; NAN: nothing. */
typedef double value_fn(struct wire *w, double *last);

struct row {
	const char *spec, *what;
	double asked;
	value_fn *value;
	bool is_root; /* the root of the mean is what was asked for */
};

static struct wire *
wire_new(const char *text, uint64_t seed)
{
	struct wire *w = calloc(1, sizeof(*w));
	char error[256];

	if (w == NULL)
		abort();
	spec_init(&w->spec);
	if (spec_parse(text, &w->spec, error, sizeof(error)) < 0 ||
	    spec_check(&w->spec, error, sizeof(error)) < 0) {
		fprintf(stderr, "%s: %s\n", text, error);
		abort();
	}
	w->spec.seed = seed;
	if (w->spec.spread.kind != DISTRIBUTION_UNIFORM)
		w->table = distribution_make(w->spec.spread.kind);
	impair_init(&w->impair, seed, "client.eth1", "in");
	lanes_init(&w->lanes);
	lane_init(&w->lane, &w->spec, "client.eth1", "in");
	return w;
}

static void
wire_free(struct wire *w)
{
	distribution_unref(w->table);
	free(w);
}

static void
next_fate(struct wire *w, struct fate *fate)
{
	impair_next(&w->impair, &w->spec, w->table, LEN, fate);
}

/* ---- values ---- */

static double
loss(struct wire *w, double *last)
{
	struct fate fate;

	(void)last;
	next_fate(w, &fate);
	return fate.lost ? 100 : 0;
}

static double
duplicate(struct wire *w, double *last)
{
	struct fate fate;

	(void)last;
	next_fate(w, &fate);
	return fate.duplicated ? 100 : 0;
}

static double
corrupt(struct wire *w, double *last)
{
	struct fate fate;

	(void)last;
	next_fate(w, &fate);
	return fate.frame.corrupted ? 100 : 0;
}

static double
reorder(struct wire *w, double *last)
{
	struct fate fate;

	(void)last;
	next_fate(w, &fate);
	return fate.reordered ? 100 : 0;
}

static double
delay(struct wire *w, double *last)
{
	struct fate fate;

	(void)last;
	next_fate(w, &fate);
	return (double)fate.frame.delay_ns / 1e6;
}

static double
squared_jitter(struct wire *w, double *last)
{
	double off = delay(w, last) - (double)w->spec.delay_ns / 1e6;

	return off * off;
}

/* Correlation with the frame before, in %. */
static double
delay_correlation(struct wire *w, double *last)
{
	double sd = (double)w->spec.jitter_ns / 1e6;
	double off = delay(w, last) - (double)w->spec.delay_ns / 1e6;
	double before = *last;

	if (w->table == NULL)
		sd /= sqrt(3);
	*last = off;
	return isnan(before) ? NAN : 100 * off * before / (sd * sd);
}

/* Likewise of losses, of a spec that loses them by chance. */
static double
loss_correlation(struct wire *w, double *last)
{
	double p = (double)w->spec.loss.params[LOSS_P] / CHANCE_ALWAYS;
	double off = loss(w, last) / 100 - p;
	double before = *last;

	*last = off;
	return isnan(before) ? NAN : 100 * off * before / (p * (1 - p));
}

static const struct row rows[] = {
	{ "loss 0.1%", "loss, %", 0.1, loss, false },
	{ "loss 1%", "loss, %", 1, loss, false },
	{ "loss 20%", "loss, %", 20, loss, false },
	{ "loss 1% 25%", "loss, %", 1, loss, false },
	{ "loss 10% 50%", "loss, %", 10, loss, false },
	{ "loss 10% 50%", "correlation, %", 50, loss_correlation, false },
	{ "loss gemodel 1%", "loss, %", 1, loss, false },
	{ "loss gemodel 1% 10%", "loss, %", 100.0 / 11, loss, false },
	{ "loss gemodel 1% 10% 70% 0.1%", "loss, %", 71.0 / 11, loss, false },
	{ "loss state 1%", "loss, %", 1, loss, false },
	{ "loss state 1% 30% 20% 50% 2%", "loss, %",
	  100 * (1.0 / 30 + 0.02) /
	      (1 + 1.0 / 30 + 1.0 / 30 * 0.2 / 0.5 + 0.02),
	  loss, false },
	{ "delay 50ms 10ms", "mean delay, ms", 50, delay, false },
	{ "delay 50ms 10ms", "jitter, ms", 5.7735027, squared_jitter, true },
	{ "delay 50ms 10ms distribution normal", "mean delay, ms", 50, delay,
	  false },
	{ "delay 50ms 10ms distribution normal", "jitter, ms", 10,
	  squared_jitter, true },
	{ "delay 50ms 10ms distribution pareto", "mean delay, ms", 50, delay,
	  false },
	{ "delay 50ms 10ms distribution pareto", "jitter, ms", 10,
	  squared_jitter, true },
	{ "delay 50ms 10ms distribution paretonormal", "mean delay, ms", 50,
	  delay, false },
	{ "delay 50ms 10ms distribution paretonormal", "jitter, ms", 10,
	  squared_jitter, true },
	{ "delay 50ms 10ms 25%", "mean delay, ms", 50, delay, false },
	{ "delay 50ms 10ms 25%", "correlation, %", 25, delay_correlation,
	  false },
	{ "delay 50ms 10ms 90% distribution normal", "mean delay, ms", 50,
	  delay, false },
	{ "delay 50ms 10ms 90% distribution normal", "jitter, ms", 10,
	  squared_jitter, true },
	{ "delay 50ms 10ms 90% distribution normal", "correlation, %", 90,
	  delay_correlation, false },
	{ "duplicate 1%", "duplicates, %", 1, duplicate, false },
	{ "duplicate 10% 50%", "duplicates, %", 10, duplicate, false },
	{ "corrupt 0.1%", "corrupted, %", 0.1, corrupt, false },
	{ "corrupt 5% 20%", "corrupted, %", 5, corrupt, false },
	{ "delay 10ms reorder 25%", "reordered, %", 25, reorder, false },
	{ "delay 10ms reorder 25% 50%", "reordered, %", 25, reorder, false },
	{ "delay 10ms reorder 25% gap 5", "reordered, %", 100.0 / (4 + 4),
	  reorder, false },
	{ "delay 10ms gap 5", "reordered, %", 20, reorder, false },
	{ .spec = NULL },
};

static void
measure_row(const struct row *row, uint64_t seed, uint64_t n, measure_fn *fn,
	    void *arg)
{
	struct measure m = { row->spec, row->what, row->asked, 0, 0, n };
	struct wire *w = wire_new(row->spec, seed);
	double last = NAN, sum = 0, squares = 0;

	for (int b = 0; b < N_BATCHES; b++) {
		double batch = 0, count = 0;

		for (uint64_t i = 0; i < n / N_BATCHES; i++) {
			double value = row->value(w, &last);

			if (isnan(value))
				continue;
			batch += value;
			count++;
		}
		sum += batch / count;
		squares += batch / count * (batch / count);
	}
	m.measured = sum / N_BATCHES;
	m.half_width =
	    STUDENT_T *
	    sqrt(fmax(squares / N_BATCHES - m.measured * m.measured, 0) /
		 (N_BATCHES - 1));
	if (row->is_root) {
		m.measured = sqrt(m.measured);
		m.half_width /= 2 * m.measured;
	}
	fn(&m, arg);
	wire_free(w);
}

/* ---- rates ---- */

static const struct {
	const char *spec;
	double asked; /* octets of frames, per second */
} rates[] = {
	{ "rate 10mbit", 10e6 / 8 },
	{ "rate 64kbit", 64e3 / 8 },
	/* 1000 octets and 20 are 22 cells of 53 */
	{ "rate 10mbit 20 48 5", 10e6 / 8 * 1000 / (22 * 53) },
	{ "rate 10mbit -14", 10e6 / 8 * 1000 / 986 },
	{ "delay 50ms 10ms rate 100mbit", 100e6 / 8 },
};

/* A sender that has always more to send than the limit lets in: how fast do
 * frames come out? */
static void
measure_rate(const char *text, double asked, uint64_t seed, uint64_t n,
	     measure_fn *fn, void *arg)
{
	struct measure m = { text, "rate, octets/s", asked, 0, 0, n };
	struct wire *w = wire_new(text, seed);
	uint64_t first_ns = 0, now_ns = 0, due_ns, n_in = 0;
	struct held *held;
	struct fate fate;

	for (uint64_t n_out = 0; n_out < n + N_WARM;) {
		next_fate(w, &fate);
		while (lane_offer(&w->lane, now_ns, fate.frame.delay_ns, LEN,
				  &due_ns) == LANE_HOLD) {
			lane_hold(&w->lanes, &w->lane,
				  &w->held[n_in++ % N_HELD], due_ns, LEN);
			next_fate(w, &fate);
		}
		now_ns = lanes_next_ns(&w->lanes);
		while ((held = lanes_take(&w->lanes, now_ns)) != NULL) {
			/* first as many wait as the limit says */
			if (++n_out == N_WARM)
				first_ns = held->due_ns;
			else if (n_out == n + N_WARM)
				m.measured =
				    (double)n * LEN /
				    ((double)(held->due_ns - first_ns) / 1e9);
		}
	}
	fn(&m, arg);
	wire_free(w);
}

void
measure_all(uint64_t seed, uint64_t n, measure_fn *fn, void *arg)
{
	for (const struct row *row = rows; row->spec != NULL; row++)
		measure_row(row, seed, n, fn, arg);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		measure_rate(rates[i].spec, rates[i].asked, seed, n, fn, arg);
}
