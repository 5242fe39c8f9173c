#include "lib/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

/* RFC 4648, section 10, and octets of all kinds */
static const struct {
	const char *octets;
	size_t size;
	const char *text;
} pairs[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\0\xff\xfe", 3, "AP/+" },
	{ "\xfb\xf0", 2, "+/A=" },
};

START_TEST(octets_become_text_and_back)
{
	size_t len = strlen(pairs[_i].text), size;
	char *text = base64_encode(pairs[_i].octets, pairs[_i].size);
	char octets[16];

	ck_assert_str_eq(text, pairs[_i].text);
	ck_assert_uint_le(base64_decoded_max(len), sizeof(octets));
	ck_assert_int_eq(base64_decode(text, len, octets, &size), 0);
	ck_assert_uint_eq(size, pairs[_i].size);
	ck_assert_mem_eq(octets, pairs[_i].octets, size);
	free(text);
}
END_TEST

static const char *const wrong[] = {
	"A",	    "AA",	"AAA",	 "A===", "====",
	"AA=A",	    "AB==",	/* bits that are nobody's */
	"AAB=",	    "AA==AAAA", /* padding within */
	"AAA=AA==", "AA A",	"AA\nA", "AA-_", "AA\xc3\xa4",
};

START_TEST(what_is_no_base64_is_refused)
{
	char octets[16];
	size_t size;

	ck_assert_int_eq(
	    base64_decode(wrong[_i], strlen(wrong[_i]), octets, &size),
	    -EINVAL);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ octets_become_text_and_back, UNIT_ROWS(pairs) },
		{ what_is_no_base64_is_refused, UNIT_ROWS(wrong) },
		{ NULL, 0 },
	};

	return unit_run("base64", tests, NULL, NULL);
}
