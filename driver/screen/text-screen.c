#include "config.h"

#include "driver/screen/text-screen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/screen/picture.h"
#include "driver/screen/vga-font.h"
#include "lib/xalloc.h"

#define NO_CHARACTER "\xef\xbf\xbd"

enum {
	CHARACTER_MAX = 3, /* octets */
	/* A text screen has one strange cell in so many at most: the pointer
	 * of a mouse, say. */
	STRANGE_SHARE = 40,
	CURSOR_TOP = 12, /* a cursor is below, and in this row at most */
};

/* The pixels of one cell in which its two colours are told apart. */
struct cell {
	uint8_t rows[VGA_FONT_HEIGHT];
	bool strange; /* it has more than two colours */
};

static const uint8_t *
pixel(const struct picture *p, unsigned x, unsigned y)
{
	return p->pixels + 3 * ((size_t)y * p->width + x);
}

/* The rarer of the two colours is that of the character, in most of them.
 * The ninth column, where there is one, says nothing of its own. */
static struct cell
read_cell(const struct picture *p, unsigned x, unsigned y)
{
	struct cell cell = { .strange = false };
	const uint8_t *first = pixel(p, x, y), *other = NULL;
	unsigned n_other = 0;

	for (unsigned row = 0; row < VGA_FONT_HEIGHT; row++) {
		for (unsigned col = 0; col < VGA_FONT_WIDTH; col++) {
			const uint8_t *c = pixel(p, x + col, y + row);

			if (memcmp(c, first, 3) == 0)
				continue;
			if (other == NULL)
				other = c;
			if (memcmp(c, other, 3) != 0) {
				cell.strange = true;
				return cell;
			}
			cell.rows[row] |= (uint8_t)(0x80 >> col);
			n_other++;
		}
	}
	if (n_other > VGA_FONT_WIDTH * VGA_FONT_HEIGHT / 2)
		for (unsigned row = 0; row < VGA_FONT_HEIGHT; row++)
			cell.rows[row] = (uint8_t)~cell.rows[row];
	return cell;
}

/* What is drawn so, or NULL.  Codes below 32 are pictures, and come last. */
static const char *
find_glyph(const uint8_t rows[VGA_FONT_HEIGHT])
{
	for (unsigned i = 0; i < VGA_FONT_GLYPHS; i++) {
		const struct vga_glyph *glyph =
		    &vga_font[(i + 32) % VGA_FONT_GLYPHS];

		if (memcmp(glyph->rows, rows, VGA_FONT_HEIGHT) == 0)
			return glyph->text;
	}
	return NULL;
}

/* The same without the bar that a cursor is. */
static const char *
find_under_cursor(const struct cell *cell)
{
	struct cell without = *cell;
	bool found = false;

	for (unsigned row = CURSOR_TOP; row < VGA_FONT_HEIGHT; row++) {
		if (without.rows[row] == 0xff) {
			without.rows[row] = 0;
			found = true;
		}
	}
	return found ? find_glyph(without.rows) : NULL;
}

static const char *
read_character(const struct picture *p, unsigned x, unsigned y)
{
	struct cell cell = read_cell(p, x, y);
	struct cell inverse = cell;
	const char *text;

	if (cell.strange)
		return NULL;
	text = find_glyph(cell.rows);
	if (text != NULL)
		return text;
	for (unsigned row = 0; row < VGA_FONT_HEIGHT; row++)
		inverse.rows[row] = (uint8_t)~cell.rows[row];
	text = find_glyph(inverse.rows);
	if (text == NULL)
		text = find_under_cursor(&cell);
	if (text == NULL) /* a cursor as high as the cell */
		text = find_under_cursor(&inverse);
	return text;
}

/* Removes the blanks before @end.  Return: the new end. */
static char *
trim(char *begin, char *end, char blank)
{
	while (end > begin && end[-1] == blank)
		end--;
	return end;
}

/* In cells of @cell_width pixels.  Return: as text_screen_read(). */
static char *
read_cells(const struct picture *p, unsigned cell_width)
{
	unsigned n_cols = p->width / cell_width;
	unsigned n_rows = p->height / VGA_FONT_HEIGHT;
	size_t n_strange = 0, n_cells = (size_t)n_cols * n_rows;
	char *text = xcalloc(CHARACTER_MAX * n_cells + n_rows + 1, 1);
	char *at = text;

	for (unsigned row = 0; row < n_rows; row++) {
		char *line = at;

		for (unsigned col = 0; col < n_cols; col++) {
			const char *c = read_character(p, col * cell_width,
						       row * VGA_FONT_HEIGHT);

			if (c == NULL) {
				c = NO_CHARACTER;
				n_strange++;
			}
			at = stpcpy(at, c);
			if (n_strange * STRANGE_SHARE > n_cells) {
				free(text);
				return NULL;
			}
		}
		at = trim(line, at, ' ');
		*at++ = '\n';
	}
	at = trim(text, at, '\n');
	if (at > text)
		*at++ = '\n';
	*at = '\0';
	return text;
}

char *
text_screen_read(const struct picture *picture)
{
	/* In text mode a VGA draws nine columns for the eight of the font. */
	static const unsigned widths[] = { VGA_FONT_WIDTH + 1, VGA_FONT_WIDTH };

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text;

		if (picture->depth != 3 || picture->width % widths[i] != 0 ||
		    picture->width < widths[i] ||
		    picture->height < VGA_FONT_HEIGHT)
			continue;
		text = read_cells(picture, widths[i]);
		if (text != NULL)
			return text;
	}
	return NULL;
}
