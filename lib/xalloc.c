#include "config.h"

#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

static void *
check(void *p)
{
	if (p == NULL) {
		log_error("out of memory");
		abort();
	}
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	/* calloc() may answer NULL for zero bytes, which is no failure */
	if (n == 0 || size == 0)
		n = size = 1;
	return check(calloc(n, size));
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1; /* realloc() would free */
	return check(reallocarray(p, n, size));
}

char *
xstrdup(const char *s)
{
	return check(strdup(s));
}

char *
xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return check(s);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}
