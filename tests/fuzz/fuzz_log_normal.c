/*
 * fuzz_log_normal: the normal form of a line is never longer than the line, and
 * is its own normal form: two lines that are the same in it stay so.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/batch/log-compare.h"
#include "lib/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(size + 1, 1);
	char *normal, *again;

	memcpy(text, data, size);
	normal = log_line_normal(text);
	again = log_line_normal(normal);
	if (strlen(normal) > strlen(text) || strcmp(normal, again) != 0) {
		fprintf(stderr, "'%s' becomes '%s' becomes '%s'\n", text,
			normal, again);
		abort();
	}
	free(text);
	free(normal);
	free(again);
	return 0;
}
