/* octets: copies of few of them, whose number is not known beforehand. */
#ifndef LIB_OCTETS_H
#define LIB_OCTETS_H

#include <stddef.h>
#include <string.h>

/**
 * copy_octets() - memcpy(), always as the C library does it
 *
 * GCC that can tell that @n is small puts "rep movsq" in its place, which takes
 * longer to begin than a hundred octets take to be copied.
 */
static inline void
copy_octets(void *to, const void *from, size_t n)
{
	__asm__("" : "+r"(n));
	memcpy(to, from, n);
}

#endif /* LIB_OCTETS_H */
