#include "driver/screen/filter.h"

#include <string.h>

#include "driver/screen/picture.h"

static uint8_t
grey_of(const uint8_t *rgb)
{
	/* ITU-R BT.601 */
	return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000);
}

/* Half of the pixels at least are not brighter. */
static uint8_t
median(const size_t counts[256], size_t n)
{
	size_t sum = 0;
	unsigned i = 0;

	while ((sum += counts[i]) * 2 < n)
		i++;
	return (uint8_t)i;
}

/* From what each shade is to become. */
static void
make_map(const struct picture *p, const struct filter *filter, uint8_t map[256])
{
	size_t n = (size_t)p->width * p->height;
	size_t counts[256] = { 0 };
	unsigned low = 0, high = 255, threshold;
	bool is_light_text;

	for (size_t i = 0; i < n; i++)
		counts[grey_of(p->pixels + 3 * i)]++;
	while (low < 255 && counts[low] == 0)
		low++;
	while (high > low && counts[high] == 0)
		high--;
	threshold = (low + high) / 2;
	/* Most of a screen is background. */
	is_light_text = median(counts, n) <= threshold;
	for (unsigned i = 0; i < 256; i++) {
		unsigned c = i;

		if (filter->two_tone)
			c = i > threshold ? 255 : 0;
		map[i] =
		    (uint8_t)(is_light_text == filter->light_text ? c
								  : 255 - c);
	}
}

struct picture *
filter_apply(const struct picture *p, const struct filter *filter)
{
	unsigned scale = filter->scale;
	struct picture *out;
	uint8_t map[256];

	while (scale > 1 && (p->width * scale > PICTURE_SIDE_MAX ||
			     p->height * scale > PICTURE_SIDE_MAX))
		scale--;
	make_map(p, filter, map);
	out = picture_new(p->width * scale, p->height * scale, 1);
	for (unsigned y = 0; y < p->height; y++) {
		uint8_t *row = out->pixels + (size_t)y * scale * out->width;
		const uint8_t *from = p->pixels + 3 * (size_t)y * p->width;

		for (unsigned x = 0; x < p->width; x++)
			memset(row + (size_t)x * scale,
			       map[grey_of(from + 3 * (size_t)x)], scale);
		for (unsigned i = 1; i < scale; i++)
			memcpy(row + (size_t)i * out->width, row, out->width);
	}
	return out;
}
