/* mac: Ethernet addresses (IEEE 802-2014, clause 8), in transmission order. */
#ifndef LIB_MAC_H
#define LIB_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MAC_LEN = 6, MAC_TEXT_SIZE = 18 };

struct mac {
	uint8_t b[MAC_LEN];
};

static inline bool
mac_is_multicast(const struct mac *m)
{
	return m->b[0] & 1; /* the I/G bit; broadcast is one of them */
}

static inline bool
mac_is_zero(const struct mac *m)
{
	static const struct mac zero;

	return memcmp(m->b, zero.b, MAC_LEN) == 0;
}

static inline bool
mac_eq(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, MAC_LEN) == 0;
}

/** mac_from_bytes() - the address at @p, MAC_LEN readable bytes */
static inline struct mac
mac_from_bytes(const uint8_t *p)
{
	struct mac m;

	memcpy(m.b, p, MAC_LEN);
	return m;
}

/** mac_to_u64() - the address as a number, first octet most significant */
static inline uint64_t
mac_to_u64(const struct mac *m)
{
	return (uint64_t)m->b[0] << 40 | (uint64_t)m->b[1] << 32 |
	       (uint64_t)m->b[2] << 24 | (uint64_t)m->b[3] << 16 |
	       (uint64_t)m->b[4] << 8 | m->b[5];
}

/** mac_format() - "52:54:00:12:01:02" into @text; Return: @text */
const char *mac_format(const struct mac *m, char text[static MAC_TEXT_SIZE]);
/** mac_parse() - exactly six pairs of hex digits parted by ':' or by '-'
 *
 * Return: 0; -EINVAL with @m unchanged.
 */
int mac_parse(const char *text, struct mac *m);

#endif /* LIB_MAC_H */
