#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "driver/batch/log-compare.h"
#include "lib/xalloc.h"

enum { LONG_NUMBER = 4, LONG_HEX = 8, RANDOM_LEN = 6 };

static size_t
digits_at(const char *p)
{
	return strspn(p, "0123456789");
}

static size_t
word_at(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]))
		n++;
	return n;
}

/* "1.5", but neither "1.2.3" nor an address. */
static size_t
fraction_at(const char *p)
{
	size_t whole = digits_at(p), part;

	if (whole == 0 || p[whole] != '.')
		return 0;
	part = digits_at(p + whole + 1);
	if (part == 0 ||
	    (p[whole + 1 + part] == '.' && digits_at(p + whole + 2 + part) > 0))
		return 0;
	return whole + 1 + part;
}

/* "192.168.1.1", "1.2.3": as long as it goes on. */
static size_t
dotted_at(const char *p)
{
	size_t len = digits_at(p), n = 1;

	while (len > 0 && p[len] == '.' && digits_at(p + len + 1) > 0) {
		len += 1 + digits_at(p + len + 1);
		n++;
	}
	return n >= 3 ? len : 0;
}

/* Does @p begin like @pattern, where 0 stands for any digit?  What follows
 * must not go on with it: a MAC has more colons than a time of day. */
static size_t
pattern_at(const char *p, const char *pattern)
{
	size_t len = strlen(pattern);

	for (size_t i = 0; i < len; i++) {
		if (pattern[i] == '0' ? !isdigit((unsigned char)p[i])
				      : p[i] != pattern[i])
			return 0;
	}
	return p[len] == ':' || isdigit((unsigned char)p[len]) ? 0 : len;
}

static size_t
time_at(const char *p)
{
	static const char *const patterns[] = {
		"0000-00-00T00:00:00",
		"0000-00-00 00:00:00",
		"0000-00-00",
		"00:00:00",
	};
	size_t len = 0;

	for (size_t i = 0;
	     i < sizeof(patterns) / sizeof(patterns[0]) && len == 0; i++)
		len = pattern_at(p, patterns[i]);
	if (len > 0 && p[len] == '.' && digits_at(p + len + 1) > 0)
		len += 1 + digits_at(p + len + 1);
	return len;
}

static size_t
hex_at(const char *p)
{
	size_t prefix = p[0] == '0' && p[1] == 'x' ? 2 : 0;
	size_t len = strspn(p + prefix, "0123456789abcdefABCDEF");

	if (len == 0 || isalnum((unsigned char)p[prefix + len]))
		return 0;
	if (prefix > 0)
		return prefix + len;
	/* A word of letters only may be one of a language. */
	return len >= LONG_HEX && strcspn(p, "0123456789") < len ? len : 0;
}

static bool
unit_at(const char *p)
{
	static const char *const units[] = { "ns",  "us",     "ms",	"s",
					     "sec", "second", "seconds" };
	size_t len;

	p += strspn(p, " ");
	len = word_at(p);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i]) == len && memcmp(units[i], p, len) == 0)
			return true;
	return false;
}

/* A number whose value says nothing. */
static size_t
number_at(const char *p)
{
	size_t len = fraction_at(p);

	if (len > 0)
		return len;
	len = digits_at(p);
	if (len == 0 || (!unit_at(p + len) && isalnum((unsigned char)p[len])))
		return 0;
	return len >= LONG_NUMBER || unit_at(p + len) ? len : 0;
}

/* What mkdtemp() and mktemp make of a name; @p is behind "run-" or "tmp.". */
static size_t
random_at(const char *text, const char *p)
{
	if (p - text < 4 ||
	    (memcmp(p - 4, "run-", 4) != 0 && memcmp(p - 4, "tmp.", 4) != 0))
		return 0;
	return word_at(p) >= RANDOM_LEN ? word_at(p) : 0;
}

/* What begins at @p and goes without a trace, up to a '#'. */
static size_t
hidden_at(const char *text, const char *p)
{
	size_t len = random_at(text, p);

	if (len == 0)
		len = time_at(p);
	if (len == 0 && dotted_at(p) == 0)
		len = hex_at(p);
	if (len == 0 && dotted_at(p) == 0)
		len = number_at(p);
	return len;
}

/* What begins at @p and stays: a word, an address, or a character. */
static size_t
kept_at(const char *p)
{
	size_t len = dotted_at(p);

	if (len == 0)
		len = word_at(p);
	/* The colons of a MAC hold its parts together. */
	while (len % 3 == 2 && p[len] == ':' && word_at(p + len + 1) == 2)
		len += 3;
	return len > 0 ? len : 1;
}

char *
log_line_normal(const char *text)
{
	char *normal = xcalloc(strlen(text) + 1, 1);
	const char *p = text;
	char *out = normal;

	while (*p != '\0') {
		size_t len = hidden_at(text, p);

		if (len > 0) {
			*out++ = '#';
			p += len;
			continue;
		}
		/* Numbers of other lengths are padded otherwise. */
		if (*p == ' ' && out > normal && out[-1] == ' ') {
			p++;
			continue;
		}
		len = kept_at(p);
		memcpy(out, p, len);
		out += len;
		p += len;
	}
	return normal;
}
