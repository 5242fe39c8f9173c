#include "lib/utf8.h"

#include <stdint.h>

/* Table 3-7 of the Unicode standard: what the second byte may be depends on
 * the first; every later one is 80..BF. */
static const struct {
	uint8_t first_min, first_max;
	uint8_t second_min, second_max;
	uint8_t len;
} forms[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t
utf8_len(const void *p, size_t size)
{
	const uint8_t *b = p;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t len = forms[i].len;

		if (b[0] < forms[i].first_min || b[0] > forms[i].first_max)
			continue;
		if (len > size)
			return 0;
		if (len > 1 &&
		    (b[1] < forms[i].second_min || b[1] > forms[i].second_max))
			return 0;
		for (size_t k = 2; k < len; k++) {
			if ((b[k] & 0xc0) != 0x80)
				return 0;
		}
		return len;
	}
	return 0;
}
