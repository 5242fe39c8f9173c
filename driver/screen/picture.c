#include "config.h"

#include "driver/screen/picture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "lib/err.h"
#include "lib/xalloc.h"

struct picture *
picture_new(unsigned width, unsigned height, unsigned depth)
{
	struct picture *picture = XNEW(struct picture);

	picture->width = width;
	picture->height = height;
	picture->depth = depth;
	picture->pixels = xcalloc((size_t)width * height, depth);
	return picture;
}

void
picture_free(struct picture *picture)
{
	if (picture == NULL)
		return;
	free(picture->pixels);
	free(picture);
}

/* ---- netpbm ---- */

struct header {
	const uint8_t *at, *end;
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next number of a header, after white space and comments.
 * Return: -1 when there is none up to @max. */
static long
read_number(struct header *h, long max)
{
	long n = 0;

	while (h->at < h->end && (is_space(*h->at) || *h->at == '#'))
		if (*h->at++ == '#')
			while (h->at < h->end && *h->at != '\n')
				h->at++;
	if (h->at == h->end || *h->at < '0' || *h->at > '9')
		return -1;
	while (h->at < h->end && *h->at >= '0' && *h->at <= '9') {
		n = 10 * n + (*h->at++ - '0');
		if (n > max)
			return -1;
	}
	return n;
}

struct picture *
picture_from_ppm(const void *data, size_t size, struct err *err)
{
	struct header h = { .at = data, .end = (const uint8_t *)data + size };
	struct picture *picture;
	long width, height;
	size_t n;

	if (size < 2 || memcmp(data, "P6", 2) != 0) {
		err_set(err, -EPROTO, "QEMU's picture of the screen is no PPM");
		return NULL;
	}
	h.at += 2;
	width = read_number(&h, PICTURE_SIDE_MAX);
	height = read_number(&h, PICTURE_SIDE_MAX);
	if (width < 1 || height < 1 || read_number(&h, 255) != 255 ||
	    h.at == h.end || !is_space(*h.at++)) {
		err_set(err, -EPROTO,
			"QEMU's picture of the screen has no size, or one "
			"beyond %d",
			PICTURE_SIDE_MAX);
		return NULL;
	}
	n = 3 * (size_t)width * (size_t)height;
	if ((size_t)(h.end - h.at) < n) {
		err_set(err, -EPROTO,
			"QEMU's picture of the screen is cut short");
		return NULL;
	}
	picture = picture_new((unsigned)width, (unsigned)height, 3);
	memcpy(picture->pixels, h.at, n);
	return picture;
}

uint8_t *
picture_to_pnm(const struct picture *picture, size_t *size)
{
	size_t n = (size_t)picture->width * picture->height * picture->depth;
	char head[48];
	int len = snprintf(head, sizeof(head), "P%d\n%u %u\n255\n",
			   picture->depth == 1 ? 5 : 6, picture->width,
			   picture->height);
	uint8_t *out = xcalloc((size_t)len + n, 1);

	memcpy(out, head, (size_t)len);
	memcpy(out + len, picture->pixels, n);
	*size = (size_t)len + n;
	return out;
}

/* ---- PNG ---- */

static void
on_png_error(png_structp png, png_const_charp text)
{
	err_set(png_get_error_ptr(png), -EIO, "%s", text);
	png_longjmp(png, 1);
}

static void
on_png_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/* Return: 0; -EIO with @err set. */
static int
write_png(const struct picture *picture, FILE *out, struct err *err)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, err,
						  on_png_error, on_png_warning);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;

	if (info == NULL)
		abort(); /* out of memory */
	if (setjmp(png_jmpbuf(png)) != 0) {
		png_destroy_write_struct(&png, &info);
		return -EIO;
	}
	png_init_io(png, out);
	/* A screen has large even areas: more effort saves little. */
	png_set_compression_level(png, 2);
	png_set_IHDR(png, info, picture->width, picture->height, 8,
		     picture->depth == 1 ? PNG_COLOR_TYPE_GRAY
					 : PNG_COLOR_TYPE_RGB,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (unsigned y = 0; y < picture->height; y++)
		png_write_row(png, picture->pixels + (size_t)y *
							 picture->width *
							 picture->depth);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return 0;
}

int
picture_write_png(const struct picture *picture, const char *path,
		  struct err *err)
{
	char *temporary = xasprintf("%s.new", path);
	struct err why = ERR_INIT;
	FILE *out = fopen(temporary, "we");
	int ret;

	if (out == NULL) {
		ret = err_errno(err, "cannot write %s", temporary);
		free(temporary);
		return ret;
	}
	ret = write_png(picture, out, &why);
	if (fclose(out) != 0 && ret == 0)
		ret = err_errno(&why, "writing");
	if (ret == 0 && rename(temporary, path) < 0)
		ret = err_errno(&why, "renaming");
	if (ret < 0) {
		unlink(temporary);
		err_set(err, ret, "cannot write %s: %s", path, why.text);
	}
	free(temporary);
	return ret;
}
