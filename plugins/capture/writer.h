/*
 * writer: hands whole blocks of capture files to a thread that writes them to a
 * descriptor, or to one file after the other, through a ring of fixed size.
 *
 * All functions are called by one thread, the switch's, and none of them waits
 * for the descriptor (writer_wait() does as long as it is told to).  The
 * writing thread writes as soon as there is something.  It ends when
 * everything is written after writer_finish(), or early, on the first error;
 * a regular file then ends after its last whole block.
 */
#ifndef CAPTURE_WRITER_H
#define CAPTURE_WRITER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct series;
struct writer;

/* How long a block is, as it tells itself. */
struct writer_format {
	size_t first_size; /* of the first block of a file, when that does not
			      tell; 0: it does */
	size_t len_at;	   /* where blocks have a length, 32 bits, */
	size_t len_extra;  /* and what that leaves out */
};

struct writer_spec {
	int fd; /* taken on success; made non-blocking unless a regular file */
	struct series *series; /* makes further files; taken on success; or
				  NULL */
	struct writer_format format;
	size_t ring_bytes; /* what may wait to be written */
};

struct writer_status {
	uint64_t accepted_bytes; /* published */
	uint64_t written_bytes;	 /* of these, taken by the descriptor */
	bool done;		 /* nothing more happens; it is closed */
	int error;		 /* what ended it early, negative errno; or 0 */
};

/** writer_new() - start writing; Return: a writer the caller owns; NULL with
 * errno set. */
struct writer *writer_new(const struct writer_spec *spec);

/** writer_room() - octets that writer_put() takes now */
size_t writer_room(const struct writer *w);
/** writer_put() - a part of a block; @size must fit writer_room() */
void writer_put(struct writer *w, const void *data, size_t size);
/** writer_publish() - what has been put, whole blocks, may be written */
void writer_publish(struct writer *w);

/** writer_can_cut() - false: too many files wait for the disk */
bool writer_can_cut(const struct writer *w);
/** writer_cut() - what is put from here on begins another file: of a series,
 * between two blocks, when writer_can_cut() */
void writer_cut(struct writer *w);

/** writer_finish() - nothing more comes: write the rest, close, end */
void writer_finish(struct writer *w);
void writer_status(const struct writer *w, struct writer_status *status);
/** writer_wait() - until .done, at most @timeout_ms; Return: is it? */
bool writer_wait(const struct writer *w, int timeout_ms);
/** writer_path() - of the file of a series that is being written; "" when it
 * has none */
void writer_path(const struct writer *w, char path[PATH_MAX]);
/** writer_free() - never waits: what is not written yet is given up, and the
 * thread ends by itself when it is busy; NULL is a no-op */
void writer_free(struct writer *w);

#endif /* CAPTURE_WRITER_H */
