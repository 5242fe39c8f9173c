/*
 * fuzz_clean_text: what is left of any octets is UTF-8 without characters that
 * XML 1.0 or a terminal would choke on, and stays as it is when cleaned again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/clean-text.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Production 2 of XML 1.0, less DEL, CR and C1. */
static int
is_allowed(const uint8_t *p, size_t len)
{
	if (len == 1)
		return *p == '\t' || *p == '\n' || (*p >= 0x20 && *p < 0x7f);
	if (len == 2)
		return p[0] != 0xc2 || p[1] >= 0xa0;
	return len == 4 || p[0] != 0xef || p[1] != 0xbf || p[2] < 0xbe;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *clean = clean_text((const char *)data, size);
	size_t n = strlen(clean);
	char *again = clean_text(clean, n);

	if (n > 3 * size || strcmp(clean, again) != 0)
		abort();
	for (size_t i = 0; i < n;) {
		size_t len = utf8_len(clean + i, n - i);

		if (len == 0 || !is_allowed((uint8_t *)clean + i, len))
			abort();
		i += len;
	}
	free(clean);
	free(again);
	return 0;
}
