#include "config.h"

#include "plugins/capture/series.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DIGITS_MIN = 6,
	DIGITS_MAX = 15,
	TRIES_MAX = 100, /* numbers that somebody else may have taken */
	KNOWN_STEP = 64,
};

struct series {
	int dir_fd;
	char *path;	 /* as it was asked for; owned */
	size_t stem_len; /* octets of .path before the number, */
	size_t base_at;	 /* where its last component begins */
	uint32_t n_kept;
	uint64_t *known; /* numbers of files, ascending; owned */
	size_t n_known, known_size;
	_Atomic uint64_t newest; /* 0: none was made yet */
};

void
series_free(struct series *s)
{
	if (s == NULL)
		return;
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->path);
	free(s->known);
	free(s);
}

/* ---- names ---- */

/* "v1-000003.pcapng", without the first @from octets of the path. */
static void
file_name(const struct series *s, size_t from, uint64_t number, char *out,
	  size_t size)
{
	snprintf(out, size, "%.*s-%0*" PRIu64 "%s", (int)(s->stem_len - from),
		 s->path + from, DIGITS_MIN, number, s->path + s->stem_len);
}

/* Return: the number in @name; 0 if it is no file of ours. */
static uint64_t
file_number(const struct series *s, const char *name)
{
	const char *base = s->path + s->base_at;
	size_t base_len = s->stem_len - s->base_at, n_digits;
	const char *digits = name + base_len + 1;

	if (strncmp(name, base, base_len) != 0 || name[base_len] != '-')
		return 0;
	n_digits = strspn(digits, "0123456789");
	if (n_digits < DIGITS_MIN || n_digits >= DIGITS_MAX ||
	    (n_digits > DIGITS_MIN && digits[0] == '0') ||
	    strcmp(digits + n_digits, s->path + s->stem_len) != 0)
		return 0;
	return strtoull(digits, NULL, 10);
}

/* ---- what there is ---- */

static int
add_known(struct series *s, uint64_t number)
{
	if (s->n_known == s->known_size) {
		size_t size = s->known_size + KNOWN_STEP;
		uint64_t *known = reallocarray(s->known, size, sizeof(*known));

		if (known == NULL)
			return -ENOMEM;
		s->known = known;
		s->known_size = size;
	}
	s->known[s->n_known++] = number;
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
find_files(struct series *s)
{
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int ret = 0;

	if (dir == NULL) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (ret == 0 && (entry = readdir(dir)) != NULL)
		if (file_number(s, entry->d_name) > 0)
			ret = add_known(s, file_number(s, entry->d_name));
	closedir(dir);
	if (s->n_known > 0)
		qsort(s->known, s->n_known, sizeof(*s->known), compare_numbers);
	return ret;
}

static int
open_dir(struct series *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;
	char *dir;

	s->path = strdup(path);
	s->base_at = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	dir = s->base_at > 0 ? strndup(path, s->base_at) : strdup(".");
	if (s->path == NULL || dir == NULL) {
		free(dir);
		return -ENOMEM;
	}
	dot = strrchr(path + s->base_at, '.');
	s->stem_len = dot != NULL && dot > path + s->base_at
			  ? (size_t)(dot - path)
			  : strlen(path);
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return s->dir_fd < 0 ? -errno : 0;
}

struct series *
series_new(const char *path, uint32_t n_kept, char *error, size_t error_size)
{
	struct series *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	s->dir_fd = -1;
	s->n_kept = n_kept;
	ret = open_dir(s, path);
	if (ret == 0)
		ret = find_files(s);
	/* No name that is made later may be cut. */
	if (ret == 0 && (strlen(path) + DIGITS_MAX + 2 > PATH_MAX ||
			 strlen(path + s->base_at) + DIGITS_MAX + 1 > NAME_MAX))
		ret = -ENAMETOOLONG;
	if (ret == 0)
		return s;
	snprintf(error, error_size, "cannot write files like %s: %s", path,
		 strerror(-ret));
	series_free(s);
	errno = -ret;
	return NULL;
}

/* ---- the next one ---- */

/* Of files that are all kept, the number of the last one is enough. */
static void
remove_old(struct series *s)
{
	size_t n_left = s->n_kept > 0 ? s->n_kept : 1;
	char name[NAME_MAX + 1];
	size_t n_old;

	if (s->n_known <= n_left)
		return;
	n_old = s->n_known - n_left;
	for (size_t i = 0; s->n_kept > 0 && i < n_old; i++) {
		file_name(s, s->base_at, s->known[i], name, sizeof(name));
		/* Whoever removed it before us did what we want. */
		unlinkat(s->dir_fd, name, 0);
	}
	s->n_known -= n_old;
	memmove(s->known, s->known + n_old, s->n_known * sizeof(*s->known));
}

int
series_next(struct series *s)
{
	uint64_t number = s->n_known > 0 ? s->known[s->n_known - 1] : 0;
	char name[NAME_MAX + 1];
	int fd = -1, ret;

	/* Each try is new: what is there is not ours to empty. */
	for (int i = 0; fd < 0 && i < TRIES_MAX; i++) {
		file_name(s, s->base_at, ++number, name, sizeof(name));
		fd = openat(
		    s->dir_fd, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		return -errno;
	ret = add_known(s, number);
	if (ret < 0) {
		close(fd);
		unlinkat(s->dir_fd, name, 0);
		return ret;
	}
	atomic_store(&s->newest, number);
	remove_old(s);
	return fd;
}

void
series_path(const struct series *s, char path[PATH_MAX])
{
	uint64_t number = atomic_load(&s->newest);

	if (number == 0)
		path[0] = '\0';
	else
		file_name(s, 0, number, path, PATH_MAX);
}
