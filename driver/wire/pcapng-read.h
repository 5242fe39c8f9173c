/*
 * pcapng-read: frames from a pcapng file that may still be growing
 * (draft-ietf-opsawg-pcapng, sections 3-4).
 *
 * Reads what this project's capture writes, and any other pcapng file with
 * Ethernet interfaces in either byte order; blocks and options it does not
 * know are skipped.  A block that is not complete yet is "no more for now",
 * and is read again on the next call.
 */
#ifndef DRIVER_WIRE_PCAPNG_READ_H
#define DRIVER_WIRE_PCAPNG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct pcapng_reader;

/* Sane limits for a file that may be damaged. */
enum {
	PCAPNG_BLOCK_MAX = 1024 * 1024,
	PCAPNG_INTERFACES_MAX = 65536,
	PCAPNG_COMMENT_MAX = 255, /* octets of a frame's; longer ones are cut */
};

enum pcapng_direction {
	PCAPNG_DIRECTION_UNKNOWN,
	PCAPNG_INBOUND,
	PCAPNG_OUTBOUND,
};

struct pcapng_frame {
	uint64_t number;  /* 1, 2, ... as Wireshark counts */
	uint64_t time_ns; /* since 1970 UTC */
	const char *port; /* the interface's name, "" if it has none */
	enum pcapng_direction direction;
	const uint8_t *data; /* captured octets, borrowed until the next call */
	uint32_t captured_len;
	uint32_t len; /* on the wire */
	/* What the capture says of it, e.g. "netem: delayed", "; " between
	 * several; borrowed until the next call; may be no UTF-8. */
	const char *comment;
};

/** pcapng_open() - Return: a reader the caller owns; NULL with @err set */
struct pcapng_reader *pcapng_open(const char *path, struct err *err);
/**
 * pcapng_next() - the next frame
 *
 * Return: 1; 0 when there is no further one (yet); -EBADMSG when the file is
 *         damaged, -EIO: @err says where.
 */
int pcapng_next(struct pcapng_reader *reader, struct pcapng_frame *frame,
		struct err *err);
void pcapng_close(struct pcapng_reader *reader);
/** pcapng_is_dropped() - did @frame get no further?  The frame may have been
 * recorded before, where it entered. */
bool pcapng_is_dropped(const struct pcapng_frame *frame);
/** pcapng_clone() - another reader of the same file, where @reader is now;
 * returned owned.  It shares the descriptor, and needs little memory until it
 * reads, and again after pcapng_rest(). */
struct pcapng_reader *pcapng_clone(const struct pcapng_reader *reader);
/** pcapng_rest() - nothing is read for now: give memory back */
void pcapng_rest(struct pcapng_reader *reader);
/** pcapng_at() - the offset of the next block */
uint64_t pcapng_at(const struct pcapng_reader *reader);

/** pcapng_n_lost() - how many frames the capture could not keep, as what has been
 * read so far says */
uint64_t pcapng_n_lost(const struct pcapng_reader *reader);

/** pcapng_whole_size() - octets of the file's whole blocks; what follows them
 * was cut short
 * Return: 0; negative with @err set: also when the file is damaged before. */
int pcapng_whole_size(const char *path, uint64_t *size, struct err *err);

#endif /* DRIVER_WIRE_PCAPNG_READ_H */
