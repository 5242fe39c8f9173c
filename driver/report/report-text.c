#include "driver/report/report-text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

enum {
	ESCAPED = 6, /* \u003c */
	NOTE_MAX = 48,
	SMALL = 64,
};

/* What the character at @p, of @len octets, costs. */
static size_t
cost_of(const char *p, size_t len)
{
	if (len == 3 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 ||
			 memcmp(p, "\xe2\x80\xa9", 3) == 0))
		return ESCAPED;
	if (len > 1)
		return len;
	if (*p == '\n' || *p == '\t' || *p == '\r' || *p == '"' || *p == '\\')
		return 2;
	if ((unsigned char)*p < ' ' || *p == '<' || *p == '>' || *p == '&' ||
	    *p == 0x7f)
		return ESCAPED;
	return 1;
}

static size_t
char_len(const char *p, size_t size)
{
	size_t len = utf8_len(p, size);

	return len > 0 ? len : 1;
}

size_t
report_text_cost(const char *text)
{
	size_t size = strlen(text), cost = 0;

	while (size > 0) {
		size_t len = char_len(text, size);

		cost += cost_of(text, len);
		text += len;
		size -= len;
	}
	return cost;
}

/* How many octets of the beginning cost no more than @max. */
static size_t
head_size(const char *text, size_t size, size_t max)
{
	size_t at = 0;

	while (at < size) {
		size_t len = char_len(text + at, size - at);
		size_t cost = cost_of(text + at, len);

		if (cost > max)
			break;
		max -= cost;
		at += len;
	}
	return at;
}

static size_t
tail_size(const char *text, size_t size, size_t max)
{
	size_t at = size;

	while (at > 0) {
		size_t begin = at - 1, cost;

		while (begin > 0 && ((unsigned char)text[begin] & 0xc0) == 0x80)
			begin--;
		cost = cost_of(text + begin, at - begin);
		if (cost > max)
			break;
		max -= cost;
		at = begin;
	}
	return size - at;
}

static bool
fits(const char *text, size_t size, size_t max_cost)
{
	/* Nothing costs more than an escape. */
	return size * ESCAPED <= max_cost || report_text_cost(text) <= max_cost;
}

char *
report_text_begin(const char *text, size_t max_cost)
{
	size_t size = strlen(text);

	if (fits(text, size, max_cost))
		return xstrdup(text);
	return xasprintf(
	    "%.*s%s",
	    (int)head_size(text, size, max_cost > 3 ? max_cost - 3 : 0), text,
	    max_cost >= 3 ? "..." : "");
}

char *
report_text_cut(const char *text, size_t max_cost)
{
	size_t size = strlen(text), head, tail;

	if (fits(text, size, max_cost))
		return xstrdup(text);
	if (max_cost < SMALL)
		return report_text_begin(text, max_cost);
	head = head_size(text, size, (max_cost - NOTE_MAX) / 3 * 2);
	tail = tail_size(text, size, (max_cost - NOTE_MAX) / 3);
	return xasprintf("%.*s\n[... %zu octets left out ...]\n%s", (int)head,
			 text, size - head - tail, text + size - tail);
}
