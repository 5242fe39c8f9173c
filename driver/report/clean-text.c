#include "driver/report/clean-text.h"

#include <stdbool.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { ESC = 0x1b, BEL = 0x07, DEL = 0x7f };

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
static const char dots[] = "...";

static bool
is_in(unsigned char c, unsigned char min, unsigned char max)
{
	return c >= min && c <= max;
}

/* ESC [ parameters, intermediates, one final octet (ECMA-48, 5.4).  Return: how
 * many octets from @p on, behind the introducer, belong to it. */
static size_t
sequence_len(const unsigned char *p, size_t size)
{
	size_t n = 0;

	while (n < size && is_in(p[n], 0x20, 0x3f))
		n++;
	return n < size && is_in(p[n], 0x40, 0x7e) ? n + 1 : n;
}

/* A command string, up to BEL or ESC \.  One that does not end must not take
 * the rest of the text with it. */
static size_t
string_len(const unsigned char *p, size_t size)
{
	size_t n = 0;

	while (n < size && p[n] != '\n' && p[n] != '\r') {
		if (p[n] == BEL)
			return n + 1;
		if (p[n] == ESC && n + 1 < size && p[n + 1] == '\\')
			return n + 2;
		n++;
	}
	return n;
}

/* What ESC at @p begins; 1 when nothing. */
static size_t
escape_len(const unsigned char *p, size_t size)
{
	size_t n = 1;

	if (size < 2)
		return 1;
	if (p[1] == '[')
		return 2 + sequence_len(p + 2, size - 2);
	if (strchr("]P^_X", p[1]) != NULL && p[1] != '\0')
		return 2 + string_len(p + 2, size - 2);
	while (n < size && is_in(p[n], 0x20, 0x2f))
		n++;
	return n < size && is_in(p[n], 0x30, 0x7e) ? n + 1 : 1;
}

/* Is the character of @len octets at @p one that no text should have? */
static bool
is_bad(const unsigned char *p, size_t len)
{
	if (len == 1)
		return (p[0] < 0x20 && p[0] != '\t' && p[0] != '\n') ||
		       p[0] == DEL;
	if (len == 2) /* C1 */
		return p[0] == 0xc2 && p[1] < 0xa0;
	/* U+FFFE and U+FFFF, which are no characters. */
	return len == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

/* What stands in place of the start of @p.  Return: how much of it is used. */
static size_t
clean_one(const unsigned char *p, size_t size, const char **out, size_t *n_out)
{
	size_t len = utf8_len(p, size);

	*out = (const char *)p;
	*n_out = len;
	if (len > 0 && !is_bad(p, len))
		return len;
	*n_out = 0;
	if (p[0] == '\b')
		return 1;
	if (p[0] == '\r') {
		*out = "\n";
		*n_out = 1;
		return size > 1 && p[1] == '\n' ? 2 : 1;
	}
	if (p[0] == ESC && escape_len(p, size) > 1)
		return escape_len(p, size);
	if (len == 2 && p[1] == 0x9b)
		return 2 + sequence_len(p + 2, size - 2);
	*out = replacement;
	*n_out = strlen(replacement);
	return len > 0 ? len : 1;
}

char *
clean_text(const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	char *clean = xcalloc(3 * size + 1, 1);
	size_t n = 0;

	while (size > 0) {
		const char *out;
		size_t n_out;
		size_t used = clean_one(p, size, &out, &n_out);

		memcpy(clean + n, out, n_out);
		n += n_out;
		p += used;
		size -= used;
	}
	return clean;
}

size_t
clean_cut(const char *text, size_t size, size_t len_max)
{
	size_t len = size < len_max ? size : len_max;

	if (len == size)
		return len;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

char *
clean_line(const char *text, size_t len_max)
{
	char *line = clean_text(text, strlen(text));
	size_t n = 0, cut;

	for (const char *p = line; *p != '\0'; p++) {
		bool blank = *p == ' ' || *p == '\t' || *p == '\n';

		if (!blank)
			line[n++] = *p;
		else if (n > 0 && line[n - 1] != ' ')
			line[n++] = ' ';
	}
	if (n > 0 && line[n - 1] == ' ')
		n--;
	line[n] = '\0';
	if (n > len_max) {
		cut = clean_cut(line, n, len_max - strlen(dots));
		strcpy(line + cut, dots);
	}
	return line;
}
