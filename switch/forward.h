/*
 * forward: the way of a frame from a port to the output queues of others:
 *
 *     ingress hooks - learn and look up - forward hooks -
 *     for each port it leaves by: egress hooks - that port's queue
 *
 * Frames travel in vectors.  Every frame that ends on the way is counted.
 */
#ifndef SWITCH_FORWARD_H
#define SWITCH_FORWARD_H

#include <stdint.h>

#include "switch/counters.h"
#include "switch/frame.h"
#include "switch/pipeline.h"

struct lane;
struct port;

/** forward_input() - frames of good length have come in by @in; taken
 * @n: at most FRAME_BATCH */
void forward_input(struct port *in, struct frame **frames, uint32_t n,
		   uint64_t now_ns);

/** forward_input_later() - a frame of good length has come in by @in, and goes
 * on when the turn ends; taken */
void forward_input_later(struct port *in, struct frame *frame);

/** forward_resume() - frames that were held go on behind the hooks that held
 * them: the first of @frames, up to about @max, leave the list */
void forward_resume(struct lane *lane, struct frame_list *frames, uint32_t max,
		    uint64_t now_ns);

/**
 * forward_inject() - a frame goes on at @stage by @port behind @from, when the
 * turn ends
 * @frame:  taken; resume_port, resume_stage and segment say where it was held
 * @holder: what it was; when it is on no books, or on those of another segment,
 *          it is made on the segment of @port now
 */
void forward_inject(struct frame *frame, enum frame_holder holder,
		    enum vl_stage stage, struct port *port,
		    struct hook_position from);

/** forward_discard() - a frame that was held is dropped, and counted;
 * taken */
void forward_discard(struct lane *lane, struct frame *frame,
		     enum drop_reason reason);

/**
 * forward_originate() - a frame that the switch itself made leaves by @out,
 * whatever the spanning tree and VLAN rules say of frames that pass through
 * @frame: taken; padded to FRAME_LEN_PADDED
 *
 * Egress hooks see it.
 */
void forward_originate(struct port *out, struct frame *frame, uint64_t now_ns);

#endif /* SWITCH_FORWARD_H */
