/* target: where a capture is written to: a file by name, a series of files, or a
 * descriptor. */
#ifndef CAPTURE_TARGET_H
#define CAPTURE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct series;

struct target {
	char *path;  /* owned; NULL when a descriptor came */
	bool series; /* and the path is that of a series */
	bool regular;
	dev_t dev;
	ino_t ino;
};

/**
 * target_open() - open @path for a capture; its content stays until
 * target_clear()
 *
 * A new file is for its owner only.  Symbolic links are not followed in the
 * last component, and a FIFO without a reader is refused instead of waited
 * for: the switch must not block.
 * Return: a descriptor the caller owns; -errno, with the reason in @error.
 */
int target_open(struct target *t, const char *path, char *error,
		size_t error_size);
/** target_adopt() - @fd came from a client; borrowed */
int target_adopt(struct target *t, int fd, char *error, size_t error_size);
/** target_open_series() - the first of several files; what there is of that name
 * stays
 * @n_kept: see series_new()
 * @series: returned owned
 * Return: a descriptor the caller owns; -errno, with the reason in @error. */
int target_open_series(struct target *t, const char *path, uint32_t n_kept,
		       struct series **series, char *error, size_t error_size);
/** target_same() - are both the same regular file?  (Not those of series.) */
bool target_same(const struct target *a, const struct target *b);
/** target_clear() - drop what a file opened by name held before */
int target_clear(const struct target *t, int fd, char *error,
		 size_t error_size);
void target_fini(struct target *t);

#endif /* CAPTURE_TARGET_H */
