#include "config.h"

#include "driver/report/cut-text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { CAPACITY_MIN = 256 };

void
cut_text_init(struct cut_text *cut, size_t max)
{
	*cut =
	    (struct cut_text){ .head_max = max / 4, .tail_max = max - max / 4 };
}

/* Room for @size octets more, and a NUL. */
static void
make_room(struct cut_text *cut, size_t size)
{
	size_t capacity = cut->capacity > 0 ? cut->capacity : CAPACITY_MIN;

	while (capacity < cut->size + size + 1)
		capacity *= 2;
	if (capacity != cut->capacity)
		cut->text = xrealloc(cut->text, capacity, 1);
	cut->capacity = capacity;
}

/* Only the head and the tail. */
static void
shrink(struct cut_text *cut)
{
	size_t max = cut->head_max + cut->tail_max;
	size_t out = cut->size > max ? cut->size - max : 0;

	memmove(cut->text + cut->head_max, cut->text + cut->head_max + out,
		cut->size - cut->head_max - out);
	cut->size -= out;
	cut->n_out += out;
}

void
cut_text_add(struct cut_text *cut, const char *text)
{
	size_t size = strlen(text);

	make_room(cut, size);
	memcpy(cut->text + cut->size, text, size);
	cut->size += size;
	if (cut->size > 2 * (cut->head_max + cut->tail_max))
		shrink(cut);
}

void
cut_text_addf(struct cut_text *cut, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = xvasprintf(format, ap);
	va_end(ap);
	cut_text_add(cut, text);
	free(text);
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Where the head's last line ends; all of it when it has no end. */
static size_t
head_len(const struct cut_text *cut)
{
	const char *end = memrchr(cut->text, '\n', cut->head_max);
	size_t last = cut->head_max;

	if (end != NULL)
		return (size_t)(end - cut->text) + 1;
	/* What follows it here is not what followed it. */
	while (last > 0 && is_continuation(cut->text[last - 1]))
		last--;
	if (last > 0)
		last--;
	return last + utf8_len(cut->text + last, cut->head_max - last);
}

/* Where the tail's first whole line begins; likewise. */
static size_t
tail_start(const struct cut_text *cut)
{
	size_t start = cut->head_max;
	const char *end = memchr(cut->text + start, '\n', cut->size - start);

	if (end != NULL && end + 1 < cut->text + cut->size)
		return (size_t)(end - cut->text) + 1;
	while (start < cut->size && is_continuation(cut->text[start]))
		start++;
	return start;
}

char *
cut_text_take(struct cut_text *cut)
{
	size_t head, tail;
	char *text;

	make_room(cut, 0);
	if (cut->size > cut->head_max + cut->tail_max)
		shrink(cut);
	cut->text[cut->size] = '\0';
	text = cut->text;
	if (cut->n_out > 0) {
		head = head_len(cut);
		tail = tail_start(cut);
		text = xasprintf(
		    "%.*s%s[... %" PRIu64 " octets left out ...]\n%s",
		    (int)head, cut->text,
		    head > 0 && cut->text[head - 1] != '\n' ? "\n" : "",
		    cut->n_out + (tail - head), cut->text + tail);
		free(cut->text);
	}
	cut_text_init(cut, cut->head_max + cut->tail_max);
	return text;
}
