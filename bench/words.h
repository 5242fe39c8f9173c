/* words: an argument list whose words are its own. */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include <stddef.h>

enum { WORDS_MAX = 1200 };

struct words {
	char *word[WORDS_MAX + 1]; /* NULL-ended */
	size_t n;
};

/** words_add() - one more; more than WORDS_MAX is a bug */
void words_add(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void words_fini(struct words *words);

#endif /* BENCH_WORDS_H */
