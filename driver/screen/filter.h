/* filter: pictures as character recognition likes them.  Pure. */
#ifndef DRIVER_SCREEN_FILTER_H
#define DRIVER_SCREEN_FILTER_H

#include <stdbool.h>

struct picture;

struct filter {
	unsigned scale;	 /* 1..FILTER_SCALE_MAX, as long as sides allow */
	bool two_tone;	 /* black and white, no greys */
	bool light_text; /* bright on dark; else dark on bright, as on paper */
};

enum { FILTER_SCALE_MAX = 4 };

/** filter_apply() - @picture, RGB, in shades of grey; returned owned */
struct picture *filter_apply(const struct picture *picture,
			     const struct filter *filter);

#endif /* DRIVER_SCREEN_FILTER_H */
