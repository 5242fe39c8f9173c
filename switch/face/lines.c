#include "switch/face/lines.h"

#include <string.h>

/* Return: what @fn does. */
static bool
emit(struct lines *lines, lines_fn *fn, void *arg)
{
	size_t len = lines->len;
	bool good = !lines->too_long && memchr(lines->rest, '\0', len) == NULL;

	if (len > 0 && lines->rest[len - 1] == '\r')
		len--;
	lines->rest[len] = '\0';
	lines->len = 0;
	lines->too_long = false;
	return fn(good ? lines->rest : NULL, arg);
}

static void
append(struct lines *lines, const char *data, size_t len)
{
	if (len > LINES_MAX - lines->len) {
		lines->too_long = true;
		return;
	}
	memcpy(lines->rest + lines->len, data, len);
	lines->len += len;
}

void
lines_feed(struct lines *lines, const char *data, size_t len, lines_fn *fn,
	   void *arg)
{
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t n = end != NULL ? (size_t)(end - data) : len;

		append(lines, data, n);
		if (end == NULL)
			return;
		if (!emit(lines, fn, arg))
			return;
		data += n + 1;
		len -= n + 1;
	}
}

bool
lines_is_open(const struct lines *lines)
{
	return lines->len > 0 || lines->too_long;
}

void
lines_end(struct lines *lines, lines_fn *fn, void *arg)
{
	if (lines_is_open(lines))
		(void)emit(lines, fn, arg);
}
