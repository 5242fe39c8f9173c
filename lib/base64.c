#include "lib/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/xalloc.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
			     "xyz0123456789+/";

char *
base64_encode(const void *data, size_t size)
{
	const uint8_t *p = data;
	char *text = xcalloc(size / 3 + 1, 4 + 1);
	char *out = text;

	for (; size >= 3; size -= 3, p += 3) {
		*out++ = digits[p[0] >> 2];
		*out++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
		*out++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
		*out++ = digits[p[2] & 63];
	}
	if (size > 0) {
		unsigned second = size > 1 ? p[1] : 0;

		*out++ = digits[p[0] >> 2];
		*out++ = digits[(p[0] & 3) << 4 | second >> 4];
		*out++ = size > 1 ? digits[(second & 15) << 2] : '=';
		*out++ = '=';
	}
	*out = '\0';
	return text;
}

size_t
base64_decoded_max(size_t len)
{
	return len / 4 * 3;
}

/* The value of a digit; -1: it is none. */
static int
value_of(char c)
{
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Four characters.  @is_last: padding may be there.  Return: how many octets;
 * -1: it is wrong. */
static int
decode_group(const char *text, bool is_last, uint8_t out[static 3])
{
	uint32_t bits = 0;
	int n = 4;

	if (is_last && text[3] == '=')
		n = text[2] == '=' ? 2 : 3;
	for (int i = 0; i < 4; i++) {
		int value = i < n ? value_of(text[i]) : 0;

		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
	}
	/* What is left of the last digit must be nothing, so that there is one
	 * text only for each octets. */
	if ((n == 2 && (bits & 0xffff) != 0) || (n == 3 && (bits & 0xff) != 0))
		return -1;
	out[0] = (uint8_t)(bits >> 16);
	out[1] = (uint8_t)(bits >> 8);
	out[2] = (uint8_t)bits;
	return n - 1;
}

int
base64_decode(const char *text, size_t len, void *data, size_t *size)
{
	uint8_t *out = data;
	uint8_t group[3];

	*size = 0;
	if (len % 4 != 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i += 4) {
		int n = decode_group(text + i, i + 4 == len, group);

		if (n < 0)
			return -EINVAL;
		memcpy(out + *size, group, (size_t)n);
		*size += (size_t)n;
	}
	return 0;
}
