#include "config.h"

#include "driver/screen/picture.h"

#include <stdlib.h>
#include <string.h>

#include "driver/screen/filter.h"
#include "driver/screen/text-screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: what is read as a picture has the size that its pixels have, is
 * written and read back as the same, and can be looked at for text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct filter filter = { .scale = 2, .two_tone = true };
	struct picture *picture = picture_from_ppm(data, size, NULL);
	struct picture *again, *filtered;
	uint8_t *pnm;
	size_t n;

	if (picture == NULL)
		return 0;
	n = 3 * (size_t)picture->width * picture->height;
	if (picture->width < 1 || picture->height < 1 || n > size)
		abort();
	pnm = picture_to_pnm(picture, &n);
	again = picture_from_ppm(pnm, n, NULL);
	if (again == NULL || again->width != picture->width ||
	    again->height != picture->height ||
	    memcmp(again->pixels, picture->pixels,
		   3 * (size_t)picture->width * picture->height) != 0)
		abort();
	free(pnm);
	picture_free(again);
	free(text_screen_read(picture));
	filtered = filter_apply(picture, &filter);
	if (filtered->width / picture->width !=
		filtered->height / picture->height ||
	    filtered->width > PICTURE_SIDE_MAX ||
	    filtered->height > PICTURE_SIDE_MAX)
		abort();
	picture_free(filtered);
	picture_free(picture);
	return 0;
}
