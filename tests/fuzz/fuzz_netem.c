/*
 * fuzz_netem: what is read of a spec is shown so that it reads the same again;
 * what is refused changes nothing and has a reason.  A table holds what its file
 * says or is refused.  The first octet chooses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/netem/distribution.h"
#include "plugins/netem/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int truth)
{
	if (!truth)
		abort();
}

static void
try_spec(const char *text)
{
	char error[256] = "", shown[SPEC_TEXT_SIZE], again[SPEC_TEXT_SIZE];
	struct spec spec, same;

	spec_init(&spec);
	if (spec_parse(text, &spec, error, sizeof(error)) < 0) {
		require(error[0] != '\0');
		require(spec.given == 0 && spec.delay_ns == 0);
		return;
	}
	spec_format(&spec, shown);
	spec_init(&same);
	require(spec_parse(shown, &same, error, sizeof(error)) == 0);
	require(spec.given == same.given && spec.delay_ns == same.delay_ns &&
		spec.loss.params[0] == same.loss.params[0] &&
		spec.rate.bps == same.rate.bps && spec.seed == same.seed);
	spec_format(&same, again);
	require(strcmp(shown, again) == 0);
}

static void
try_table(const char *text, size_t size)
{
	char error[256] = "";
	struct distribution *table =
	    distribution_parse(text, size, error, sizeof(error));

	if (table == NULL) {
		require(strncmp(error, "line ", 5) == 0);
		return;
	}
	require(table->n > 0 && table->n <= DISTRIBUTION_MAX);
	for (uint64_t draw = 0; draw <= UINT32_MAX; draw += UINT32_MAX / 7)
		require(distribution_delay(table, 1000, UINT64_C(3600000000000),
					   (uint32_t)draw) <
			UINT64_C(5) * 3600000000000);
	distribution_unref(table);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	require(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 't')
		try_table(text, size - 1);
	else
		try_spec(text);
	free(text);
	return 0;
}
