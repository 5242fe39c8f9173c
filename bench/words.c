#include "bench/words.h"

#include <stdarg.h>
#include <stdlib.h>

#include "lib/xalloc.h"

void
words_add(struct words *words, const char *format, ...)
{
	va_list ap;

	if (words->n == WORDS_MAX)
		abort();
	va_start(ap, format);
	words->word[words->n++] = xvasprintf(format, ap);
	va_end(ap);
}

void
words_fini(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->word[i]);
}
