#include "config.h"

#include "driver/report/page-picture.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/report/page-json.h"
#include "driver/report/story-internal.h"
#include "lib/base64.h"
#include "lib/xalloc.h"

enum { PICTURE_MAX = 8 * 1024 * 1024, ROW_OCTETS = 256 };

/* A file that is below the directory, wherever links lead: names of files come
 * from the log.  Return: a descriptor, or -1. */
static int
open_below(const char *dir, const char *path)
{
	char *full = xasprintf("%s/%s", dir, path);
	char *real_dir = realpath(dir, NULL), *real = realpath(full, NULL);
	size_t len = real_dir != NULL ? strlen(real_dir) : 0;
	struct stat st;
	int fd = -1;

	if (real_dir != NULL && real != NULL &&
	    strncmp(real, real_dir, len) == 0 && real[len] == '/')
		fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	free(real);
	free(real_dir);
	free(full);
	return fd;
}

/* A PNG file as base64, returned owned; NULL when it is none. */
static char *
read_png(const char *dir, const char *path)
{
	static const char signature[] = "\x89PNG\r\n\x1a\n";
	int fd = open_below(dir, path);
	char *data, *text = NULL;
	size_t size = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || st.st_size <= 8 || st.st_size > PICTURE_MAX) {
		close(fd);
		return NULL;
	}
	data = xcalloc(1, (size_t)st.st_size);
	while (size < (size_t)st.st_size &&
	       (n = read(fd, data + size, (size_t)st.st_size - size)) > 0)
		size += (size_t)n;
	if (size == (size_t)st.st_size && memcmp(data, signature, 8) == 0)
		text = base64_encode(data, size);
	free(data);
	close(fd);
	return text;
}

/* Octets of the file's base64; 0: there is none. */
static size_t
picture_cost(const struct story *story, const struct story_screenshot *shot)
{
	int fd = open_below(story->dir, shot->path);
	struct stat st;
	size_t cost = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= PICTURE_MAX)
		cost = ((size_t)st.st_size + 2) / 3 * 4;
	close(fd);
	return cost;
}

/* Which of them fit: first those that were taken when the test had failed, and
 * the later ones before the earlier ones. */
static void
choose(const struct story *story, size_t room, bool fits[])
{
	size_t rows = story->n_screenshots * ROW_OCTETS;

	room = room > rows ? room - rows : 0;
	for (int round = 0; round < 2; round++) {
		for (size_t i = story->n_screenshots; i-- > 0;) {
			const struct story_screenshot *shot =
			    &story->screenshots[i];
			size_t cost;

			if ((shot->step < 0) != (round == 0))
				continue;
			cost = picture_cost(story, shot);
			fits[i] = cost > 0 && cost <= room;
			if (fits[i])
				room -= cost;
		}
	}
}

void
page_put_pictures(struct page_json *json, struct story *story, size_t room)
{
	bool *fits = xcalloc(story->n_screenshots + 1, sizeof(*fits));

	choose(story, room, fits);
	page_json_open(json, "screenshots", '[');
	for (size_t i = 0; i < story->n_screenshots; i++) {
		const struct story_screenshot *shot = &story->screenshots[i];
		char *png = fits[i] ? read_png(story->dir, shot->path) : NULL;

		page_json_open(json, NULL, '{');
		page_json_int(json, "machine", shot->machine);
		page_json_int(json, "step", shot->step);
		page_json_time(json, "t", shot->t);
		page_json_text(json, "path", shot->path);
		page_json_text(json, "png", png);
		page_json_close(json, '}');
		if (png == NULL)
			story_omit(story, 0, 1, shot->path, "screenshot");
		free(png);
	}
	page_json_close(json, ']');
	free(fits);
}
