#include "lib/mac.h"

#include <errno.h>
#include <stdio.h>

const char *
mac_format(const struct mac *m, char text[static MAC_TEXT_SIZE])
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0],
		 m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]);
	return text;
}

/* Not isxdigit() and friends: they ask the locale. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
mac_parse(const char *text, struct mac *m)
{
	const char *p = text;
	char separator = '\0';
	struct mac parsed;

	for (int i = 0; i < MAC_LEN; i++) {
		int high = hex_digit(p[0]);
		int low = high < 0 ? -1 : hex_digit(p[1]);

		if (low < 0)
			return -EINVAL;
		parsed.b[i] = (uint8_t)(high << 4 | low);
		p += 2;
		if (i == MAC_LEN - 1)
			break;
		if (i == 0 && (*p == ':' || *p == '-'))
			separator = *p;
		if (separator == '\0' || *p++ != separator)
			return -EINVAL;
	}
	if (*p != '\0')
		return -EINVAL;
	*m = parsed;
	return 0;
}
