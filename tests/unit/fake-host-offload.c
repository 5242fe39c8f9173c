/* The fake host's frames that are not finished. */
#include "config.h"

#include "tests/unit/fake-host-priv.h"

#include <string.h>

void
fake_unfinished_next(struct fake_host *h, const struct vl_offload *offload,
		     const uint8_t *checksum)
{
	h->next_unfinished = true;
	h->next_offload = *offload;
	memcpy(h->next_checksum, checksum, sizeof(h->next_checksum));
}

void
fake_leave(const struct fake_host *h, struct vl_frame *frame)
{
	if (!h->next_unfinished)
		return;
	frame->unfinished = true;
	frame->offload = h->next_offload;
	memcpy(frame->checksum, h->next_checksum, sizeof(frame->checksum));
}

bool
fake_takes_offloads(const struct fake_host *h)
{
	return h->inst->takes_offloads;
}

void
vl_takes_offloads(struct vl_inst *inst)
{
	inst->takes_offloads = true;
}

int
vl_frame_offload(const struct vl_frame *frame, struct vl_offload *to)
{
	*to = (struct vl_offload){ .n_segments = 1 };
	if (frame->unfinished)
		*to = frame->offload;
	return frame->unfinished;
}

void
vl_frame_checksum(const struct vl_frame *frame, uint8_t octets[2])
{
	memcpy(octets, frame->checksum, sizeof(frame->checksum));
}
