#include "lib/utf8.h"

#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/unit.h"

static const struct {
	const char *bytes;
	size_t size;
	size_t len;
} edges[] = {
	{ "", 0, 0 },
	{ "\x00", 1, 1 },
	{ "\x7f", 1, 1 },
	{ "ab", 2, 1 },
	{ "\x80", 1, 0 }, /* a continuation alone */
	{ "\xbf", 1, 0 },
	{ "\xc0\xaf", 2, 0 }, /* '/' in an overlong form */
	{ "\xc1\xbf", 2, 0 },
	{ "\xc2\x80", 2, 2 }, /* U+0080 */
	{ "\xdf\xbf", 2, 2 }, /* U+07FF */
	{ "\xc2\x7f", 2, 0 },
	{ "\xc2\xc0", 2, 0 },
	{ "\xc2", 1, 0 },	  /* cut off */
	{ "\xe0\x9f\xbf", 3, 0 }, /* overlong */
	{ "\xe0\xa0\x80", 3, 3 }, /* U+0800 */
	{ "\xe2\x82\xac", 3, 3 }, /* U+20AC */
	{ "\xe2\x82", 2, 0 },
	{ "\xe2\x82\x2c", 3, 0 },
	{ "\xed\x9f\xbf", 3, 3 }, /* U+D7FF */
	{ "\xed\xa0\x80", 3, 0 }, /* a surrogate */
	{ "\xed\xbf\xbf", 3, 0 },
	{ "\xee\x80\x80", 3, 3 },     /* U+E000 */
	{ "\xef\xbf\xbf", 3, 3 },     /* U+FFFF */
	{ "\xf0\x8f\xbf\xbf", 4, 0 }, /* overlong */
	{ "\xf0\x90\x80\x80", 4, 4 }, /* U+10000 */
	{ "\xf0\x9f\x98\x80", 4, 4 },
	{ "\xf0\x9f\x98", 3, 0 },
	{ "\xf0\x9f\x98\x41", 4, 0 },
	{ "\xf4\x8f\xbf\xbf", 4, 4 }, /* U+10FFFF */
	{ "\xf4\x90\x80\x80", 4, 0 }, /* above */
	{ "\xf5\x80\x80\x80", 4, 0 },
	{ "\xff", 1, 0 },
};

START_TEST(a_character_is_whole_valid_and_shortest)
{
	ck_assert_uint_eq(utf8_len(edges[_i].bytes, edges[_i].size),
			  edges[_i].len);
}
END_TEST

/* Write code point @c by the scheme of RFC 3629, whatever it is. */
static size_t
encode(uint32_t c, uint8_t out[static 4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

START_TEST(every_code_point_but_the_surrogates_is_a_character)
{
	for (uint32_t c = 0; c < 0x120000; c++) {
		bool valid = c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);
		uint8_t bytes[4];
		size_t size = encode(c, bytes);

		if (utf8_len(bytes, size) != (valid ? size : 0))
			ck_abort_msg("U+%04X", c);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_character_is_whole_valid_and_shortest, UNIT_ROWS(edges) },
		{ every_code_point_but_the_surrogates_is_a_character, 0 },
		{ NULL, 0 },
	};

	return unit_run("utf8", tests, NULL, NULL);
}
