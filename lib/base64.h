/* base64: octets as text (RFC 4648, section 4: with '+', '/' and padding). */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <stddef.h>

/** base64_encode() - returned owned, ended by NUL */
char *base64_encode(const void *data, size_t size);
/** base64_decoded_max() - how many octets @len characters are at most */
size_t base64_decoded_max(size_t len);
/**
 * base64_decode() - @len characters
 * @data: base64_decoded_max() bytes
 * @size: out: how many of them there are
 *
 * Padding is needed, and nothing else may stand there.
 * Return: 0; -EINVAL.
 */
int base64_decode(const char *text, size_t len, void *data, size_t *size);

#endif /* LIB_BASE64_H */
