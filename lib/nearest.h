/* nearest: which known word a misspelt one was meant to be. */
#ifndef LIB_NEAREST_H
#define LIB_NEAREST_H

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

#endif /* LIB_NEAREST_H */
