#include "driver/screen/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "driver/screen/filter.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/test-picture-XXXXXX";
static char path[64];

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.png", dir);
}

static void
teardown(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else was left */
}

/* ---- PPM ---- */

#define PIXELS "\1\2\3\4\5\6"

static const struct {
	const char *data;
	size_t size;
	const char *why; /* NULL: 2 by 1 pixels */
} ppms[] = {
	{ "P6\n2 1\n255\n" PIXELS, 17, NULL },
	{ "P6 2\t1 255 " PIXELS, 17, NULL },
	{ "P6\n# by\n2 1\n#x\n#\n255\n" PIXELS, 27, NULL },
	{ "P6\n2 1\n255\n" PIXELS "more", 21, NULL },
	{ "P6\n2 1\n255\n" PIXELS, 16, "cut short" },
	{ "", 0, "no PPM" },
	{ "P", 1, "no PPM" },
	{ "P5\n2 1\n255\n" PIXELS, 17, "no PPM" },
	{ "P6", 2, "no size" },
	{ "P6\n2", 4, "no size" },
	{ "P6\n2 1\n255", 10, "no size" },
	{ "P6\n2 1\n254\n" PIXELS, 17, "no size" },
	{ "P6\n2 1\n65535\n" PIXELS PIXELS, 25, "no size" },
	{ "P6\n0 1\n255\n" PIXELS, 17, "no size" },
	{ "P6\n2 0\n255\n" PIXELS, 17, "no size" },
	{ "P6\n-2 1\n255\n" PIXELS, 18, "no size" },
	{ "P6\n8192 1\n255\n" PIXELS, 20, "cut short" },
	{ "P6\n8193 1\n255\n" PIXELS, 20, "beyond 8192" },
	{ "P6\n99999999999999999999 1\n255\n" PIXELS, 36, "beyond 8192" },
	{ "P6\n# without end", 16, "no size" },
};

START_TEST(what_qemu_writes_is_read_and_nothing_else)
{
	struct err err = ERR_INIT;
	char *data = malloc(ppms[_i].size + 1); /* so that ASan sees its end */
	struct picture *picture;

	memcpy(data, ppms[_i].data, ppms[_i].size);
	data = realloc(data, ppms[_i].size > 0 ? ppms[_i].size : 1);
	picture = picture_from_ppm(data, ppms[_i].size, &err);
	free(data);
	if (ppms[_i].why != NULL) {
		ck_assert_ptr_null(picture);
		ck_assert_ptr_nonnull(strstr(err.text, ppms[_i].why));
		return;
	}
	ck_assert_ptr_nonnull(picture);
	ck_assert_uint_eq(picture->width, 2);
	ck_assert_uint_eq(picture->height, 1);
	ck_assert_mem_eq(picture->pixels, PIXELS, 6);
	picture_free(picture);
}
END_TEST

START_TEST(what_is_written_as_netpbm_is_read_back)
{
	struct picture *picture = picture_new(3, 2, 3), *again;
	uint8_t *data;
	size_t size;

	for (size_t i = 0; i < 18; i++)
		picture->pixels[i] = (uint8_t)(i * 13);
	data = picture_to_pnm(picture, &size);
	ck_assert_uint_eq(size, strlen("P6\n3 2\n255\n") + 18);
	again = picture_from_ppm(data, size, NULL);
	ck_assert_ptr_nonnull(again);
	ck_assert_mem_eq(again->pixels, picture->pixels, 18);
	free(data);
	picture_free(again);
	picture_free(picture);
	picture = picture_new(2, 1, 1);
	data = picture_to_pnm(picture, &size);
	ck_assert_uint_eq(size, 13);
	ck_assert_mem_eq(data, "P5\n2 1\n255\n\0\0", 13);
	free(data);
	picture_free(picture);
}
END_TEST

/* ---- PNG ---- */

