/*
 * limits: how much of a capture goes into one file, and how many files are
 * kept.  Pure.
 */
#ifndef CAPTURE_LIMITS_H
#define CAPTURE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIMITS_FILES_MAX = 100000,
	LIMITS_BYTES_MIN = 64 * 1024,
	LIMITS_SECONDS_MAX = 366 * 24 * 60 * 60,
};

/* Of each, 0 means that there is no limit. */
struct limits {
	uint32_t files;	 /* the newest that are kept */
	uint64_t bytes;	 /* of one file */
	uint64_t frames; /* likewise */
	uint64_t ns;	 /* from a file's first moment on */
};

/** limits_are_set() - does a file ever end before the capture does? */
bool limits_are_set(const struct limits *limits);

/**
 * limits_parse_ring() - "4x16M": four files of 16 MiB; "24x1h,1G": a day, but
 * at most 24 GiB
 * @text: number of files, "x", limits of a file parted by commas: octets (K, M
 *        and G for KiB, MiB and GiB), time (s, min, h), frames (f)
 *
 * Limits that @text does not name stay as they are.
 * Return: 0; -EINVAL or -ERANGE with the reason in @error.
 */
int limits_parse_ring(const char *text, struct limits *limits, char *error,
		      size_t error_size);
/** limits_parse_size() - as tcpdump's -C has it: "10" is ten million octets,
 * "16M" 16 MiB.  Return: as limits_parse_ring(). */
int limits_parse_size(const char *text, struct limits *limits, char *error,
		      size_t error_size);

#endif /* CAPTURE_LIMITS_H */
