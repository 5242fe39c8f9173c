/* nearest: which known word a misspelt or abbreviated one was meant to be. */
#ifndef LIB_NEAREST_H
#define LIB_NEAREST_H

#include <stddef.h>

/**
 * nearest_word() - the word of @words (NULL-ended) that @word most likely
 * means: the one the fewest typing slips away
 *
 * A slip is a letter too many, missing, wrong, or swapped with the next one;
 * upper and lower case are the same letter.  A third of the longer word's
 * letters may be wrong, and one always.
 *
 * Return: the element of @words, the first of equally near ones; NULL when
 *         none is near.
 */
const char *nearest_word(const char *word, const char *const *words);

enum { NEAREST_NONE = -1, NEAREST_SEVERAL = -2 };

/**
 * nearest_match() - which of @names (NULL-ended) the @len bytes at @word are,
 * whole or as the beginning of just one
 *
 * Return: its index; NEAREST_NONE; NEAREST_SEVERAL.
 */
int nearest_match(const char *word, size_t len, const char *const *names);
/** nearest_list() - "run, report": the names that begin so, each after
 * @dashes; returned owned */
char *nearest_list(const char *word, size_t len, const char *const *names,
		   const char *dashes);

#endif /* LIB_NEAREST_H */
