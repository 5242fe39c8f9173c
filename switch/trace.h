/* trace: why a frame would go where, step by step, told by those who decide it
 * for real (port_admits, decide, the pipeline).  Sends nothing, learns
 * nothing. */
#ifndef SWITCH_TRACE_H
#define SWITCH_TRACE_H

#include <stdint.h>

#include <jansson.h>

struct port;

/**
 * trace_frame() - if this frame came in by @in now
 * @octets: FRAME_LEN_PADDED can be read, also of a shorter frame; those behind
 *          @len are zero
 *
 * Return: what segment.trace answers; owned by the caller.
 */
json_t *trace_frame(struct port *in, const uint8_t *octets, uint32_t len,
		    uint64_t now_ms);

#endif /* SWITCH_TRACE_H */