START_TEST(a_png_has_the_same_pixels)
{
	unsigned depth = _i == 0 ? 3 : 1;
	struct picture *picture = picture_new(33, 7, depth);
	size_t n = 33 * 7 * (size_t)depth;
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint8_t *pixels;

	for (size_t i = 0; i < n; i++)
		picture->pixels[i] = (uint8_t)(i * i + i / 7);
	ck_assert_int_eq(picture_write_png(picture, path, NULL), 0);
	ck_assert(png_image_begin_read_from_file(&image, path));
	ck_assert_uint_eq(image.width, 33);
	ck_assert_uint_eq(image.height, 7);
	image.format = depth == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
	pixels = malloc(PNG_IMAGE_SIZE(image));
	ck_assert(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	ck_assert_mem_eq(pixels, picture->pixels, n);
	free(pixels);
	/* Once more over the first one. */
	ck_assert_int_eq(picture_write_png(picture, path, NULL), 0);
	picture_free(picture);
}
END_TEST

START_TEST(a_png_that_cannot_be_written_is_named)
{
	struct picture *picture = picture_new(2, 2, 3);
	struct err err = ERR_INIT;

	ck_assert_int_eq(picture_write_png(picture, "/nonexistent/a", &err),
			 -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/a"));
	picture_free(picture);
}
END_TEST

START_TEST(a_full_disk_fails_a_png_and_leaves_nothing)
{
	struct picture *picture = picture_new(500, 500, 3);
	struct err err = ERR_INIT;
	char link[80];

	for (size_t i = 0; i < 500 * 500 * 3; i++)
		picture->pixels[i] = (uint8_t)rand();
	snprintf(link, sizeof(link), "%s.new", path);
	ck_assert_int_eq(symlink("/dev/full", link), 0);
	ck_assert_int_lt(picture_write_png(picture, path, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_ne(access(path, F_OK), 0);
	picture_free(picture);
}
END_TEST

/* ---- filters ---- */

/* Dark letters on bright ground, 4 by 1: 200 200 200 50. */
static struct picture *
paper(bool inverted)
{
	struct picture *picture = picture_new(4, 1, 3);

	for (size_t i = 0; i < 12; i++)
		picture->pixels[i] = (uint8_t)((i < 9) != inverted ? 200 : 50);
	return picture;
}

static const struct {
	struct filter filter;
	uint8_t ground, letter;
} filters[] = {
	{ { .scale = 1 }, 200, 50 },
	{ { .scale = 1, .two_tone = true }, 255, 0 },
	{ { .scale = 2, .two_tone = true, .light_text = true }, 0, 255 },
	{ { .scale = 4, .light_text = true }, 55, 205 },
};

START_TEST(letters_have_the_polarity_that_is_asked_for)
{
	const struct filter *filter = &filters[_i].filter;

	for (int inverted = 0; inverted < 2; inverted++) {
		struct picture *picture = paper(inverted);
		struct picture *out = filter_apply(picture, filter);
		unsigned n = filter->scale;
		/* What is turned round is 255 less what it was. */
		bool turned = filter->light_text == (inverted == 0);
		uint8_t ground = filters[_i].ground;
		uint8_t letter = filters[_i].letter;

		if (!filter->two_tone) {
			ground = (uint8_t)(inverted ? 50 : 200);
			letter = (uint8_t)(inverted ? 200 : 50);
			ground = (uint8_t)(turned ? 255 - ground : ground);
			letter = (uint8_t)(turned ? 255 - letter : letter);
		}
		ck_assert_uint_eq(out->depth, 1);
		ck_assert_uint_eq(out->width, 4 * n);
		ck_assert_uint_eq(out->height, n);
		for (unsigned y = 0; y < n; y++) {
			const uint8_t *row = out->pixels + y * out->width;

			ck_assert_uint_eq(row[0], ground);
			ck_assert_uint_eq(row[3 * n - 1], ground);
			ck_assert_uint_eq(row[3 * n], letter);
			ck_assert_uint_eq(row[4 * n - 1], letter);
		}
		picture_free(out);
		picture_free(picture);
	}
}
END_TEST

START_TEST(a_large_picture_is_enlarged_less)
{
	struct picture *picture = picture_new(PICTURE_SIDE_MAX / 2, 1, 3);
	const struct filter filter = { .scale = 3 };
	struct picture *out = filter_apply(picture, &filter);

	ck_assert_uint_eq(out->width, PICTURE_SIDE_MAX);
	ck_assert_uint_eq(out->height, 2);
	picture_free(out);
	picture_free(picture);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_qemu_writes_is_read_and_nothing_else, UNIT_ROWS(ppms) },
		{ what_is_written_as_netpbm_is_read_back, 0 },
		{ a_png_has_the_same_pixels, 2 },
		{ a_png_that_cannot_be_written_is_named, 0 },
		{ a_full_disk_fails_a_png_and_leaves_nothing, 0 },
		{ letters_have_the_polarity_that_is_asked_for,
		  UNIT_ROWS(filters) },
		{ a_large_picture_is_enlarged_less, 0 },
		{ NULL, 0 },
	};

	return unit_run("picture", tests, setup, teardown);
}
