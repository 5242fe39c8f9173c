#include "plugins/netem/quantity.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TIME_MAX_NS 3600e9
#define RATE_MAX_BPS 10e12

struct unit {
	const char *name;
	double factor;
};

/* ns */
static const struct unit times[] = {
	{ "", 1e3 },	 { "s", 1e9 },	   { "sec", 1e9 },   { "secs", 1e9 },
	{ "ms", 1e6 },	 { "msec", 1e6 },  { "msecs", 1e6 }, { "us", 1e3 },
	{ "usec", 1e3 }, { "usecs", 1e3 }, { "ns", 1 },	     { "nsec", 1 },
	{ "nsecs", 1 },	 { NULL, 0 },
};

/* bit/s */
static const struct unit rates[] = {
	{ "", 1 },
	{ "bit", 1 },
	{ "kbit", 1e3 },
	{ "mbit", 1e6 },
	{ "gbit", 1e9 },
	{ "tbit", 1e12 },
	{ "kibit", 1024 },
	{ "mibit", 1024.0 * 1024 },
	{ "gibit", 1024.0 * 1024 * 1024 },
	{ "tibit", 1024.0 * 1024 * 1024 * 1024 },
	{ "bps", 8 },
	{ "kbps", 8e3 },
	{ "mbps", 8e6 },
	{ "gbps", 8e9 },
	{ "tbps", 8e12 },
	{ "kibps", 8.0 * 1024 },
	{ "mibps", 8.0 * 1024 * 1024 },
	{ "gibps", 8.0 * 1024 * 1024 * 1024 },
	{ "tibps", 8.0 * 1024 * 1024 * 1024 * 1024 },
	{ NULL, 0 },
};

static const struct unit percents[] = { { "", 1 }, { "%", 1 }, { NULL, 0 } };

/* Digits, perhaps with a point; not more than a double can tell apart.
 * Return: how many bytes that were; 0: it is no such number. */
static size_t
read_decimal(const char *text, size_t len, double *value)
{
	uint64_t digits = 0, scale = 1;
	bool point = false;
	size_t n_digits = 0, i;

	for (i = 0; i < len; i++) {
		if (text[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			break;
		if (++n_digits > 15)
			return 0;
		digits = digits * 10 + (uint64_t)(text[i] - '0');
		scale *= point ? 10 : 1;
	}
	*value = (double)digits / (double)scale;
	return n_digits > 0 ? i : 0;
}

/* Return: NULL; or what is wrong. */
static const char *
read_with_unit(const char *text, size_t len, const struct unit *units,
	       const char *wrong, double *value)
{
	size_t n = read_decimal(text, len, value);

	if (n == 0)
		return wrong;
	for (; units->name != NULL; units++) {
		if (strlen(units->name) == len - n &&
		    strncasecmp(text + n, units->name, len - n) == 0) {
			*value *= units->factor;
			return NULL;
		}
	}
	return wrong;
}

const char *
quantity_time(const char *text, size_t len, uint64_t *ns)
{
	double value = 0;
	const char *wrong = read_with_unit(text, len, times,
					   "not a time, such as 50ms", &value);

	if (wrong != NULL)
		return wrong;
	if (value > TIME_MAX_NS)
		return "more than an hour";
	*ns = (uint64_t)llround(value);
	return NULL;
}

const char *
quantity_rate(const char *text, size_t len, uint64_t *bps)
{
	double value = 0;
	const char *wrong = read_with_unit(
	    text, len, rates, "not a rate, such as 10mbit", &value);

	if (wrong != NULL)
		return wrong;
	if (value > RATE_MAX_BPS)
		return "more than 10 tbit";
	if (value < 1)
		return "less than 1 bit";
	*bps = (uint64_t)llround(value);
	return NULL;
}

const char *
quantity_percent(const char *text, size_t len, chance_t *chance)
{
	double value = 0;
	const char *wrong = read_with_unit(
	    text, len, percents, "not a percentage, such as 1%", &value);

	if (wrong != NULL)
		return wrong;
	if (value > 100)
		return "more than 100%";
	*chance = (chance_t)llround(value / 100 * (double)CHANCE_ALWAYS);
	return NULL;
}

const char *
quantity_integer(const char *text, size_t len, int64_t min, int64_t max,
		 int64_t *value)
{
	bool minus = len > 0 && text[0] == '-';
	uint64_t n = 0;

	if (minus) {
		text++;
		len--;
	}
	if (len == 0)
		return "not a whole number";
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return "not a whole number";
		if (n > (uint64_t)(INT64_MAX - (text[i] - '0')) / 10)
			return "too large";
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	*value = minus ? -(int64_t)n : (int64_t)n;
	return *value < min ? "too small" : *value > max ? "too large" : NULL;
}

/* ---- for people ---- */

struct whole_unit {
	uint64_t factor;
	const char *name;
};

/* In the largest unit that needs no fraction; the last unit's factor is 1. */
static void
write_whole(uint64_t value, const struct whole_unit *units,
	    char text[QUANTITY_TEXT_SIZE])
{
	while (value % units->factor != 0)
		units++;
	snprintf(text, QUANTITY_TEXT_SIZE, "%" PRIu64 "%s",
		 value / units->factor, units->name);
}

void
quantity_time_text(uint64_t ns, char text[QUANTITY_TEXT_SIZE])
{
	static const struct whole_unit units[] = {
		{ 1000000000, "s" },
		{ 1000000, "ms" },
		{ 1000, "us" },
		{ 1, "ns" },
	};

	write_whole(ns, units, text);
}

void
quantity_rate_text(uint64_t bps, char text[QUANTITY_TEXT_SIZE])
{
	static const struct whole_unit units[] = {
		{ 1000000000, "gbit" },
		{ 1000000, "mbit" },
		{ 1000, "kbit" },
		{ 1, "bit" },
	};

	write_whole(bps, units, text);
}

/* With no more decimals than it takes; eight tell all chances apart. */
void
quantity_percent_text(chance_t chance, char text[QUANTITY_TEXT_SIZE])
{
	double percent = (double)chance / (double)CHANCE_ALWAYS * 100;
	uint64_t scale = 1;

	for (int decimals = 0;; decimals++, scale *= 10) {
		uint64_t n = (uint64_t)llround(percent * (double)scale);
		chance_t read;

		if (decimals == 0)
			snprintf(text, QUANTITY_TEXT_SIZE, "%" PRIu64 "%%", n);
		else
			snprintf(text, QUANTITY_TEXT_SIZE,
				 "%" PRIu64 ".%0*" PRIu64 "%%", n / scale,
				 decimals, n % scale);
		if (decimals == 8 ||
		    (quantity_percent(text, strlen(text), &read) == NULL &&
		     read == chance))
			return;
	}
}
