#include "plugins/capture/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "plugins/common/refuse.h"

#define NS_PER_S UINT64_C(1000000000)
#define NUMBER_MAX UINT64_C(1000000000)
#define BYTES_MAX (UINT64_C(1) << 42) /* 4 TiB */

enum dimension { BYTES, NS, FRAMES };

static const struct unit {
	const char *name;
	enum dimension dimension;
	uint64_t factor;
} units[] = {
	{ "K", BYTES, UINT64_C(1) << 10 },
	{ "M", BYTES, UINT64_C(1) << 20 },
	{ "G", BYTES, UINT64_C(1) << 30 },
	{ "s", NS, NS_PER_S },
	{ "min", NS, 60 * NS_PER_S },
	{ "h", NS, 3600 * NS_PER_S },
	{ "f", FRAMES, 1 },
};

static const struct unit million = { "", BYTES, 1000000 };

bool
limits_are_set(const struct limits *limits)
{
	return limits->bytes > 0 || limits->frames > 0 || limits->ns > 0;
}

/* Reads digits; *@at is behind them then.  Return: 0 if there are none, or the
 * number is 0 or beyond NUMBER_MAX. */
static uint64_t
read_number(const char **at)
{
	uint64_t n = 0;

	while (**at >= '0' && **at <= '9' && n <= NUMBER_MAX)
		n = 10 * n + (uint64_t)(*(*at)++ - '0');
	return n <= NUMBER_MAX ? n : 0;
}

static const struct unit *
find_unit(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == len &&
		    memcmp(units[i].name, name, len) == 0)
			return &units[i];
	return NULL;
}

/* Return: 0; -ERANGE with the reason in @error. */
static int
set_limit(struct limits *limits, const struct unit *unit, uint64_t n,
	  char *error, size_t error_size)
{
	uint64_t value = n * unit->factor; /* below 2^62 */

	switch (unit->dimension) {
	case BYTES:
		if (value < LIMITS_BYTES_MIN || value > BYTES_MAX)
			return refuse(error, error_size, -ERANGE,
				      "a file of %" PRIu64
				      "%s: 64K to 4096G are "
				      "possible",
				      n, unit->name);
		limits->bytes = value;
		return 0;
	case NS:
		if (value / NS_PER_S > LIMITS_SECONDS_MAX)
			return refuse(error, error_size, -ERANGE,
				      "a file of %" PRIu64
				      "%s: a year is the most",
				      n, unit->name);
		limits->ns = value;
		return 0;
	default:
		limits->frames = value;
		return 0;
	}
}

static int
bad_ring(const char *text, char *error, size_t error_size)
{
	return refuse(
	    error, error_size, -EINVAL,
	    "\"%s\" is no ring: write how many files are kept, an x, and "
	    "when one is full: 4x16M, 24x1h, 10x100000f",
	    text);
}

int
limits_parse_ring(const char *text, struct limits *limits, char *error,
		  size_t error_size)
{
	const char *at = text;
	uint64_t files = read_number(&at);

	if (files == 0 || *at != 'x')
		return bad_ring(text, error, error_size);
	if (files > LIMITS_FILES_MAX)
		return refuse(error, error_size, -ERANGE,
			      "%" PRIu64 " files: %d are the most", files,
			      LIMITS_FILES_MAX);
	do {
		const struct unit *unit;
		uint64_t n;
		size_t len;
		int ret;

		at++;
		n = read_number(&at);
		len = strcspn(at, ",");
		unit = find_unit(at, len);
		if (n == 0 || unit == NULL)
			return bad_ring(text, error, error_size);
		ret = set_limit(limits, unit, n, error, error_size);
		if (ret < 0)
			return ret;
		at += len;
	} while (*at == ',');
	limits->files = (uint32_t)files;
	return 0;
}

int
limits_parse_size(const char *text, struct limits *limits, char *error,
		  size_t error_size)
{
	const char *at = text;
	uint64_t n = read_number(&at);
	const struct unit *unit = &million;

	if (*at != '\0')
		unit = find_unit(at, strlen(at));
	if (n == 0 || unit == NULL || unit->dimension != BYTES)
		return refuse(
		    error, error_size, -EINVAL,
		    "\"%s\" is no size of a file: write 16M, 1G, or 10 "
		    "for ten million octets",
		    text);
	return set_limit(limits, unit, n, error, error_size);
}
