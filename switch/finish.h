/*
 * finish: frames that are not finished, made into what a port can take: octets
 * that lie elsewhere are gathered, checksums put in, long frames cut.
 *
 * What can be done to a frame where it is, is done once for everybody who
 * shares it; a frame that is cut is left as it is for those who take it whole.
 */
#ifndef SWITCH_FINISH_H
#define SWITCH_FINISH_H

#include <stdbool.h>
#include <stdint.h>

#include "switch/frame.h"
#include "switch/ports/offload.h"

/* A vector on its way through. */
struct finish {
	struct frame *const *frames; /* borrowed; a reference of each taken */
	uint32_t n, i;
	unsigned takes;	     /* enum frame_takes */
	struct frame *whole; /* that is being cut; or NULL */
	struct offload_cut cut;
	/* What has come of it so far. */
	uint64_t n_more;      /* pieces of frames that were cut, not counting
				 the first of each */
	uint64_t n_no_buffer; /* pieces, and frames, that are lost */
	uint64_t n_bad;	      /* frames that are not what they say */
};

/** finish_any() - must something be done to one of the frames for those who
 * take @takes? */
bool finish_any(struct frame *const *frames, uint32_t n, unsigned takes);

/**
 * finish_init() - begin with a vector
 * @frames: references taken, as finish_next() comes to them
 * @takes:  what need not be done
 */
void finish_init(struct finish *f, struct frame *const *frames, uint32_t n,
		 unsigned takes);
/**
 * finish_next() - more of what the vector becomes, in order
 * @to: out; FRAME_BATCH references at most, owned
 *
 * Return: how many; 0 at the end, and only there.
 */
uint32_t finish_next(struct finish *f, struct frame **to);

#endif /* SWITCH_FINISH_H */
