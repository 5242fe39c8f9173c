/* picture: what a screen shows, as pixels.  Pure but for the file that
 * picture_write_png() makes. */
#ifndef DRIVER_SCREEN_PICTURE_H
#define DRIVER_SCREEN_PICTURE_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	PICTURE_SIDE_MAX = 8192, /* pixels; far more than QEMU's screens have */
};

struct picture {
	unsigned width, height; /* 1..PICTURE_SIDE_MAX */
	unsigned depth;		/* octets a pixel: 3 (RGB) or 1 (grey) */
	uint8_t *pixels;	/* rows from the top, without gaps */
};

/** picture_new() - black; returned owned */
struct picture *picture_new(unsigned width, unsigned height, unsigned depth);

/**
 * picture_from_ppm() - what QMP `screendump` writes: netpbm's binary PPM with
 * a maximum of 255
 *
 * Return: returned owned; NULL with @err set when it is none, or cut short.
 */
struct picture *picture_from_ppm(const void *data, size_t size,
				 struct err *err);

/** picture_to_pnm() - netpbm's binary PGM or PPM, by depth; returned owned,
 * *@size octets */
uint8_t *picture_to_pnm(const struct picture *picture, size_t *size);

/** picture_write_png() - the file appears whole or not at all.
 * Return: 0; -errno with @err set. */
int picture_write_png(const struct picture *picture, const char *path,
		      struct err *err);

/** picture_free() - NULL is a no-op */
void picture_free(struct picture *picture);

#endif /* DRIVER_SCREEN_PICTURE_H */
