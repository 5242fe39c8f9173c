#include "driver/screen/text-screen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/screen/picture.h"
#include "driver/screen/vga-font.h"
#include "tests/unit/unit.h"

enum { COLS = 80, LINES = 25 };

struct colour {
	uint8_t rgb[3];
};

static const struct colour grey = { { 168, 168, 168 } },
			   black = { { 0, 0, 0 } }, blue = { { 0, 0, 168 } };
static struct picture *screen;
static unsigned cell_width;

static void
make_screen(unsigned width)
{
	cell_width = width;
	screen = picture_new(COLS * width, LINES * VGA_FONT_HEIGHT, 3);
}

static void
setup(void)
{
	make_screen(VGA_FONT_WIDTH + 1);
}

static void
teardown(void)
{
	picture_free(screen);
}

static void
set_pixel(unsigned x, unsigned y, const struct colour *colour)
{
	memcpy(screen->pixels + 3 * ((size_t)y * screen->width + x),
	       colour->rgb, 3);
}

/* As a VGA draws code @c: the ninth column is that of the eighth for frames. */
static void
draw(unsigned col, unsigned line, unsigned char c, const struct colour *ink,
     const struct colour *ground)
{
	for (unsigned y = 0; y < VGA_FONT_HEIGHT; y++) {
		for (unsigned x = 0; x < cell_width; x++) {
			unsigned bit = x < 8 ? x : 7;
			bool set = vga_font[c].rows[y] >> (7 - bit) & 1 &&
				   (x < 8 || (c >= 0xc0 && c <= 0xdf));

			set_pixel(col * cell_width + x,
				  line * VGA_FONT_HEIGHT + y,
				  set ? ink : ground);
		}
	}
}

static void
draw_text(unsigned col, unsigned line, const char *text)
{
	for (; *text != '\0'; text++)
		draw(col++, line, (unsigned char)*text, &grey, &black);
}

/* The rows of a cursor in the cell. */
static void
draw_cursor(unsigned col, unsigned line, unsigned from, unsigned to)
{
	for (unsigned y = from; y <= to; y++)
		for (unsigned x = 0; x < cell_width; x++)
			set_pixel(col * cell_width + x,
				  line * VGA_FONT_HEIGHT + y, &grey);
}

static void
reads(const char *want)
{
	char *text = text_screen_read(screen);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(every_character_is_read_as_itself)
{
	char line[3] = "";

	for (unsigned char c = '!'; c < 0x7f; c++) {
		draw(3, 2, c, &grey, &black);
		line[0] = (char)c;
		line[1] = '\n';
		{
			char want[16] = "\n\n   ";

			strcat(want, line);
			reads(want);
		}
	}
}
END_TEST

START_TEST(lines_lose_the_blanks_at_their_ends_and_the_screen_its_empty_ones)
{
	draw_text(0, 0, "Debian GNU/Linux 12 m tty1");
	draw_text(0, 2, "m login: ");
	draw_text(79, 24, "x");
	reads("Debian GNU/Linux 12 m tty1\n\nm login:\n"
	      "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	      "                                        "
	      "                                       x\n");
	draw_text(79, 24, " ");
	reads("Debian GNU/Linux 12 m tty1\n\nm login:\n");
}
END_TEST

START_TEST(an_empty_screen_has_no_text)
{
	reads("");
}
END_TEST

START_TEST(colours_do_not_matter)
{
	const char *text = "red on blue";

	for (unsigned i = 0; text[i] != '\0'; i++)
		draw(i, 0, (unsigned char)text[i], &blue, &grey);
	draw_text(12, 0, "and grey");
	reads("red on blue and grey\n");
}
END_TEST

START_TEST(a_console_of_eight_columns_is_read_as_well)
{
	picture_free(screen);
	make_screen(VGA_FONT_WIDTH);
	draw_text(1, 1, "~$ ls -la");
	reads("\n ~$ ls -la\n");
}
END_TEST

/* Rows of the cell, both included. */
static const struct {
	unsigned from, to;
} cursors[] = { { 13, 14 }, { 14, 15 }, { 12, 15 }, { 0, 15 } };

START_TEST(the_cursor_is_not_seen)
{
	draw_text(0, 0, "login: ");
	draw_cursor(7, 0, cursors[_i].from, cursors[_i].to);
	reads("login:\n");
	if (cursors[_i].from == 0)
		return;
	draw_cursor(4, 0, cursors[_i].from, cursors[_i].to);
	reads("login:\n");
}
END_TEST

START_TEST(frames_and_letters_beyond_ascii_are_read)
{
	static const unsigned char codes[] = { 0xc9, 0xcd, 0xbb, 0x84,
					       0xb3, 0xfb, 0x01, 0xe1 };

	for (unsigned i = 0; i < sizeof(codes); i++)
		draw(i, 0, codes[i], &grey, &black);
	reads("╔═╗ä│√☺ß\n");
}
END_TEST

START_TEST(a_few_strange_cells_are_marked)
{
	draw_text(0, 0, "a b");
	set_pixel(cell_width, 3, &blue);
	set_pixel(cell_width + 1, 3, &grey);
	reads("a\xef\xbf\xbd"
	      "b\n");
}
END_TEST

/* One cell in forty may be strange: 50 of 2000. */
START_TEST(a_picture_is_no_text)
{
	char *text;

	picture_free(screen);
	make_screen(VGA_FONT_WIDTH);
	for (unsigned i = 0; i < 50; i++)
		set_pixel(i * cell_width, 100, &blue);
	text = text_screen_read(screen);
	ck_assert_ptr_nonnull(text);
	free(text);
	set_pixel(50 * cell_width, 100, &blue);
	ck_assert_ptr_null(text_screen_read(screen));
}
END_TEST

START_TEST(sides_that_suit_no_cells_are_no_text)
{
	picture_free(screen);
	screen = picture_new(719, 400, 3);
	ck_assert_ptr_null(text_screen_read(screen));
	picture_free(screen);
	screen = picture_new(1, 1, 3);
	ck_assert_ptr_null(text_screen_read(screen));
	picture_free(screen);
	screen = picture_new(720, 15, 3);
	ck_assert_ptr_null(text_screen_read(screen));
	picture_free(screen);
	screen = picture_new(720, 400, 1);
	ck_assert_ptr_null(text_screen_read(screen));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ every_character_is_read_as_itself, 0 },
		{ lines_lose_the_blanks_at_their_ends_and_the_screen_its_empty_ones,
		  0 },
		{ an_empty_screen_has_no_text, 0 },
		{ colours_do_not_matter, 0 },
		{ a_console_of_eight_columns_is_read_as_well, 0 },
		{ the_cursor_is_not_seen, UNIT_ROWS(cursors) },
		{ frames_and_letters_beyond_ascii_are_read, 0 },
		{ a_few_strange_cells_are_marked, 0 },
		{ a_picture_is_no_text, 0 },
		{ sides_that_suit_no_cells_are_no_text, 0 },
		{ NULL, 0 },
	};

	return unit_run("text-screen", tests, setup, teardown);
}
