#include "driver/report/shown-text.h"

#include <stdint.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

struct range {
	uint32_t first, last;
};

/* What steers writing, or leaves no trace: in a terminal one could hide. */
static const struct range steering[] = {
	{ 0x00, 0x1f },	      { 0x7f, 0x9f },	  { 0xad, 0xad },
	{ 0x061c, 0x061c },   { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
	{ 0xe0000, 0xe007f },
};

/* Marks upon the character before. */
static const struct range combining[] = {
	{ 0x0300, 0x036f },   { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
	{ 0x0610, 0x061a },   { 0x064b, 0x065f }, { 0x0900, 0x0902 },
	{ 0x093c, 0x093c },   { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff },   { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	{ 0xe0100, 0xe01ef },
};

/* East Asian wide and full width, and pictures.  Terminals do not agree about
 * all of them: who draws lines does not rely on this alone. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x23e9, 0x23f3 },
	{ 0x25fd, 0x25fe },   { 0x2614, 0x2615 },   { 0x2648, 0x2653 },
	{ 0x26a1, 0x26a1 },   { 0x26bd, 0x26be },   { 0x26d4, 0x26d4 },
	{ 0x2705, 0x2705 },   { 0x270a, 0x270b },   { 0x2728, 0x2728 },
	{ 0x274c, 0x274e },   { 0x2753, 0x2757 },   { 0x2795, 0x2797 },
	{ 0x2b1b, 0x2b1c },   { 0x2b50, 0x2b55 },   { 0x2e80, 0x303e },
	{ 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },
	{ 0xa000, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18aff }, { 0x1b000, 0x1b2ff },
	{ 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f19a },
	{ 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f7e0, 0x1f7eb }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};

#define IS_IN(table, code)                                                     \
	is_in(table, sizeof(table) / sizeof((table)[0]), code)

static bool
is_in(const struct range *table, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n && table[i].first <= code; i++)
		if (code <= table[i].last)
			return true;
	return false;
}

/* Of a character that utf8_len() has found whole. */
static uint32_t
code_of(const char *text, size_t len)
{
	static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const uint8_t *p = (const uint8_t *)text;
	uint32_t code = p[0] & first_bits[len];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

bool
shown_is_harmless(const char *p, size_t len)
{
	return len > 0 && !IS_IN(steering, code_of(p, len));
}

static size_t
columns_of(const char *p, size_t len)
{
	uint32_t code = code_of(p, len);

	return IS_IN(combining, code) ? 0 : IS_IN(wide, code) ? 2 : 1;
}

void
shown_put(FILE *out, const char *text, int indent)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t len = utf8_len(text, left);

		if (*text == '\n')
			fprintf(out, "\n%*s", indent, "");
		else if (*text == '\t' || shown_is_harmless(text, len))
			fwrite(text, 1, len, out);
		else
			for (size_t i = 0; i < (len > 0 ? len : 1); i++)
				fprintf(out, "\\x%02x", (uint8_t)text[i]);
		text += len > 0 ? len : 1;
		left -= len > 0 ? len : 1;
	}
}

/* What stands for one character. */
struct glyph {
	char text[4 * 4 + 1];
	size_t columns;
};

/* Return: how many octets of @text it stands for. */
static size_t
glyph_of(const char *text, size_t left, bool unicode, struct glyph *glyph)
{
	size_t len = utf8_len(text, left);
	size_t n = len > 0 ? len : 1;

	if (*text == '\n' || *text == '\t') {
		strcpy(glyph->text, " ");
		glyph->columns = 1;
	} else if (!shown_is_harmless(text, len)) {
		for (size_t i = 0; i < n; i++)
			snprintf(glyph->text + 4 * i, 5, "\\x%02x",
				 (uint8_t)text[i]);
		glyph->columns = 4 * n;
	} else if (len > 1 && !unicode) {
		glyph->columns = columns_of(text, len);
		strcpy(glyph->text, glyph->columns == 0 ? "" : "?");
		glyph->columns = glyph->columns > 0;
	} else {
		memcpy(glyph->text, text, n);
		glyph->text[n] = '\0';
		glyph->columns = columns_of(text, len);
	}
	return n;
}

char *
shown_line(const char *text, size_t columns, bool unicode)
{
	size_t left = strlen(text), used = 0, at = 0;
	size_t fits_at = 0; /* octets of the line that leave room for ... */
	size_t dots = columns < 3 ? columns : 3;
	char *line = xcalloc(1, 1);
	bool cut = false;

	while (left > 0 && !cut) {
		struct glyph glyph;
		size_t n = glyph_of(text, left, unicode, &glyph);
		size_t size = strlen(glyph.text);

		/* Marks take no column: there is an end to them, too. */
		cut =
		    used + glyph.columns > columns || at + size > 16 * columns;
		if (cut)
			break;
		line = xrealloc(line, at + size + 1, 1);
		memcpy(line + at, glyph.text, size + 1);
		at += size;
		used += glyph.columns;
		if (used + dots <= columns)
			fits_at = at;
		text += n;
		left -= n;
	}
	if (cut) {
		line = xrealloc(line, fits_at + dots + 1, 1);
		memcpy(line + fits_at, "...", dots);
		line[fits_at + dots] = '\0';
	}
	return line;
}

size_t
shown_columns(const char *text)
{
	size_t left = strlen(text), columns = 0;

	while (left > 0) {
		size_t len = utf8_len(text, left);

		columns += len > 0 ? columns_of(text, len) : 1;
		text += len > 0 ? len : 1;
		left -= len > 0 ? len : 1;
	}
	return columns;
}
