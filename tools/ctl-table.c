#include "tools/ctl-table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { GAP = 2 };

struct table {
	const struct table_column *columns; /* borrowed */
	size_t n_columns;
	char **cells; /* row by row, owned */
	size_t n_cells;
	size_t cells_size;
};

struct table *
table_new(const struct table_column *columns, size_t n_columns)
{
	struct table *t = XNEW(struct table);

	t->columns = columns;
	t->n_columns = n_columns;
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

/* A C0 or C1 control character (the latter are C2 80..9F in UTF-8), or a byte
 * that is no character at all. */
static bool
is_unprintable(const unsigned char *p, size_t len)
{
	return len == 0 || p[0] < 0x20 || p[0] == 0x7f ||
	       (p[0] == 0xc2 && p[1] < 0xa0);
}

static char *
printable(const char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	size_t left = strlen(text);
	char *copy = xcalloc(left + 1, 1), *to = copy;

	while (left > 0) {
		size_t len = utf8_len(from, left);

		if (is_unprintable(from, len)) {
			*to++ = '?';
			len = len > 0 ? len : 1;
		} else {
			memcpy(to, from, len);
			to += len;
		}
		from += len;
		left -= len;
	}
	return copy;
}

static size_t
width_of(const char *text)
{
	size_t left = strlen(text), width = 0;

	while (left > 0) {
		size_t len = utf8_len(text, left);

		text += len;
		left -= len;
		width++;
	}
	return width;
}

void
table_add(struct table *t, const char *text)
{
	if (t->n_cells == t->cells_size) {
		t->cells_size = t->cells_size > 0 ? 2 * t->cells_size : 64;
		t->cells = xrealloc(t->cells, t->cells_size, sizeof(*t->cells));
	}
	t->cells[t->n_cells++] =
	    printable(text != NULL && text[0] != '\0' ? text : "-");
}

static const char *
cell(const struct table *t, size_t row, size_t column)
{
	size_t i = row * t->n_columns + column;

	return i < t->n_cells ? t->cells[i] : "-";
}

static size_t
column_width(const struct table *t, size_t column, size_t n_rows)
{
	size_t width = width_of(t->columns[column].heading);

	for (size_t row = 0; row < n_rows; row++) {
		size_t w = width_of(cell(t, row, column));

		width = w > width ? w : width;
	}
	return width;
}

/* Nothing follows the last cell of a line, so it is not filled up. */
static void
print_cell(const struct table_column *column, const char *text, size_t width,
	   bool last, FILE *out)
{
	int fill = (int)(width - width_of(text));

	if (column->right)
		fprintf(out, "%*s%s", fill, "", text);
	else
		fprintf(out, "%s%*s", text, last ? 0 : fill, "");
	fprintf(out, "%*s", last ? 0 : GAP, "");
}

void
table_print(const struct table *t, FILE *out)
{
	size_t n_rows = (t->n_cells + t->n_columns - 1) / t->n_columns;
	size_t last = t->n_columns - 1;
	size_t *widths;

	if (n_rows == 0)
		return;
	widths = xcalloc(t->n_columns, sizeof(*widths));
	for (size_t c = 0; c <= last; c++) {
		widths[c] = column_width(t, c, n_rows);
		print_cell(&t->columns[c], t->columns[c].heading, widths[c],
			   c == last, out);
	}
	fputc('\n', out);
	for (size_t row = 0; row < n_rows; row++) {
		for (size_t c = 0; c <= last; c++)
			print_cell(&t->columns[c], cell(t, row, c), widths[c],
				   c == last, out);
		fputc('\n', out);
	}
	free(widths);
}
