#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/compat/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

/* A sum of all that is shown, in order. */
static void
add_up(const char *line, void *arg)
{
	uint64_t *sum = arg;

	require(strlen(line) <= ANSWER_LINE_MAX);
	for (; *line != '\0'; line++)
		*sum = *sum * 31 + (unsigned char)*line;
	*sum = *sum * 31 + '\n';
}

/* Property: what is shown does not depend on the pieces in which it comes, as
 * long as nothing is taken for a prompt on the way. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer whole, pieces;
	uint64_t sum = 0, sum_of_pieces = 0;
	int ret = 0, n_prompts = 0;

	answer_init(&whole, add_up, add_up, &sum);
	answer_init(&pieces, add_up, add_up, &sum_of_pieces);
	whole.greeted = pieces.greeted = true;
	for (size_t i = 0; i < size && ret >= 0; i++) {
		ret = answer_feed(&pieces, (const char *)data + i, 1);
		if (ret == 1 && i + 1 < size)
			n_prompts++;
	}
	ret = answer_feed(&whole, (const char *)data, size);
	if (n_prompts == 0 && ret >= 0)
		require(sum == sum_of_pieces && whole.code == pieces.code);
	(void)answer_end(&pieces);
	return 0;
}
