/* utf8: which bytes are a character (RFC 3629): no overlong forms, no
 * surrogates, nothing above U+10FFFF. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stddef.h>

/**
 * utf8_len() - how many bytes the character at the start of @p has
 * @size: readable bytes at @p
 *
 * Return: 1..4; 0 when they do not begin with a whole, valid character.
 */
size_t utf8_len(const void *p, size_t size);

#endif /* LIB_UTF8_H */
