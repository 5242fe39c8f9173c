/*
 * series: the files of a capture that has several: v1.pcapng stands for
 * v1-000001.pcapng, v1-000002.pcapng and so on, of which the oldest go.
 *
 * What an earlier capture of the same name has left is older: numbers go on
 * behind it, and it counts among those that are kept.
 */
#ifndef CAPTURE_SERIES_H
#define CAPTURE_SERIES_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct series;

/**
 * series_new() - look at what there is in the folder of @path
 * @n_kept: files, the one being written included; 0 = all
 *
 * Return: owned by the caller; NULL with errno set and the reason in @error.
 */
struct series *series_new(const char *path, uint32_t n_kept, char *error,
			  size_t error_size);
/**
 * series_next() - make the next file, and remove what is too old
 *
 * May wait for a disk.  One thread may call this while another one calls
 * series_path().
 * Return: a descriptor the caller owns; -errno.
 */
int series_next(struct series *series);
/** series_path() - of the newest file; "" before there is one */
void series_path(const struct series *series, char path[PATH_MAX]);
/** series_free() - the files stay; NULL is a no-op */
void series_free(struct series *series);

#endif /* CAPTURE_SERIES_H */
