/* screendump: a picture of what a machine's display shows, from its QEMU. */
#ifndef DRIVER_SCREEN_SCREENDUMP_H
#define DRIVER_SCREEN_SCREENDUMP_H

#include <limits.h>

struct err;
struct machine;
struct picture;

/* @picture is taken; NULL with @err set.  From the loop, or at once. */
typedef void screendump_fn(struct picture *picture, const struct err *err,
			   void *arg);

/* Filled in by screendump_start(); must stay until .done has run, or the
 * machine is freed: it cannot be taken back. */
struct screendump {
	char path[PATH_MAX];
	screendump_fn *done;
	void *arg; /* borrowed */
};

/**
 * screendump_start() - ask for it
 * @dir: where QEMU may write a file for a moment; private
 * @id:  no other screendump that goes on in @dir has it
 */
void screendump_start(struct screendump *dump, struct machine *machine,
		      const char *dir, unsigned id, screendump_fn *done,
		      void *arg);

#endif /* DRIVER_SCREEN_SCREENDUMP_H */
