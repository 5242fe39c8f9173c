/* retag: the version of a frame that leaves with a tag, and the one that leaves
 * without. */
#ifndef SWITCH_RETAG_H
#define SWITCH_RETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "switch/frame.h"

/* What became of a vector. */
struct retag_tally {
	uint32_t n_made; /* the first so many of it */
	uint32_t n_oversize;
	uint32_t n_no_buffer;
};

/** retag_is_needed() - is @frame, which has been under VLAN rules, not as it is
 * to leave? */
bool retag_is_needed(const struct frame *frame, bool tagged);

/**
 * retag_frames() - make the frames leave with a tag of their .vid, or without
 * @frames: references taken; replaced by those of frames that are as wanted;
 *          one that somebody else sees is copied, but not what of it lies
 *          elsewhere
 * @tpid:   of the tag that is pushed, or taken off
 *
 * PCP and DEI of a frame that had a tag are kept.
 */
struct retag_tally retag_frames(struct frame **frames, uint32_t n,
				uint16_t tpid, bool tagged);

#endif /* SWITCH_RETAG_H */
