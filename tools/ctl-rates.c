/* Counters as rates: what came to them since a list was shown before. */
#include <string.h>

#include "lib/xalloc.h"
#include "tools/ctl.h"

/* Do @a and @b tell of the same thing? */
static bool
is_same(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "id", "name", "segment", "port" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *x = json_object_get(a, keys[i]);
		const json_t *y = json_object_get(b, keys[i]);

		if ((x != NULL || y != NULL) && !json_equal(x, y))
			return false;
	}
	return true;
}

/* In @list, or in a list that a row of it holds. */
static const json_t *
find_same(const json_t *list, const json_t *row)
{
	const json_t *other, *found = NULL;
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(list, i, other)
	{
		if (is_same(other, row))
			return other;
		json_object_foreach((json_t *)other, key, member)
		{
			if (found == NULL && json_is_array(member))
				found = find_same(member, row);
		}
	}
	return found;
}

static json_int_t
count(const json_t *value)
{
	json_int_t sum = json_integer_value(value);
	const char *name;
	json_t *n;

	json_object_foreach((json_t *)value, name, n) sum +=
	    json_integer_value(n);
	return sum;
}

static json_int_t
sum_counters(const json_t *row, const char *counters)
{
	json_int_t sum = 0;

	while (*counters != '\0') {
		size_t len = strcspn(counters, " ");

		sum += count(json_object_getn(row, counters, len));
		counters += len + strspn(counters + len, " ");
	}
	return sum;
}

/* 0.25, 12.5, 950, 12.5k: three digits, or as many as it takes. */
static char *
format_rate(double rate)
{
	static const char units[] = "kMGT";
	const char *unit = units;
	char suffix[2] = "";

	while (rate >= 999.5 && *unit != '\0') {
		rate /= 1000;
		suffix[0] = *unit++;
	}
	return xasprintf("%.*f%s",
			 rate == 0 || rate >= 99.95 ? 0
			 : rate >= 9.995	    ? 1
						    : 2,
			 rate, suffix);
}

char *
ctl_rate_text(const struct ctl_rates *rates, const json_t *row,
	      const char *counters)
{
	const json_t *before = find_same(rates->before, row);
	json_int_t now, then;

	if (before == NULL || rates->seconds <= 0)
		return NULL;
	now = sum_counters(row, counters);
	then = sum_counters(before, counters);
	if (now < then)
		then = 0; /* it began anew */
	return format_rate((double)(now - then) / rates->seconds);
}
