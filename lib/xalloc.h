/*
 * xalloc: allocation that cannot fail, for objects of fixed size that we make
 * for ourselves: out of memory ends the process with a message.  Sizes that
 * come from configuration or from a peer use malloc() and are checked.
 */
#ifndef LIB_XALLOC_H
#define LIB_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *xcalloc(size_t n, size_t size)
    __attribute__((returns_nonnull, malloc, alloc_size(1, 2)));
void *xrealloc(void *p, size_t n, size_t size)
    __attribute__((returns_nonnull, alloc_size(2, 3)));
char *xstrdup(const char *s) __attribute__((returns_nonnull, malloc));
char *xasprintf(const char *fmt, ...)
    __attribute__((returns_nonnull, format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((returns_nonnull, format(printf, 1, 0)));

#define XNEW(type) ((type *)xcalloc(1, sizeof(type)))

#endif /* LIB_XALLOC_H */
