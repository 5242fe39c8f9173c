/*
 * capture-index: find frames by their time in a capture that is still growing,
 * without reading it from its beginning each time.
 *
 * Of frames nothing is kept: their octets are read back from the file.  Kept
 * are up to CAPTURE_MARKS_MAX places in it, further and further apart as it
 * grows, and the time before which all frames before each place lie.
 */
#ifndef DRIVER_WIRE_CAPTURE_INDEX_H
#define DRIVER_WIRE_CAPTURE_INDEX_H

#include <stdint.h>

struct capture_index;
struct err;
struct pcapng_reader;

enum {
	CAPTURE_MARKS_MAX = 64,
	CAPTURE_MARK_BYTES = 256 * 1024, /* between two of them, at first */
};

/** capture_index_new() - @path: copied; it need not be there yet */
struct capture_index *capture_index_new(const char *path);
void capture_index_free(struct capture_index *index);
/** capture_index_open() - a reader that gives every frame of @since_ns (wall
 * time) and later, and perhaps some before
 * Return: owned by the caller; NULL with @err set. */
struct pcapng_reader *capture_index_open(struct capture_index *index,
					 uint64_t since_ns, struct err *err);

#endif /* DRIVER_WIRE_CAPTURE_INDEX_H */
