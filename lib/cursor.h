/*
 * cursor: read a buffer of foreign bytes front to back without ever reading
 * past its end.
 *
 * The error is sticky: after the first read that does not fit, every read
 * returns zeros (or NULL) and cursor_ok() is false.  So a parser reads straight
 * through and asks once.
 */
#ifndef LIB_CURSOR_H
#define LIB_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *at;
	size_t left;
	bool failed;
};

static inline struct cursor
cursor_over(const void *data, size_t size)
{
	return (struct cursor){ .at = data, .left = size, .failed = false };
}

static inline bool
cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

/** cursor_bytes() - the next @n bytes, borrowed from the buffer; or NULL */
static inline const uint8_t *
cursor_bytes(struct cursor *c, size_t n)
{
	const uint8_t *p = c->at;

	if (c->failed || n > c->left) {
		c->failed = true;
		return NULL;
	}
	if (n > 0)
		c->at += n;
	c->left -= n;
	return p;
}

static inline void
cursor_skip(struct cursor *c, size_t n)
{
	(void)cursor_bytes(c, n);
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 1);

	return p != NULL ? p[0] : 0;
}

static inline uint16_t
cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);

	return p != NULL ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 4);

	return p != NULL ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			       (uint32_t)p[2] << 8 | p[3]
			 : 0;
}

/** cursor_host16() - an integer in this machine's byte order, unaligned */
static inline uint16_t
cursor_host16(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);
	uint16_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
cursor_host32(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 4);
	uint32_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return v;
}

#endif /* LIB_CURSOR_H */
