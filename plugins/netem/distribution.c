#include "plugins/netem/distribution.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[N_DISTRIBUTIONS] = {
	[DISTRIBUTION_UNIFORM] = "uniform",
	[DISTRIBUTION_NORMAL] = "normal",
	[DISTRIBUTION_PARETO] = "pareto",
	[DISTRIBUTION_PARETONORMAL] = "paretonormal",
};

const char *
distribution_name(enum distribution_kind kind)
{
	return names[kind];
}

/* ---- quantiles ---- */

/*
 * Below which value is the share @u, 0.5 <= @u < 1, of the standard normal
 * distribution?
 * @x: where to begin, 0 or more and not beyond the answer
 *
 * By Newton's steps; the distribution function is concave there, so that they
 * never go too far.
 */
static double
normal_quantile(double u, double x)
{
	const double sqrt_2pi = 2.50662827463100050242;

	for (int i = 0; i < 60; i++) {
		double below = 1 - erfc(x / sqrt(2)) / 2;
		double step = (u - below) * sqrt_2pi * exp(x * x / 2);

		x += step;
		if (fabs(step) < 1e-12)
			break;
	}
	return x;
}

/* The quantiles at (i + 0.5) / n; @n is even. */
static void
fill_normal(double *x, size_t n)
{
	double last = 0;

	for (size_t i = n / 2; i < n; i++) {
		last = normal_quantile(((double)i + 0.5) / (double)n, last);
		x[i] = last;
		x[n - 1 - i] = -last;
	}
}

/* Of shape 3, begun at 1; in standard deviations from the mean. */
static double
pareto_quantile(double u)
{
	const double mean = 1.5, sd = sqrt(0.75);

	return (1 / cbrt(1 - u) - mean) / sd;
}

static void
fill(enum distribution_kind kind, double *x, size_t n)
{
	if (kind != DISTRIBUTION_PARETO)
		fill_normal(x, n);
	if (kind == DISTRIBUTION_NORMAL)
		return;
	for (size_t i = 0; i < n; i++) {
		double pareto = pareto_quantile(((double)i + 0.5) / (double)n);

		x[i] = kind == DISTRIBUTION_PARETO ? pareto
						   : (x[i] + 3 * pareto) / 4;
	}
}

/* Cutting the tails moves mean and deviation, so the values are shifted and
 * stretched until they are right behind the cut. */
static void
standardise(double *x, size_t n)
{
	const double most = (double)INT16_MAX / DISTRIBUTION_SCALE;
	double shift = 0, stretch = 1;

	for (int round = 0; round < 100; round++) {
		double sum = 0, squares = 0, mean, sd;

		for (size_t i = 0; i < n; i++) {
			double v = (x[i] - shift) * stretch;

			v = fmin(fmax(v, -most), most);
			sum += v;
			squares += v * v;
		}
		mean = sum / (double)n;
		sd = sqrt(squares / (double)n - mean * mean);
		if (fabs(mean) < 1e-9 && fabs(sd - 1) < 1e-9)
			break;
		shift += mean / stretch;
		stretch /= sd;
	}
	for (size_t i = 0; i < n; i++)
		x[i] = fmin(fmax((x[i] - shift) * stretch, -most), most);
}

static struct distribution *
table_new(size_t n)
{
	struct distribution *table =
	    malloc(sizeof(*table) + n * sizeof(table->values[0]));

	if (table != NULL)
		*table = (struct distribution){ .n_refs = 1 };
	return table;
}

struct distribution *
distribution_make(enum distribution_kind kind)
{
	enum { N = 4096 };
	struct distribution *table = table_new(N);
	double *x = malloc(N * sizeof(*x));

	if (table == NULL || x == NULL) {
		free(table);
		free(x);
		return NULL;
	}
	fill(kind, x, N);
	standardise(x, N);
	table->n = N;
	for (int i = 0; i < N; i++)
		table->values[i] = (int16_t)lrint(x[i] * DISTRIBUTION_SCALE);
	free(x);
	return table;
}

struct distribution *
distribution_ref(struct distribution *table)
{
	if (table != NULL)
		table->n_refs++;
	return table;
}

void
distribution_unref(struct distribution *table)
{
	if (table != NULL && --table->n_refs == 0)
		free(table);
}

/* ---- files ---- */

/* One number at *@at, which is before @end; *@at is behind it then.
 * Return: 0; -1: it is none, or out of range. */
static int
read_number(const char **at, const char *end, int16_t *number)
{
	const char *p = *at;
	int sign = 1, value = 0, n_digits = 0;

	if (*p == '-' || *p == '+')
		sign = *p++ == '-' ? -1 : 1;
	for (; p < end && *p >= '0' && *p <= '9'; p++, n_digits++) {
		value = value * 10 + (*p - '0');
		if (value > -INT16_MIN)
			return -1;
	}
	if (n_digits == 0 || sign * value > INT16_MAX ||
	    (p < end && *p != ' ' && *p != '\t' && *p != '\r'))
		return -1;
	*number = (int16_t)(sign * value);
	*at = p;
	return 0;
}

/* The values between @p and @end, which are a line, into @table.
 * Return: NULL; or what is wrong. */
static const char *
read_line(const char *p, const char *end, struct distribution *table)
{
	if (p < end && *p == '#')
		return NULL;
	for (;;) {
		while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
			p++;
		if (p == end)
			return NULL;
		if (table->n == DISTRIBUTION_MAX)
			return "there are more than 16384 values";
		if (read_number(&p, end, &table->values[table->n++]) < 0)
			return "not a whole number from -32768 to 32767";
	}
}

/* Return: NULL; or what is wrong, on *@line. */
static const char *
read_table(const char *text, size_t size, struct distribution *table,
	   unsigned *line)
{
	const char *end = text + size;

	for (*line = 1; text < end; ++*line) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		const char *wrong;

		if (eol == NULL)
			eol = end;
		wrong = read_line(text, eol, table);
		if (wrong != NULL)
			return wrong;
		text = eol < end ? eol + 1 : end;
	}
	return table->n == 0 ? "there are no values" : NULL;
}

struct distribution *
distribution_parse(const char *text, size_t size, char *error,
		   size_t error_size)
{
	struct distribution *table, *smaller;
	const char *wrong;
	unsigned line;

	table = table_new(DISTRIBUTION_MAX);
	if (table == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	wrong = read_table(text, size, table, &line);
	if (wrong != NULL) {
		snprintf(error, error_size, "line %u: %s", line, wrong);
		free(table);
		return NULL;
	}
	smaller = realloc(table,
			  sizeof(*table) + table->n * sizeof(table->values[0]));
	return smaller != NULL ? smaller : table;
}

/* ---- delays ---- */

uint64_t
distribution_delay(const struct distribution *table, uint64_t delay_ns,
		   uint64_t jitter_ns, uint32_t draw)
{
	int64_t jitter = (int64_t)jitter_ns, off, delay;

	if (jitter == 0)
		return delay_ns;
	if (table == NULL) {
		/* 2 * jitter + 1 values, of which 0 is the middle */
		uint64_t n = 2 * jitter_ns + 1;
		uint64_t upper = (n >> 32) * draw;
		uint64_t lower = (n & UINT32_MAX) * draw;

		off = (int64_t)(upper + (lower >> 32)) - jitter;
	} else {
		int64_t value = table->values[(uint64_t)draw * table->n >> 32];

		off = jitter / DISTRIBUTION_SCALE * value +
		      jitter % DISTRIBUTION_SCALE * value / DISTRIBUTION_SCALE;
	}
	delay = (int64_t)delay_ns + off;
	return delay > 0 ? (uint64_t)delay : 0;
}
