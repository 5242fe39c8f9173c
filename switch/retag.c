#include "switch/retag.h"

#include <assert.h>

#include "switch/vid.h"

bool
retag_is_needed(const struct frame *frame, bool tagged)
{
	assert(frame->tagging != VID_UNRULED);
	return frame->tagging != (tagged ? VID_TAGGED : VID_UNTAGGED);
}

/* A frame that plugins have sent on and on may have been given tags before. */
static struct frame *
make_headroom(struct frame *frame)
{
	struct frame *c;

	if (frame_headroom(frame) >= TAG_LEN)
		return frame;
	c = frame_writable(frame_ref(frame)); /* shared, so a copy */
	frame_unref(frame);
	return c;
}

static struct frame *
push(struct frame *frame, uint16_t tpid)
{
	frame = make_headroom(frame);
	if (frame == NULL)
		return NULL;
	frame->data = vid_push(frame->data, tpid, frame->vid);
	frame->len += TAG_LEN;
	frame_move_headers(frame, TAG_LEN);
	return frame;
}

static struct frame *
pop(struct frame *frame)
{
	frame->data = vid_pop(frame->data);
	frame->len -= TAG_LEN;
	frame_move_headers(frame, -TAG_LEN);
	return frame_pad(frame);
}

/* @frame is nobody else's. */
static struct frame *
retag(struct frame *frame, uint16_t tpid, bool tagged)
{
	if (!tagged)
		frame = pop(frame);
	else if (frame->tagging == VID_PRIORITY)
		vid_rewrite(frame->data, frame->vid);
	else
		frame = push(frame, tpid);
	if (frame != NULL)
		frame->tagging = tagged ? VID_TAGGED : VID_UNTAGGED;
	return frame;
}

static bool
would_be_too_long(const struct frame *frame, bool tagged)
{
	return tagged && frame->tagging == VID_UNTAGGED &&
	       frame->len > FRAME_LEN_MAX - TAG_LEN;
}

struct retag_tally
retag_frames(struct frame **frames, uint32_t n, uint16_t tpid, bool tagged)
{
	struct retag_tally tally = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		if (!retag_is_needed(frame, tagged)) {
			frames[tally.n_made++] = frame;
			continue;
		}
		if (would_be_too_long(frame, tagged)) {
			frame_unref(frame);
			tally.n_oversize++;
			continue;
		}
		frame = frame_own_head(frame);
		if (frame != NULL)
			frame = retag(frame, tpid, tagged);
		if (frame != NULL)
			frames[tally.n_made++] = frame;
		else
			tally.n_no_buffer++;
	}
	return tally;
}
