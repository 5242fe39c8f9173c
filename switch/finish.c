#include "switch/finish.h"

bool
finish_any(struct frame *const *frames, uint32_t n, unsigned takes)
{
	for (uint32_t i = 0; i < n; i++) {
		if ((frame_needs(frames[i]) & ~takes) != 0)
			return true;
	}
	return false;
}

void
finish_init(struct finish *f, struct frame *const *frames, uint32_t n,
	    unsigned takes)
{
	*f = (struct finish){ .frames = frames, .n = n, .takes = takes };
}

static void
begin_to_cut(struct finish *f, struct frame *frame)
{
	if (offload_cut_init(&f->cut, &frame->offload, frame->data, frame->len,
			     frame->time_ns) < 0) {
		f->n_bad++;
		frame_unref(frame);
		return;
	}
	f->whole = frame;
	f->n_more += offload_cut_n(&f->cut) - 1;
}

/* Return: the next piece, owned; NULL when there is no memory for it. */
static struct frame *
cut_off(struct finish *f)
{
	size_t len = offload_cut_next_len(&f->cut);
	struct frame *piece = frame_alloc_like(f->whole, (uint32_t)len);

	if (piece != NULL)
		offload_cut_next(&f->cut, piece->data);
	else
		offload_cut_skip(&f->cut);
	if (offload_cut_next_len(&f->cut) == 0) {
		frame_unref(f->whole);
		f->whole = NULL;
	}
	return piece;
}

/* The checksum is put in for everybody who shares @frame, whose octets are at
 * .data.  Return: false when it was lost. */
static bool
put_checksum(struct finish *f, struct frame *frame)
{
	struct frame_offload *o = &frame->offload;

	if (!frame_own_octets(frame)) {
		f->n_no_buffer++;
	} else if (offload_checksum(frame->data, frame->len, o->checksum_start,
				    o->checksum_offset) < 0) {
		f->n_bad++;
	} else {
		o->needs_checksum = false;
		o->checksum_valid = true;
		return true;
	}
	frame_unref(frame);
	return false;
}

/* Return: does @frame, whose reference is taken, go on as it is now? */
static bool
touch(struct finish *f, struct frame *frame)
{
	unsigned missing = frame_needs(frame) & ~f->takes;

	if (missing == 0)
		return true;
	frame_gather(frame);
	missing &= ~(unsigned)FRAME_TAKES_REST;
	if (missing == 0)
		return true;
	if (frame->offload.segmentation == FRAME_SEGMENT_NONE)
		return put_checksum(f, frame);
	begin_to_cut(f, frame);
	return false;
}

uint32_t
finish_next(struct finish *f, struct frame **to)
{
	uint32_t n = 0;

	while (n < FRAME_BATCH) {
		struct frame *frame;

		if (f->whole != NULL) {
			frame = cut_off(f);
			if (frame != NULL)
				to[n++] = frame;
			else
				f->n_no_buffer++;
			continue;
		}
		if (f->i == f->n)
			break;
		frame = f->frames[f->i++];
		if (touch(f, frame))
			to[n++] = frame;
	}
	return n;
}
