/*
 * Answers of a program behind the plugin pipe, one after the other: each is
 * understood or refused; what is understood lies within what was sent, and
 * written again is the same; whatever they are about, every frame that waits is
 * released once, and in order.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/pipe/pipe-proto.h"
#include "plugins/pipe/pipe-queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_LANES = 2, N_FRAMES = 64 };

struct world {
	struct pipe_queue queue;
	struct pipe_lane lanes[N_LANES];
	uint8_t frames[N_FRAMES]; /* only their addresses matter */
	int lane_of[N_FRAMES], last[N_LANES];
	size_t n_made, n_released;
};

static void
require(int ok)
{
	if (!ok)
		abort();
}

static void
on_release(void *arg, struct vl_frame *frame, uint8_t verdict)
{
	struct world *w = arg;
	int i = (int)((uint8_t *)frame - w->frames);

	(void)verdict;
	require(i > w->last[w->lane_of[i]]);
	w->last[w->lane_of[i]] = i;
	w->n_released++;
}

static void
on_emptied(void *arg, struct pipe_lane *lane)
{
	(void)arg;
	require(TAILQ_EMPTY(&lane->waits));
}

static void
make_frame(struct world *w, uint8_t octet)
{
	int lane = octet % N_LANES;
	struct vl_frame *frame = (struct vl_frame *)&w->frames[w->n_made];

	if (w->n_made == N_FRAMES)
		return;
	w->lane_of[w->n_made++] = lane;
	if (octet % 4 == 3 && !TAILQ_EMPTY(&w->lanes[lane].waits))
		require(pipe_queue_follow(&w->queue, &w->lanes[lane], frame,
					  VL_PASS));
	else
		require(pipe_queue_ask(&w->queue, &w->lanes[lane], frame, 0));
}

static void
hear(struct world *w, const uint8_t *message, size_t size)
{
	uint8_t again[PIPE_HEADER_LEN];
	struct pipe_answer answer;
	struct pipe_wait *wait;
	const char *why;

	if (pipe_proto_read(message, size, &answer, &why) < 0) {
		require(why != NULL);
		return;
	}
	require(answer.frame == message + PIPE_HEADER_LEN);
	require(answer.len == size - PIPE_HEADER_LEN);
	require((answer.type == PIPE_CHANGED) == (answer.len > 0));
	pipe_proto_write(again, &(struct pipe_message){ .type = answer.type,
							.id = answer.id,
							.len = answer.len });
	require(memcmp(again, message, 2) == 0);
	require(memcmp(again + 4, message + 4, 4) == 0);
	if (pipe_queue_find(&w->queue, answer.id, &wait) == PIPE_FOUND)
		pipe_queue_decide(&w->queue, wait, VL_PASS);
}

/* An octet says what is done next: a frame comes, is sent or given up; or a
 * message of so many octets is heard. */
static void
play(struct world *w, const uint8_t *data, size_t size)
{
	while (size > 0) {
		uint8_t octet = *data++;
		size_t len = octet & 0x3f;
		struct pipe_wait *oldest = pipe_queue_oldest(&w->queue);

		size--;
		if (octet < 0x40) {
			make_frame(w, octet);
		} else if (octet < 0x80) {
			if (!TAILQ_EMPTY(&w->queue.unsent))
				pipe_queue_sent(&w->queue);
		} else if (octet < 0x90) {
			if (oldest != NULL)
				pipe_queue_decide(&w->queue, oldest, VL_DROP);
		} else {
			len = len < size ? len : size;
			hear(w, data, len);
			data += len;
			size -= len;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	struct pipe_wait *oldest;

	w = (struct world){ .n_made = 0 };
	require(pipe_queue_init(&w.queue, on_release, on_emptied, &w) == 0);
	for (uint32_t i = 0; i < N_LANES; i++) {
		pipe_lane_init(&w.lanes[i], i, VL_STAGE_INGRESS);
		w.last[i] = -1;
	}
	play(&w, data, size);
	while ((oldest = pipe_queue_oldest(&w.queue)) != NULL)
		pipe_queue_decide(&w.queue, oldest, VL_PASS);
	require(w.n_released == w.n_made);
	pipe_queue_restart(&w.queue);
	pipe_queue_fini(&w.queue);
	return 0;
}
