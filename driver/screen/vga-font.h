/* vga-font: the characters of a PC's text screen, as pixels. */
#ifndef DRIVER_SCREEN_VGA_FONT_H
#define DRIVER_SCREEN_VGA_FONT_H

#include <stdint.h>

enum {
	VGA_FONT_GLYPHS = 256, /* in the order of code page 437 */
	VGA_FONT_WIDTH = 8,
	VGA_FONT_HEIGHT = 16,
};

struct vga_glyph {
	char text[4];		       /* UTF-8 */
	uint8_t rows[VGA_FONT_HEIGHT]; /* from the top; the left pixel is the
					* highest bit */
};

extern const struct vga_glyph vga_font[VGA_FONT_GLYPHS];

#endif /* DRIVER_SCREEN_VGA_FONT_H */
