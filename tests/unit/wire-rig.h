/* wire-rig: captures in the directory of a story-rig. */
#ifndef TESTS_UNIT_WIRE_RIG_H
#define TESTS_UNIT_WIRE_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "tests/unit/story-rig.h"

/** rig_frame() - into the capture of @segment, "vlan1": a frame that enters at
 * @port, or that of "<port" leaves there; @comment may be NULL; @text as
 * packet-text.h has it */
void rig_frame(struct story_rig *rig, double t, const char *segment,
	       const char *port, const char *comment, const char *text);
/** rig_octets_frame() - the same of any octets */
void rig_octets_frame(struct story_rig *rig, double t, const char *segment,
		      const char *port, const char *comment,
		      const uint8_t *octets, size_t size);

#endif /* TESTS_UNIT_WIRE_RIG_H */
