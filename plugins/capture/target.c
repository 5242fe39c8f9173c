#include "config.h"

#include "plugins/capture/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/capture/series.h"

static const char *
open_error_text(int code)
{
	switch (code) {
	case ELOOP:
		return "it is a symbolic link; name the file itself";
	case ENXIO:
		return "nobody reads this FIFO; start the reader first";
	default:
		return strerror(code);
	}
}

static int
identify(struct target *t, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	t->regular = S_ISREG(st.st_mode);
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	return 0;
}

int
target_open(struct target *t, const char *path, char *error, size_t error_size)
{
	int fd, ret;

	*t = (struct target){ .path = strdup(path) };
	if (t->path == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	fd = open(path,
		  O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		      O_CLOEXEC,
		  0600);
	ret = fd < 0 ? -errno : identify(t, fd);
	if (ret < 0) {
		snprintf(error, error_size, "cannot write %s: %s", path,
			 open_error_text(-ret));
		if (fd >= 0)
			close(fd);
		target_fini(t);
		return ret;
	}
	return fd;
}

int
target_adopt(struct target *t, int fd, char *error, size_t error_size)
{
	int ret;

	*t = (struct target){ .path = NULL };
	ret = identify(t, fd);
	if (ret < 0)
		snprintf(error, error_size, "the descriptor is of no use: %s",
			 strerror(-ret));
	return ret;
}

int
target_open_series(struct target *t, const char *path, uint32_t n_kept,
		   struct series **series, char *error, size_t error_size)
{
	int fd;

	*t = (struct target){ .path = strdup(path), .series = true };
	if (t->path == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	*series = series_new(path, n_kept, error, error_size);
	if (*series == NULL) {
		fd = -errno;
		target_fini(t);
		return fd;
	}
	fd = series_next(*series);
	if (fd < 0) {
		snprintf(error, error_size, "cannot write files like %s: %s",
			 path, strerror(-fd));
		series_free(*series);
		*series = NULL;
		target_fini(t);
	}
	return fd;
}

bool
target_same(const struct target *a, const struct target *b)
{
	return a->regular && b->regular && a->dev == b->dev && a->ino == b->ino;
}

int
target_clear(const struct target *t, int fd, char *error, size_t error_size)
{
	int ret;

	if (t->path == NULL || !t->regular || ftruncate(fd, 0) == 0)
		return 0;
	ret = -errno;
	snprintf(error, error_size, "cannot empty %s: %s", t->path,
		 strerror(-ret));
	return ret;
}

void
target_fini(struct target *t)
{
	free(t->path);
	t->path = NULL;
}
