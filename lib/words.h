/* words: a line taken apart as by a shell, without any expansion. */
#ifndef LIB_WORDS_H
#define LIB_WORDS_H

#include <stddef.h>

struct err;

struct words {
	const char **word; /* n of them, then NULL */
	size_t n;
	char *text; /* holds them */
};

/**
 * words_split() - the words of @line, parted by spaces and tabs
 *
 * 'As it is', "with \" and \\", and \  before any other character, take a
 * character for itself; # where a word could begin starts a comment.
 *
 * Return: 0, @words owns memory; -EINVAL with @err set (a quote that does not
 *         end).
 */
int words_split(const char *line, struct words *words, struct err *err);
void words_fini(struct words *words);

#endif /* LIB_WORDS_H */
